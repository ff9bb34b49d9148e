"""The same with proved bounds."""
