"""Averages of one colour that moves by itself, and the time they take: proved bounds."""
