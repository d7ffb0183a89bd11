"""The DashScope mock: what Alibaba Cloud Model Studio answers."""
