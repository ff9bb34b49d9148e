"""Whether the loss moves on the clock of its regime."""
