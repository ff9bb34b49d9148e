"""Closures with one atom."""
