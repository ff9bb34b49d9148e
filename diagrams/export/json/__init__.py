"""JSON, out and in."""
