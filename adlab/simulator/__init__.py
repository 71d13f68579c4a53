"""Ads with planted causes: what is seen and read, why it is clicked, and the log that comes of it."""
