"""Large sizes: which terms of an exact coefficient can lead."""
