"""Reproductions of the published tables."""
