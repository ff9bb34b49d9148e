"""Expressions: forms, checks, domains."""
