"""Starts without spread: every weight at its mean, and equations of a few numbers."""
