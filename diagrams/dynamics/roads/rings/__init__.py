"""Order two: rings, their recurrence and generating function."""
