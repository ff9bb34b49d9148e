"""What documents say, before it has a format."""
