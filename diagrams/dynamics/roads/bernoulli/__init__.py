"""Coordinates that obey Bernoulli equations: a first integral."""
