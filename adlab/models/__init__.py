"""The published networks: one file holds config, network and output type."""
