"""Averages over moving Gaussian coordinates."""
