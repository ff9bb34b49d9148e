r"""Problem files written out in single entries by a reader of its own, and their flow.

Nothing here is shared with the package: TOML by the standard library, products by regular
expressions, a loss as an explicit polynomial in all entries, the velocity of every entry by its
derivatives, projected on the spheres as it is defined, and averages over the values of entries.
The language is small: a sum of products of a number and of entries, ``-3/2 J[i,j] u[i] + a[k]``.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import factorial, prod
from typing import Any

Monomial = tuple[int, ...]
Explicit = dict[Monomial, Fraction]
_TERM = re.compile(r"\s*([+-]?)\s*([^+-]+)")
_ENTRY = re.compile(r"([A-Za-z]\w*)\[([^\]]*)\]")


def number(text: object, at: Mapping[str, int]) -> Fraction:
    """A number, or quotient of numbers and powers of sizes: ``3/N^2``."""
    above, _, below = str(text).partition("/")

    def factor(word: str) -> Fraction:
        base, _, power = word.strip().partition("^")
        value = Fraction(at[base]) if base in at else Fraction(base)
        return value ** int(power or 1)

    top = prod((factor(word) for word in above.split("*")), start=Fraction(1))
    return (
        top / prod((factor(word) for word in below.strip("()").split("*")), start=Fraction(1))
        if below
        else top
    )


def plus(
    total: Explicit, other: Mapping[Monomial, Fraction], factor: Fraction = Fraction(1)
) -> None:
    """Add a multiple of a polynomial to another, in place."""
    for monomial, value in other.items():
        total[monomial] = total.get(monomial, Fraction(0)) + factor * value
        if not total[monomial]:
            del total[monomial]


def times(left: Explicit, right: Explicit) -> Explicit:
    """The product."""
    total: Explicit = {}
    for a, x in left.items():
        plus(total, {tuple(sorted(a + b)): y for b, y in right.items()}, x)
    return total


def slope(polynomial: Explicit, v: int) -> Explicit:
    """The derivative after one entry."""
    total: Explicit = {}
    for monomial, value in polynomial.items():
        count = monomial.count(v)
        if count:
            rest = list(monomial)
            rest.remove(v)
            plus(total, {tuple(rest): value * count})
    return total


def composed(polynomial: Explicit, places: Mapping[int, Explicit]) -> Explicit:
    """A polynomial at other polynomials for its entries."""
    total: Explicit = {}
    for monomial, value in polynomial.items():
        term: Explicit = {(): value}
        for v in monomial:
            term = times(term, places[v])
        plus(total, term)
    return total


def in_time(
    polynomial: Explicit, series: Mapping[int, Sequence[Explicit]], last: int
) -> list[Explicit]:
    """A polynomial of power series in time, up to the power ``last``."""
    total: list[Explicit] = [{} for _ in range(last + 1)]
    for monomial, value in polynomial.items():
        term: list[Explicit] = [{(): value}, *({} for _ in range(last))]
        for v in monomial:
            grown: list[Explicit] = [{} for _ in range(last + 1)]
            for i, left in enumerate(term):
                for j in range(last + 1 - i):
                    plus(grown[i + j], times(left, series[v][j]))
            term = grown
        for power, part in enumerate(term):
            plus(total[power], part)
    return total


class Written:
    """A problem file at numbers for its sizes."""

    def __init__(self, text: str, at: Mapping[str, int]) -> None:
        self.file, self.at = tomllib.loads(text), at
        self.place: dict[tuple[str, tuple[int, ...]], int] = {}
        for name, table in self.file["tensors"].items():
            for values in product(*(range(self.size(f)) for f in table["families"])):
                self.place[name, values] = len(self.place)
        self.owner = [name for name, _ in self.place]
        self.loss, self.potential = self._losses()

    def size(self, family: str) -> int:
        """The number of values of an index."""
        given = self.file["families"][family]
        return given if isinstance(given, int) else self.at[given]

    def _losses(
        self, family: str = "", shares: Sequence[Fraction] = ()
    ) -> tuple[Explicit, Explicit]:
        """Loss and potential; the values of free indices of a family have shares in the loss."""
        loss, decay = Explicit(), Explicit()
        tables = self.file["loss"]
        for table in tables if isinstance(tables, list) else [tables]:
            if table["kind"] == "weight decay":
                self._decayed(decay, table.get("tensors"), number(table["strength"], self.at))
                continue
            own = table if "output" in table else self.file["model"]
            linear = table["kind"] == "linear"
            weight = number(table.get("prefactor", 1 if linear else "1/2"), self.at)
            for free, found in self._summed(own, table.get("over", [])):
                share = prod((shares[n] for f, n in free if f == family), start=weight)
                plus(loss, found if linear else times(found, found), share)
            self._decayed(decay, None, number(table.get("decay", 0), self.at))
        potential = dict(loss)
        plus(potential, decay)
        return loss, potential

    def _decayed(self, total: Explicit, names: list[str] | None, strength: Fraction) -> None:
        for v, name in enumerate(self.owner):
            if self.file["tensors"][name]["role"] == "trained" and (names is None or name in names):
                plus(total, {(v, v): strength / 2})

    def _summed(
        self, table: Mapping[str, str], over: list[str]
    ) -> list[tuple[list[tuple[str, int]], Explicit]]:
        """``output - target`` for all values of the free indices, with their families."""
        families: dict[str, str] = {}
        sides = [(1, table["output"]), (-1, table.get("target", "0"))]
        for _, text in sides:
            for name, inside in _ENTRY.findall(text):
                slots = self.file["tensors"][name]["families"]
                families |= dict(zip(filter(None, inside.split(",")), slots, strict=True))
        found = []
        for free in product(*(range(self.size(families[i])) for i in over)):
            total = Explicit()
            for sign, text in sides:
                for mark, term in _TERM.findall(text):
                    factor = Fraction(sign) * (-1 if mark == "-" else 1)
                    plus(
                        total,
                        self._product(term, families, dict(zip(over, free, strict=True))),
                        factor,
                    )
            found.append(([(families[i], n) for i, n in zip(over, free, strict=True)], total))
        return found

    def _product(
        self, term: str, families: Mapping[str, str], fixed: Mapping[str, int]
    ) -> Explicit:
        entries = [
            (name, inside.split(",") if inside else []) for name, inside in _ENTRY.findall(term)
        ]
        words = _ENTRY.sub("", term).split()
        weight = prod((number(word, self.at) for word in words), start=Fraction(1))
        inner = sorted({i for _, slots in entries for i in slots} - set(fixed))
        total = Explicit()
        for values in product(*(range(self.size(families[i])) for i in inner)):
            at = {**fixed, **dict(zip(inner, values, strict=True))}
            places = [self.place[name, tuple(at[i] for i in slots)] for name, slots in entries]
            plus(total, {tuple(sorted(places)): weight})
        return total

    def velocity(self) -> dict[int, Explicit]:
        """The derivative of every trained entry by ``t/T``."""
        found: dict[int, Explicit] = {}
        for name, table in self.file["tensors"].items():
            if table["role"] != "trained":
                continue
            own = [v for v, owner in enumerate(self.owner) if owner == name]
            gradient = {v: slope(self.potential, v) for v in own}
            along = Explicit()
            for v in own:
                plus(along, times({(v,): Fraction(1)}, gradient[v]))
            for v in own:
                found[v] = Explicit()
                rate = number(table.get("rate", 1), self.at)
                plus(found[v], gradient[v], -rate)
                if "constraint" in table:
                    square = sum(self.moment(w, 2) for w in own)
                    plus(found[v], times(along, {(v,): Fraction(1)}), rate / square)
        return found

    def moment(self, v: int, power: int) -> Fraction:
        """The mean of a power of an entry at the start."""
        table = self.file["tensors"][self.owner[v]]
        if table.get("law") == "spectrum":
            place = list(self.place)[v][1][0]
            return number(table["values"][place], self.at) ** power
        if "moments" in table:
            return number(table["moments"][power - 1], self.at) if power else Fraction(1)
        mean = number(table.get("mean", {"value": 0})["value"], self.at)
        variance = number(table.get("variance", 0), self.at)
        assert not (mean and variance)
        if mean or not variance:
            return mean**power
        if power % 2:
            return Fraction(0)
        pairings = 1 if table.get("law") == "rademacher" else prod(range(1, power, 2))
        return pairings * variance ** (power // 2)

    def average(self, polynomial: Explicit) -> Fraction:
        """The mean over the start."""
        return sum(
            (
                value
                * prod((self.moment(v, n) for v, n in Counter(monomial).items()), start=Fraction(1))
                for monomial, value in polynomial.items()
            ),
            Fraction(0),
        )

    def derivatives(self, terms: int) -> list[Fraction]:
        """``d^s E[L]/dt^s`` at zero for s up to ``terms``."""
        field, current, found = self.velocity(), self.loss, [self.average(self.loss)]
        for _ in range(terms):
            following = Explicit()
            for v, change in field.items():
                plus(following, times(slope(current, v), change))
            current = following
            found.append(self.average(current))
        return found

    def inertial(self, terms: int, constant: Fraction, over_time: Fraction) -> list[Fraction]:
        """``d^s E[L]/dt^s`` at zero of ``u'' + (c + r/t) u' = -rate dV/du`` from rest.

        Power series in time, equation by equation; its entries are polynomials in the start.
        """
        trained = [
            v for v, o in enumerate(self.owner) if self.file["tensors"][o]["role"] == "trained"
        ]
        series: dict[int, list[Explicit]] = {
            v: [{(v,): Fraction(1)}, *({} for _ in range(terms))] for v in range(len(self.owner))
        }
        slopes = {v: slope(self.potential, v) for v in trained}
        for k in range(terms - 1):
            for v in trained:
                rate = number(self.file["tensors"][self.owner[v]].get("rate", 1), self.at)
                force = in_time(slopes[v], series, k)[k]
                found: Explicit = {}
                plus(found, force, -rate)
                plus(found, series[v][k + 1], -constant * (k + 1))
                below = (k + 2) * (k + 1 + over_time)
                series[v][k + 2] = {m: x / below for m, x in found.items()}
        values = in_time(self.loss, series, terms)
        return [factorial(s) * self.average(y) for s, y in enumerate(values)]

    def stepped(
        self, steps: int, rate: Fraction, momentum: Fraction, nesterov: bool = False
    ) -> list[Fraction]:
        """``E[L]`` after 0..steps steps of descent with momentum, by substitution."""
        return self.followed([self.potential] * steps, rate, momentum, nesterov)

    def followed(
        self, potentials: Sequence[Explicit], rate: Fraction, momentum: Fraction, nesterov: bool
    ) -> list[Fraction]:
        """The same with a potential of its own for every step."""
        trained = [
            v for v, o in enumerate(self.owner) if self.file["tensors"][o]["role"] == "trained"
        ]
        places: dict[int, Explicit] = {v: {(v,): Fraction(1)} for v in range(len(self.owner))}
        speeds: dict[int, Explicit] = {v: {} for v in trained}
        found = [self.average(self.loss)]
        for potential in potentials:
            ahead = {v: dict(p) for v, p in places.items()}
            for v in trained:
                plus(ahead[v], speeds[v], momentum if nesterov else Fraction(0))
            forces = {v: composed(slope(potential, v), ahead) for v in trained}
            for v in trained:
                own = number(self.file["tensors"][self.owner[v]].get("rate", 1), self.at)
                moved: Explicit = {}
                plus(moved, speeds[v], momentum)
                plus(moved, forces[v], -rate * own)
                speeds[v] = moved
                plus(places[v], moved)
            found.append(self.average(composed(self.loss, places)))
        return found

    def batched(
        self, batches: Sequence[Sequence[int]], family: str, steps: int, rate: Fraction, *kept: Any
    ) -> list[Fraction]:
        """The same with one of some batches in every step, drawn equally likely.

        A batch lists the values of the free indices of a family that it sees.
        """
        n = self.size(family)
        seen = [
            self._losses(family, [Fraction(n * batch.count(m), len(batch)) for m in range(n)])[1]
            for batch in batches
        ]
        runs = [self.followed(chosen, rate, *kept) for chosen in product(seen, repeat=steps)]
        return [sum(column) / len(runs) for column in zip(*runs, strict=True)]

    def with_fresh(
        self, names: Sequence[str], size: int, steps: int, rate: Fraction, *kept: Any
    ) -> list[Fraction]:
        """The same where every step sees so many fresh draws of some tensors."""
        own = [v for v, name in enumerate(self.owner) if name in names]
        decay = dict(self.potential)
        plus(decay, self.loss, Fraction(-1))
        potentials = []
        for _ in range(steps):
            potential = dict(decay)
            for _ in range(size):
                drawn = {v: len(self.owner) + k for k, v in enumerate(own)}
                self.owner += [self.owner[v] for v in own]
                sample = {
                    tuple(sorted(drawn.get(v, v) for v in monomial)): value
                    for monomial, value in self.loss.items()
                }
                plus(potential, sample, Fraction(1, size))
            potentials.append(potential)
        return self.followed(potentials, rate, *kept)
