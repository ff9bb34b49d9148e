"""Averages over group laws, in the Fourier basis."""
