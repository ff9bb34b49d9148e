"""Functions that are not smooth: their pieces, and what characteristics carry across."""
