"""What a result rests on.

Four kinds, from strong to weak: *exact* (an identity of exact expressions), *derived* (a
consequence of stated equations), *numerical* (an identity tested at finitely many points to a
stated precision), *conjectured* (a pattern that held wherever it was tested).

>>> str(Evidence("exact", "the residual is zero", ("substitution",)))
'exact: the residual is zero (substitution)'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["exact", "derived", "numerical", "conjectured"]
STRENGTH: tuple[Kind, ...] = ("exact", "derived", "numerical", "conjectured")


@dataclass(frozen=True)
class Evidence:
    """A claim, the kind of support it has, and the checks that were made.

    >>> Evidence("numerical", "h = 1", ("at 4 points",)).kind
    'numerical'
    """

    kind: Kind
    claim: str
    checks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return one line: kind, claim, checks."""
        checks = f" ({'; '.join(self.checks)})" if self.checks else ""
        return f"{self.kind}: {self.claim}{checks}"

    def also(self, other: Evidence) -> Evidence:
        """Return the conjunction: the weaker kind, both claims, all checks.

        >>> Evidence("exact", "a").also(Evidence("numerical", "b")).kind
        'numerical'
        """
        kind = max(self.kind, other.kind, key=STRENGTH.index)
        return Evidence(kind, f"{self.claim}; {other.claim}", self.checks + other.checks)
