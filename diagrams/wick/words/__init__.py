"""Diagrams of matrices and vectors as words: merged as words, and averaged by a loop equation."""
