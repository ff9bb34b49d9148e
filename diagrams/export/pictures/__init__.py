"""Pictures: diagrams, polygons, phase diagrams, curves."""
