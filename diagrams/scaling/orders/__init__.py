"""Laws for symbolic order."""
