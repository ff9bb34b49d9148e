"""Recurrences fitted to exact coefficients, others held out."""
