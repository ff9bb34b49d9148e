"""Recurrences of rings and of fitted coefficients."""
