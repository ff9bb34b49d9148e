"""HTML and MathML."""
