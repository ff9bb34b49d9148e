"""The ways to a solution, a room or a module each."""
