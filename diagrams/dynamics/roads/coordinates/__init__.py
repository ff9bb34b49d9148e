"""Coordinates of unequal ties, averaged over the initial Gaussian."""
