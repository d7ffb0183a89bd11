"""The PolarSearch emulator: what OpenSearch with ML Commons answers."""
