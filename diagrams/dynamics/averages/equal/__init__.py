"""The same for colours of equal multiplicity."""
