"""What the command line can do, one command a module: its options, and what it prints."""
