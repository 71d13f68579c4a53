"""One equation family a file; tensors in, scalar out."""
