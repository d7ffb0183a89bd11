"""What vendors offer: shipped profiles, the reading of a user's own, and the connectors that follow from one."""
