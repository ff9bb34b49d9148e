"""Evidence: how a result is known, carried by the result into every export.

Four kinds, from the strongest to the weakest:

exact
    proved by enumeration: every diagram and every contraction was counted;
derived
    a stated rule gave it, and it was checked against exact coefficients;
conjectured
    fitted to exact data, with terms held out of the fit that agree;
numerical
    computed in floating point or by sampling, with an error bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from diagrams.display import Displayed
from pde.expressions.statement import joined

CLAIMED = "as the document claims"


class Kind(StrEnum):
    """The four kinds of evidence."""

    EXACT = "exact"
    DERIVED = "derived"
    CONJECTURED = "conjectured"
    NUMERICAL = "numerical"


@dataclass(frozen=True, slots=True)
class Evidence(Displayed):
    """How a result is known: its kind, a sentence, and the order it was checked to.

    ``claim`` says so where that was read in a document, and what of it was computed again.  It is
    not compared: the result is the same, whoever says it.

    >>> Evidence(Kind.EXACT, "all Wick contractions counted", checked_to=3).to_dict()
    {'kind': 'exact', 'statement': 'all Wick contractions counted', 'checked_to': 3}
    """

    kind: Kind
    statement: str
    checked_to: int | None = None
    claim: str = field(default="", compare=False)

    def to_dict(self) -> dict[str, object]:
        """Return the evidence as plain data, for JSON."""
        data: dict[str, object] = {"kind": self.kind.value, "statement": self.statement}
        if self.checked_to is not None:
            data["checked_to"] = self.checked_to
        if self.claim:
            data["claim"] = self.claim
        return data

    def as_claimed(self, recomputed: str = "") -> Evidence:
        """The same, as a document claims it; ``recomputed`` is what was computed again.

        >>> print(Evidence(Kind.EXACT, "counted", 5).as_claimed("recomputed through s = 1"))
        exact: counted (checked to order 5), as the document claims; recomputed through s = 1
        """
        return replace(self, claim="; ".join(filter(None, (CLAIMED, recomputed))))

    def resting_on(self, source: Evidence) -> Evidence:
        """The same, where it was derived from something that a document claims."""
        return replace(self, claim=source.claim) if source.claim else self

    @property
    def words(self) -> str:
        """All but the kind, as one sentence with the data of the statement."""
        checked = "" if self.checked_to is None else f" (checked to order {self.checked_to})"
        claim = f", {self.claim}" if self.claim else ""
        return joined("", (self.statement, checked, claim))

    @property
    def sentence(self) -> str:
        """All of it as one sentence, with the data of the statement."""
        return f"{self.kind.value}: " + self.words

    def __str__(self) -> str:
        return str(self.sentence)
