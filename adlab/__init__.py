"""adlab: how an ad is likely to do, why, and what to change."""

__version__ = "0.1.0"
