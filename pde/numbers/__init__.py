"""Numbers with bounds, and trajectories."""
