"""Gaussian averages of diagrams: Wick's theorem, organised so that few terms are ever seen."""
