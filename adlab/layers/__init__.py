"""Tensor blocks without any knowledge of ads."""
