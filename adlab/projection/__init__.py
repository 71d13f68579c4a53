"""Two-dimensional maps of embedding spaces."""
