"""Petals, contracted atoms, and the closure that they make."""
