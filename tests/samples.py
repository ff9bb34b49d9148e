"""How many random cases a test takes: few by default, many in the longer campaign."""

from hypothesis import settings


def drawn(count: int) -> int:
    """The count itself; five times as many under the hypothesis profile ``full``."""
    return count * (5 if settings().max_examples > 100 else 1)
