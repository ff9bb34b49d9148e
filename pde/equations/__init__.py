"""Equations of first order and their characteristics."""
