"""What people open in a browser: the report and the site, in a real Chromium."""
