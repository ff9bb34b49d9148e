"""What becomes of the loss at the ends of its times, and whose limit that is."""
