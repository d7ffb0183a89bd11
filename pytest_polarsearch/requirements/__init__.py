"""What is judged, as data: one TOML row a requirement, in English and Chinese."""
