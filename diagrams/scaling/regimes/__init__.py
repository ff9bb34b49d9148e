"""Which dynamics rule in which scaling, and where they change."""
