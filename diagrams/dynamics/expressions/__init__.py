"""Formulas as a person would write them."""
