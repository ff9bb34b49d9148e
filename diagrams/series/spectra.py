"""Spectra of matrices in training by trace moments, split by levels of size.

The moments ``Tr (W W^T)^k`` are observables.  In an expansion in the width the highest level is the
bulk of the spectrum; what training adds to few eigenvalues (outliers, spikes) stands at the level
of order one.  Before training that level is not empty, so that the part that training moves is
the level without its value at ``t = 0``, the untrained *baseline*: all derivatives of order one
and more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.problems.problem import Problem
from diagrams.series.expansion import expand
from diagrams.series.levels import Levels, levels

MOMENT_LIMIT = 12


def trace_moment(tensor: str, k: int, scale: str = "") -> str:
    """Return ``Tr (W W^T / scale)^k`` in the language of observables.

    ``scale`` is a symbol, usually a size.  Raises :class:`~diagrams.errors.BadInput`.

    >>> trace_moment("W", 2, "N")
    'W[a0,b0] W[a1,b0] W[a1,b1] W[a0,b1] / N^2'
    """
    check_symbol(tensor, "tensor")
    if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOMENT_LIMIT:
        raise BadInput("k", k, f"an integer from 1 to {MOMENT_LIMIT}")
    entries = [f"{tensor}[a{j},b{j}] {tensor}[a{(j + 1) % k},b{j}]" for j in range(k)]
    divided = f" / {check_symbol(scale, 'scale')}^{k}" if scale else ""
    return " ".join(entries) + divided


@dataclass(frozen=True)
class LevelSplit(Displayed):
    """Levels of several observables: what they are before training, and what training adds.

    ``tables`` are pairs of a name and the levels of its series, order by order in time.

    >>> from diagrams.problems.files import parse_problem
    >>> problem = parse_problem('''
    ... families = {hidden = "N"}
    ... tensors.w = {families = ["hidden"], role = "trained", variance = 1, rate = "N"}
    ... tensors.u = {families = ["hidden"], role = "trained", variance = 1, rate = "N"}
    ... model = {output = "w[i] u[i] / N", target = "y"}
    ... loss = {kind = "squared error", over = []}
    ... ''')
    >>> split = split_levels(problem, {"|w|^2": "w[i]^2"}, 2, {"N": 1})
    >>> print(split.baseline("|w|^2", 1), *split.moved("|w|^2", 1))
    1 0 4*y**2
    """

    tables: tuple[tuple[str, Levels], ...]
    terms: int
    evidence: Evidence

    def table(self, name: str) -> Levels:
        """The levels of one observable; raises :class:`~diagrams.errors.BadInput`."""
        for known, found in self.tables:
            if known == name:
                return found
        raise BadInput("observable", name, ", ".join(known for known, _ in self.tables))

    def baseline(self, name: str, exponent: int | Fraction) -> Polynomial:
        """A level before training."""
        return self.table(name).level(0, exponent)

    def moved(self, name: str, exponent: int | Fraction) -> tuple[Polynomial, ...]:
        """The time derivatives of a level, order 1 and up: what training adds to it."""
        return self.table(name).column(exponent)[1:]

    def rows(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """Name, level, baseline and derivatives as texts, zero levels left out."""
        found = []
        for name, table in self.tables:
            for exponent in table.exponents:
                column = table.column(exponent)
                moved = tuple(map(str, column[1:]))
                found.append((name, f"{table.symbol}**{exponent}", str(column[0]), moved))
        return found

    def __str__(self) -> str:
        head = ("observable", "level", "untrained", *(f"Y_{s}" for s in range(1, self.terms + 1)))
        lines = [head, *((a, b, c, *rest) for a, b, c, rest in self.rows())]
        widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
        texts = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([*texts, str(self.evidence)])


def split_levels(
    problem: Problem,
    observables: Mapping[str, str],
    terms: int,
    scaling: Mapping[str, Any],
    count: int | None = None,
    **resources: Any,
) -> LevelSplit:
    """Expand observables in time and split every coefficient by levels of size.

    ``observables`` maps names for print to texts, such as ``trace_moment("W", 2, "N")``;
    ``scaling`` and ``count`` are those of :func:`~diagrams.series.levels.levels`, ``resources``
    those of :func:`~diagrams.series.expansion.expand`.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    if not isinstance(observables, Mapping) or not observables:
        raise BadInput("observables", observables, "a mapping of names to texts, at least one")
    tables = []
    for name, text in observables.items():
        series = expand(problem, terms, observable=text, **resources)
        tables.append((str(name), levels(series, scaling, count)))
    evidence = Evidence(
        Kind.EXACT, "every diagram merged and every contraction counted, sorted by size", terms
    )
    return LevelSplit(tuple(tables), terms, evidence)
