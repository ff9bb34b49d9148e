"""Frozen kernels that stay random: spectra of sample covariances, from planar diagrams."""
