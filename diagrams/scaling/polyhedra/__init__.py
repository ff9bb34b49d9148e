"""Exact polyhedra: hulls, cones, linear programs."""
