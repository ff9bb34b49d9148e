"""Diagrams and polynomials as pictures and formulas."""
