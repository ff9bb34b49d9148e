"""Recurrences, operators, fitting."""
