"""Problems whose entries are drawn from finite laws, by sums over the values of every entry.

A law here is a list of values with probabilities, or uniform; what the problem file says of it, by
name or by moments, is made of that.  :func:`explicit_derivative` writes the loss out in
single entries, averages what the file averages, differentiates along the flow and averages again,
each entry over its values: nothing of cumulants, blocks or contractions.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb

from diagrams.graphs.combination import Combination
from diagrams.graphs.laws import Delta
from diagrams.graphs.tensors import Role, Tensor
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem

from .polynomial_flow import Monomial, averaged_flow
from .random_problems import value

KNOWN = 24
"""Moments that a file lists."""

Points = tuple[tuple[Fraction, Fraction], ...]


def points(*pairs: tuple[int | str, int | str]) -> Points:
    """Values with their probabilities.

    >>> points((-1, "2/3"), (2, "1/3"))[0]
    (Fraction(-1, 1), Fraction(2, 3))
    """
    return tuple((Fraction(x), Fraction(weight)) for x, weight in pairs)


SKEW = points((-1, "2/3"), (2, "1/3"))
THREE = points((-2, "1/8"), (0, "3/4"), (2, "1/8"))
SPARSE = points((0, "2/3"), (1, "1/3"))
FREE = points((-1, "1/4"), ("1/2", "1/2"), (3, "1/4"))
SIGNS = points((-1, "1/2"), (1, "1/2"))
SYMBOLS = {"q": SPARSE, "kappa": THREE}


def listed(law: Points) -> str:
    """The moments of a law as a file lists them."""
    found = [sum(weight * x**n for x, weight in law) for n in range(1, KNOWN + 1)]
    return "moments = [" + ", ".join(f'"{moment}"' for moment in found) + "]"


BY_KEYS: dict[str, Points | None] = {
    'law = "rademacher"': SIGNS,
    'law = "uniform"': None,
    listed(SKEW): SKEW,
    listed(THREE): THREE,
    listed(FREE): FREE,
    "moments = [" + ", ".join(['"q"'] * KNOWN) + "]": SPARSE,
    "moments = ["
    + ", ".join(
        '"0"' if n % 2 else '"1"' if n == 2 else f'"kappa^{n // 2 - 1}"'
        for n in range(1, KNOWN + 1)
    )
    + "]": THREE,
}
"""Keys of a tensor, and the law that they mean; none is uniform."""
VARIANCES = {"1": Fraction(1), "r^2": Fraction(9, 4), "4/9": Fraction(2, 3)}
"""Variances, and their roots where r is 9/4."""
LAWS = (
    *(f'{keys}\nvariance = "{variance}"' for keys in BY_KEYS for variance in VARIANCES),
    'law = "rademacher"\nvariance = "1/{size}"',
    'law = "gaussian"\nvariance = "r^2"',
    'law = "rademacher"\nvariance = 1\nmean = {{ pattern = "constant", value = "2" }}',
    'law = "uniform"\nvariance = "r^2"\nmean = {{ pattern = "constant", value = "r" }}',
    'law = "fixed"\nmean = {{ pattern = "constant", value = "r" }}',
)


@dataclass(frozen=True)
class Entry:
    """One entry ``mean + sqrt(variance) x``, x of a law: points, none (uniform), ``"gaussian"``."""

    law: Points | str | None
    variance: Fraction
    root: Fraction | None
    mean: Fraction
    rate: Fraction

    @property
    def even(self) -> bool:
        """Nothing is left out beforehand."""
        return False

    def moment(self, power: int) -> Fraction:
        """E[v^power]."""
        return sum(
            (
                comb(power, n) * self.mean ** (power - n) * self._centred(n)
                for n in range(power + 1)
            ),
            Fraction(0),
        )

    def _centred(self, n: int) -> Fraction:
        if self.law is None or self.law == "gaussian":
            if n % 2:
                return Fraction(0)
            pairings = 1
            for k in range(1, n, 2):
                pairings *= k
            plain = Fraction(3 ** (n // 2), n + 1) if self.law is None else Fraction(pairings)
        else:
            assert not isinstance(self.law, str)
            plain = sum((weight * x**n for x, weight in self.law), Fraction(0))
        if not plain or not n % 2:
            return plain * self.variance ** (n // 2)
        assert self.root is not None
        return plain * self.root**n


class _Variables:
    def __init__(self, spec: str, at: Mapping[str, Fraction]) -> None:
        self.tables, self.at = tomllib.loads(spec)["tensors"], at
        self.place: dict[tuple[str, tuple[int, ...]], int] = {}
        self.entries: list[Entry] = []

    def of(self, tensor: Tensor, values: tuple[int, ...]) -> int:
        key = (tensor.name, values)
        if key not in self.place:
            table = self.tables[tensor.name]
            given = [keys for keys in BY_KEYS if tomllib.loads(keys).items() <= table.items()]
            variance = table.get("variance", 0)
            root = VARIANCES.get(str(variance))
            number = Fraction(0)
            if variance:
                size = next((s for s in self.at if variance == f"1/{s}"), "")
                number = 1 / self.at[size] if size else (root or Fraction(0)) ** 2
                assert number
            named = table.get("mean", {}).get("value", "0")
            mean = Fraction(9, 4) if named == "r" else Fraction(named)
            rate = value(tensor.rate, self.at) if tensor.role is Role.TRAINED else Fraction(0)
            law = BY_KEYS[given[0]] if given else "gaussian"
            self.place[key] = len(self.entries)
            self.entries.append(Entry(law, number, root, mean, rate))
        return self.place[key]

    def written(self, combination: Combination) -> list[tuple[Fraction, list[int]]]:
        found = []
        for diagram, coefficient in combination:
            weight = value(coefficient, self.at)
            ranges = [range(int(self.at[family.size])) for family in diagram.nodes]
            for values in product(*ranges):
                here = [(e.tensor, tuple(values[n] for n in e.nodes)) for e in diagram.edges]
                if all(not isinstance(t.law, Delta) or len(set(v)) == 1 for t, v in here):
                    factors = [self.of(t, v) for t, v in here if not isinstance(t.law, Delta)]
                    found.append((weight, factors))
        return found


def explicit_derivative(text: str, s: int, at: Mapping[str, Fraction]) -> Fraction:
    """``d^s E[L]/dt^s`` at zero of a problem file, at numbers for all symbols, sizes among them."""
    lines = [line for line in text.split("\n") if not line.startswith("average = ")]
    averaged = tomllib.loads(text)["loss"].get("average", [])
    problem = parse_problem("\n".join(lines))
    variables = _Variables(text, at)
    parts = [variables.written(part) for part in (problem.observable, problem.potential)]
    inside = {place for (name, _), place in variables.place.items() if name in averaged}
    polynomials = []
    for part in parts:
        total: dict[Monomial, Fraction] = {}
        for weight, factors in part:
            monomial = [0] * len(variables.entries)
            for factor in factors:
                monomial[factor] += 1
            for place in inside:
                weight *= variables.entries[place].moment(monomial[place])
                monomial[place] = 0
            total[tuple(monomial)] = total.get(tuple(monomial), Fraction(0)) + weight
        polynomials.append({key: number for key, number in total.items() if number})
    found = averaged_flow(polynomials[0], polynomials[1], variables.entries, s)
    return sum(found.values(), Fraction(0))


def numbers(problem: Problem, size: int) -> dict[str, Fraction]:
    """A number for every symbol: those of moments are what the finite laws say."""
    known = {"r": Fraction(9, 4), "y": Fraction(-3, 2), "l": Fraction(1, 5)}
    known |= {"q": Fraction(1, 3), "kappa": Fraction(4)}
    sizes = dict.fromkeys(problem.sizes, Fraction(size))
    return {name: sizes.get(name, known.get(name, Fraction(1))) for name in problem.symbols}
