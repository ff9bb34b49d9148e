"""Kernels that stay as they were, or shrink."""
