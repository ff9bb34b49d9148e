"""Typed tensor networks: families, tensors, diagrams, canonical forms, merging."""
