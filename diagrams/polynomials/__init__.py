"""Exact values in sizes and scales: polynomials, their spelling, Pareto order."""
