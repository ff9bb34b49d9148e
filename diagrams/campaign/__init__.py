"""Long runs: workers, the store of finished work, checkpoints."""
