"""What is derived from a creative, once per content hash."""
