"""The front as a formula: the largest exponent Q as a function of s_D, n and s_R.

A *front law* gives the Pareto-optimal terms of every order: in the sector of s_D couplings of
the model to itself and s_R couplings to the target, the largest power Q of one size (p) for every
power n of the other (H).  It is a list of pieces (:mod:`diagrams.scaling.fronts.pieces`).

:func:`diagrams.scaling.fronts.front_theorem.proved_front_law` proves one for some problems, and
:func:`diagrams.scaling.fronts.front_fit.fit_front_law` fits one to fronts of any problem with two
sizes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from diagrams.display import Displayed
from diagrams.evidence import Evidence
from diagrams.polynomials.polynomial import Powers
from diagrams.polynomials.spelling import letter, order_letter
from diagrams.scaling.fronts.pieces import Form, Piece
from pde.linear_algebra import Number, Vector, plain

Spot = tuple[int, int, int]
"""An integral place ``(s_D, n, s_R)``."""


@dataclass(frozen=True)
class FrontLaw(Displayed):
    """The fronts of all orders.

    ``power`` is the size whose exponent is Q, ``rows`` the one whose exponent is n; ``scales``
    gives the exponent of every other symbol as a form in ``(s_D, n, s_R)``.  Without weight decay
    ``s = s_D + s_R - 1``.  With it, ``decay`` holds the powers that one merge with the decay
    brings, and the front of order s is the union over j = 0..s of the front of order s - j times
    j merges with the decay.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front_theorem import proved_front_law
    >>> law = proved_front_law(cp_problem(order=3, ties="asym"))
    >>> print(law.pieces[1])
    Q = 3 + 2 s_D - 2 n for 1 <= n <= 1 + s_D, s_R >= 2, s_R even
    >>> law.exponent(3, 2, 0), law.exponent(3, 2, 1)
    (5, None)
    """

    power: str
    rows: str
    pieces: tuple[Piece, ...]
    scales: tuple[tuple[str, Form], ...]
    evidence: Evidence
    decay: Powers | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of a term: Q's size, n's size, then the scales."""
        forms = [name for name, _ in self.scales]
        brought = [name for name, _ in self.decay or () if name not in forms]
        return (self.power, self.rows, *forms, *brought)

    @property
    def letters(self) -> tuple[str, str, str]:
        """What Q, n and s are called: other letters where those are symbols of the law."""
        taken = set(self.symbols)
        return (letter("QPEX", taken), letter("nmk", taken), order_letter(taken))

    @property
    def names(self) -> tuple[str, str, str]:
        """What s_D, n and s_R are called."""
        _, rows, order = self.letters
        return (f"{order}_D", rows, f"{order}_R")

    @property
    def without_decay(self) -> FrontLaw:
        """The law of the terms without merges with the decay."""
        return replace(self, decay=None)

    def exponent(self, couplings: int, rows: int, targets: int) -> int | None:
        """``Q(s_D, n, s_R)``, or ``None`` where no term occurs."""
        place = (couplings, rows, targets)
        for piece in self.pieces:
            if piece.region.contains(place):
                return piece.at(place)
        return None

    def places(self, s: int) -> tuple[tuple[Spot, int], ...]:
        """The places of the Pareto-optimal terms of ``Y_s`` with their Q, sorted.

        Those without merges with the decay, where there is one.
        """
        return _places(self.pieces, s)

    def terms(self, s: int, symbols: Sequence[str] | None = None) -> tuple[Vector, ...]:
        """The Pareto-optimal terms of ``Y_s`` as exponents of ``symbols``, sorted."""
        named = tuple(symbols or self.symbols)
        if self.decay is None:
            return tuple(sorted(self.vector(place, q, named) for place, q in self.places(s)))
        found = {
            self.vector(place, q, named, merges)
            for merges in range(s + 1)
            for place, q in self.places(s - merges)
        }
        return tuple(sorted(_pareto_vectors(found, [named.index(n) for n in self.symbols[:2]])))

    def vector(
        self, place: Sequence[Number], q: Number, symbols: Sequence[str], merges: int = 0
    ) -> Vector:
        """The exponents of the term at a place, after some ``merges`` with the decay."""
        known = {self.power: q, self.rows: place[1]}
        known |= {name: form.at(place) for name, form in self.scales}
        for name, power in self.decay or ():
            known[name] = known.get(name, 0) + merges * power
        return tuple(plain(known.get(name, 0)) for name in symbols)

    def to_dict(self) -> dict[str, object]:
        """The law as plain data, for JSON."""
        return {
            "power": self.power,
            "rows": self.rows,
            "pieces": [
                {
                    "formula": piece.formula(False, self.names, self.letters[0]),
                    "conditions": piece.region.conditions(False, self.names),
                    "latex": f"{piece.formula(True, self.names, self.letters[0])},\\quad "
                    + piece.region.conditions(True, self.names),
                }
                for piece in self.pieces
            ],
            "evidence": self.evidence.to_dict(),
        }

    def __str__(self) -> str:
        value, rows, s = self.letters
        names = self.names
        powers = " ".join(f"{name}^({form.written(False, names)})" for name, form in self.scales)
        order = f"{s} = {s}_D + {s}_R - 1"
        if self.decay is not None:
            listed = [(name, "j" if e == 1 else f"({e} j)") for name, e in self.decay]
            brought = " ".join(f"{name}^{power}" for name, power in listed)
            powers, order = f"{powers} {brought}".rstrip(), f"{order} + j, j >= 0"
        lines = [f"terms {self.power}^{value} {self.rows}^{rows} {powers} of Y_{s}, {order}:"]
        for piece in self.pieces:
            where = piece.region.conditions(False, names)
            lines.append(f"  {piece.formula(False, names, value)} for {where}")
        lines.append(
            f"  (of equal {s}_D and {s}_R, terms that another beats in {value} and {rows} are left"
            " out)"
        )
        return "\n".join([*lines, f"evidence: {self.evidence}"])


@lru_cache(maxsize=1024)
def _places(pieces: tuple[Piece, ...], s: int) -> tuple[tuple[Spot, int], ...]:
    best: dict[Spot, int] = {}
    for piece in pieces:
        for place, q in piece.of_order(s):
            best.setdefault(place, q)
    return tuple(sorted(pareto_places(best).items()))


def pareto_places(values: Mapping[Spot, int]) -> dict[Spot, int]:
    """The places whose Q no larger n of the same sector attains."""
    kept: dict[Spot, int] = {}
    highest: dict[tuple[int, int], int] = {}
    for couplings, rows, targets in sorted(values, key=lambda x: -x[1]):
        q = values[couplings, rows, targets]
        if q > highest.get((couplings, targets), -1):
            highest[couplings, targets] = q
            kept[couplings, rows, targets] = q
    return kept


def _pareto_vectors(terms: Collection[Vector], sizes: Sequence[int]) -> list[Vector]:
    """The terms that no other of equal exponents at all other coordinates beats in both sizes."""
    groups: dict[Vector, list[Vector]] = {}
    for term in terms:
        groups.setdefault(tuple(x for k, x in enumerate(term) if k not in sizes), []).append(term)
    kept = []
    for group in groups.values():
        highest: Number = -1
        for term in sorted(group, key=lambda t: [t[k] for k in sizes[::-1]], reverse=True):
            if term[sizes[0]] > highest:
                highest = term[sizes[0]]
                kept.append(term)
    return kept
