r"""Every value as a piece of LaTeX, and as what a notebook shows of it."""
