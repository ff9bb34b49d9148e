"""The time expansion, and what is read off it."""
