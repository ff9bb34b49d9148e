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

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from diagrams.typesetting import Fragment, Shape, Typeset


class Kind(StrEnum):
    """The four kinds of evidence."""

    EXACT = "exact"
    DERIVED = "derived"
    CONJECTURED = "conjectured"
    NUMERICAL = "numerical"


@dataclass(frozen=True, slots=True)
class Evidence(Typeset):
    """How a result is known: its kind, a sentence, and the order it was checked to.

    >>> Evidence(Kind.EXACT, "all Wick contractions counted", checked_to=3).to_dict()
    {'kind': 'exact', 'statement': 'all Wick contractions counted', 'checked_to': 3}
    """

    kind: Kind
    statement: str
    checked_to: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the evidence as plain data, for JSON."""
        data: dict[str, object] = {"kind": self.kind.value, "statement": self.statement}
        if self.checked_to is not None:
            data["checked_to"] = self.checked_to
        return data

    @staticmethod
    def from_dict(data: Mapping[str, object]) -> Evidence:
        """Read back :meth:`to_dict`; ``ValueError`` or ``KeyError`` for anything else."""
        checked = data.get("checked_to")
        if checked is not None and not isinstance(checked, int):
            raise ValueError(f"checked_to: {checked!r} is not an integer")
        return Evidence(Kind(str(data["kind"])), str(data["statement"]), checked)

    def _fragment(self) -> Fragment:
        from diagrams.export.prose import prose_latex

        return Fragment(prose_latex(str(self)), Shape.TEXT, ("p", "H", "sigma"), title="Evidence")

    def __str__(self) -> str:
        checked = "" if self.checked_to is None else f" (checked to order {self.checked_to})"
        return f"{self.kind.value}: {self.statement}{checked}"
