"""The page on which regimes are explored."""
