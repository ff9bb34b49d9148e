"""Divergent series summed."""
