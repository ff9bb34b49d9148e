"""Petal equations solved by characteristics."""
