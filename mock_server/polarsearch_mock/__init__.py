"""Local stand-ins for PolarSearch (OpenSearch ML Commons) and DashScope."""
