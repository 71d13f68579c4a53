"""Weights that describe themselves: folder format, catalogue, card, reference sets."""
