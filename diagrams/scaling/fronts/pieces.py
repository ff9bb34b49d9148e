"""Pieces of a front law: polyhedral regions of (s_D, n, s_R) with affine forms on them.

A term of sector ``(s_D, s_R)`` of ``Y_s``, ``s = s_D + s_R - 1``, has ``s_D`` couplings of the
model to itself, ``s_R`` to the target, and the power ``n`` of the labelled size.  A *piece* gives,
on the lattice points of a polyhedron, the largest exponent ``Q`` of the other size as
``floor(min of affine forms)`` (or ``ceil(max of affine forms)``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor, lcm

from pde.linear_algebra import Number

Place = tuple[Number, Number, Number]
"""``(s_D, n, s_R)``."""

NAMES = ("s_D", "n", "s_R")


class Extreme(StrEnum):
    """Which of the forms of a piece counts."""

    LEAST = "min"
    GREATEST = "max"


@dataclass(frozen=True, slots=True, order=True)
class Form:
    """An affine form ``constant + slopes . (s_D, n, s_R)``.

    >>> print(Form.of(1, 2, -1, Fraction(1, 4)))
    1 + 2 s_D - n + s_R/4
    """

    constant: Fraction
    slopes: tuple[Fraction, Fraction, Fraction]

    @staticmethod
    def of(constant: Number, couplings: Number, rows: Number, targets: Number) -> Form:
        """The form of four numbers."""
        return Form(Fraction(constant), (Fraction(couplings), Fraction(rows), Fraction(targets)))

    def at(self, place: Sequence[Number]) -> Fraction:
        """The value at a place, rational places included."""
        terms = (a * x for a, x in zip(self.slopes, place, strict=True) if a)
        return sum(terms, start=self.constant)

    def minus(self, other: Form) -> Form:
        """The difference of two forms."""
        a, b, c = (x - y for x, y in zip(self.slopes, other.slopes, strict=True))
        return Form(self.constant - other.constant, (a, b, c))

    @property
    def integers(self) -> tuple[tuple[int, int, int, int], int]:
        """Slopes and constant times their common denominator, and that denominator."""
        common = lcm(self.constant.denominator, *(a.denominator for a in self.slopes))
        a, b, c, d = (int(x * common) for x in (*self.slopes, self.constant))
        return (a, b, c, d), common

    @property
    def whole(self) -> bool:
        """Whether all coefficients are integers."""
        return all(x.denominator == 1 for x in (self.constant, *self.slopes))

    def written(self, latex: bool = False, names: Sequence[str] = NAMES) -> str:
        """The form in letters for its three places."""
        return _written(self, latex, names)

    def __str__(self) -> str:
        return self.written()


def _written(form: Form, latex: bool, names: Sequence[str]) -> str:
    parts = [(form.constant, "")] if form.constant or not any(form.slopes) else []
    parts += [(a, name) for a, name in zip(form.slopes, names, strict=True) if a]
    text = ""
    for value, name in parts:
        size = abs(value)
        if latex:
            number = (
                str(size)
                if size.denominator == 1
                else f"\\tfrac{{{size.numerator}}}{{{size.denominator}}}"
            )
            shown = number if not name else (name if size == 1 else f"{number} {name}")
        else:
            over = "" if size.denominator == 1 else f"/{size.denominator}"
            head = "" if size.numerator == 1 else f"{size.numerator} "
            shown = str(size) if not name else f"{head}{name}{over}"
        sign = "-" if value < 0 else "+"
        text += f" {sign} {shown}" if text else (f"-{shown}" if value < 0 else shown)
    return text


@dataclass(frozen=True, slots=True)
class Region:
    """The places with all ``bounds >= 0`` and every coordinate in its residue class.

    ``residues`` holds ``(modulus, residue)`` for s_D, n and s_R.
    """

    bounds: tuple[Form, ...]
    residues: tuple[tuple[int, int], ...] = ((1, 0), (1, 0), (1, 0))

    def contains(self, place: Sequence[Number]) -> bool:
        """Whether an integral place lies in the region."""
        return self.holds(place) and all(
            Fraction(x).denominator == 1 and int(x) % m == r
            for x, (m, r) in zip(place, self.residues, strict=True)
        )

    def holds(self, place: Sequence[Number]) -> bool:
        """Whether a rational place satisfies the inequalities."""
        return all(bound.at(place) >= 0 for bound in self.bounds)

    def of_order(self, s: int) -> Iterator[tuple[int, int, int]]:
        """The places of order ``s``; the number of rows is at most ``s + 2``."""
        bounds = [bound.integers[0] for bound in self.bounds]
        of_couplings, of_rows, of_targets = (
            {x for x in range(s + 3) if x % modulus == residue}
            for modulus, residue in self.residues
        )
        for x in sorted(of_couplings & set(range(s + 2))):
            z = s + 1 - x
            if z in of_targets:
                for y in sorted(of_rows - {0}):
                    if all(a * x + b * y + c * z + d >= 0 for a, b, c, d in bounds):
                        yield x, y, z

    def conditions(self, latex: bool = False, names: Sequence[str] = NAMES) -> str:
        """The region in words or in LaTeX."""
        bounds = _bounds_text(self.bounds, latex, names)
        return ", ".join([*bounds, *_residues_text(self.residues, latex, names)])


def _bounds_text(bounds: Sequence[Form], latex: bool, names: Sequence[str]) -> list[str]:
    """Inequalities, solved for their last variable; two that make an equality are joined."""
    least = "\\ge" if latex else ">="
    most = "\\le" if latex else "<="
    low: dict[int, list[str]] = {}
    high: dict[int, list[str]] = {}
    listed = []
    for bound in bounds:
        places = [k for k in (1, 2, 0) if bound.slopes[k]]
        k = places[0]
        size = abs(bound.slopes[k])
        others = [-a / size if j != k else Fraction(0) for j, a in enumerate(bound.slopes)]
        if bound.slopes[k] > 0:
            side = Form(-bound.constant / size, (others[0], others[1], others[2]))
            low.setdefault(k, []).append(_written(side, latex, names))
        else:
            side = Form(bound.constant / size, (-others[0], -others[1], -others[2]))
            high.setdefault(k, []).append(_written(side, latex, names))
    for k in (1, 2, 0):
        below, above = low.get(k, []), high.get(k, [])
        equal = [side for side in below if side in above]
        if equal:
            listed.append(f"{names[k]} = {equal[0]}")
            continue
        paired = min(len(below), len(above))
        for one, other in zip(below, above, strict=False):
            listed.append(f"{one} {most} {names[k]} {most} {other}")
        listed += [f"{names[k]} {least} {side}" for side in below[paired:]]
        listed += [f"{names[k]} {most} {side}" for side in above[paired:]]
    return listed


def _residues_text(
    residues: Sequence[tuple[int, int]], latex: bool, names: Sequence[str]
) -> list[str]:
    listed = []
    for name, (modulus, residue) in zip(names, residues, strict=True):
        if modulus == 2:
            listed.append(
                f"{name}{chr(92) + 'text{ ' if latex else ' '}{'odd' if residue else 'even'}"
                f"{'}' if latex else ''}"
            )
        elif modulus > 2:
            written = f"{name} \\equiv {residue} \\bmod {modulus}"
            listed.append(written if latex else f"{name} = {residue} mod {modulus}")
    return listed


@dataclass(frozen=True, slots=True)
class Piece:
    """``Q = floor(min forms)`` (or ``ceil(max forms)``) on a region.

    >>> here = Region((Form.of(-1, 0, 1, 0), Form.of(1, 1, -1, 0)))
    >>> print(Piece(here, (Form.of(3, 3, -2, 0),)))
    Q = 3 + 3 s_D - 2 n for 1 <= n <= 1 + s_D
    """

    region: Region
    forms: tuple[Form, ...]
    extreme: Extreme = Extreme.LEAST

    def height(self, place: Sequence[Number]) -> Fraction:
        """The value before rounding, at any rational place."""
        values = [form.at(place) for form in self.forms]
        return min(values) if self.extreme is Extreme.LEAST else max(values)

    def at(self, place: Sequence[Number]) -> int:
        """``Q`` at an integral place."""
        height = self.height(place)
        return floor(height) if self.extreme is Extreme.LEAST else ceil(height)

    def of_order(self, s: int) -> Iterator[tuple[tuple[int, int, int], int]]:
        """The places of order ``s`` with their ``Q``."""
        forms = [form.integers for form in self.forms]
        least = self.extreme is Extreme.LEAST
        for x, y, z in self.region.of_order(s):
            heights = [(a * x + b * y + c * z + d, common) for (a, b, c, d), common in forms]
            rounded = [h // common if least else -(-h // common) for h, common in heights]
            yield (x, y, z), min(rounded) if least else max(rounded)

    @property
    def rounded(self) -> bool:
        """Whether rounding matters anywhere."""
        return not all(form.whole for form in self.forms)

    def formula(self, latex: bool = False, names: Sequence[str] = NAMES, value: str = "Q") -> str:
        """``Q`` as a formula, in letters for it and for the places."""
        listed = ", ".join(form.written(latex, names) for form in self.forms)
        least = self.extreme is Extreme.LEAST
        if len(self.forms) > 1:
            listed = f"\\{self.extreme}({listed})" if latex else f"{self.extreme}({listed})"
        if self.rounded:
            word = "floor" if least else "ceil"
            listed = f"\\left\\l{word} {listed} \\right\\r{word}" if latex else f"{word}({listed})"
        return f"{value} = {listed}"

    def __str__(self) -> str:
        return f"{self.formula()} for {self.region.conditions()}"
