r"""Trees whose sites are linear in their fields: closed equations of two times, no site sampled.

Spherical spins, mixed models and spikes are of this kind.  With vectors ``x_a`` of a family, fields
``h`` on them whose sources are sums of vectors, and numbers q,

    x_a' = sum_b A_ab(q) x_b + sum_h B_ah(q) h,

correlations ``C_ab`` and responses ``R_ak`` to a kick of the fields that act alike (k) obey

    d_t R_ak = sum_c A_ac R_ck + sum_c K_ac * R_ck,   R_ak(t, t) = B_ak(q(t)),
    d_t C_ab = sum_c A_ac C_cb + sum_c K_ac * C_cb + sum_k D_ak * R_bk^T,

with memory K and noise D that are products of C and R: for one vector L. F. Cugliandolo and
J. Kurchan's equations (Phys. Rev. Lett. 71, 173, 1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import add
from typing import TypeVar

import numpy as np

from diagrams.errors import NotSolved
from diagrams.graphs.tensors import IndexFamily
from diagrams.mean_fields.equations import Field, Number, TreeEquations
from diagrams.mean_fields.sampling import Compiled
from diagrams.mean_fields.trees import by_atoms, is_atom
from diagrams.mean_fields.two_time_solver import Moved, Row, Step
from diagrams.polynomials.polynomial import Polynomial

ONE = ""
"""The vector of ones: what is not random at the sites."""

Linear = Mapping[str, Polynomial]
"""Coefficients of vectors and fields, which may hold numbers."""

Sum = Mapping[str, float]
Exponents = dict[str, Fraction]
Name = TypeVar("Name", str, int)


class NotLinear(NotSolved):
    """Sites that are not linear in their fields, or sources that hold fields."""


class LinearSites:
    """Correlations ``C a b`` of vectors of a family and responses ``R a k`` of them, by atoms.

    Raises :class:`NotLinear` where sites have to be sampled.
    """

    def __init__(self, equations: TreeEquations, values: Mapping[str, float]) -> None:
        self.equations, self.at = equations, values
        self.fields = {k.atom: k for k in equations.fields}
        self.sites = {q.atom for q in equations.moving} | set(self.fields)
        self.compiled: dict[Polynomial, Compiled] = {}
        if scalar := next((q for q in equations.moving if q.family is None), None):
            raise NotLinear(f"{scalar.entry.name} is no entry of a vector")
        if any(k.motion for k in equations.fields):
            raise NotLinear("matrices are trained")
        self.drifts = {q.atom: self._linear(q.drift) for q in equations.moving}
        self.sources = {k.atom: [self._source(s) for s in k.sources] for k in equations.fields}
        self.means = {
            k.atom: self._moments(k.value) for k in equations.met if isinstance(k, Number)
        }
        used = [*self.drifts.values(), *(s for known in self.sources.values() for s in known)]
        plain = any(ONE in linear for linear in used)
        plain |= any(len(pair) == 1 for mean in self.means.values() for pair, _ in mean)
        self.vectors: dict[IndexFamily, list[str]] = {}
        for family in equations.families:
            own = [q.atom for q in equations.moving if q.family == family]
            self.vectors[family] = [*own, *[ONE] * plain]
        self.kicks = {k.atom: self._kick(k) for k in equations.fields}
        self.starts: dict[str, float] = {}
        self.still: dict[str, float] = {}
        moving = {q.atom: q for q in equations.moving}
        mean = {ONE: 1.0, **{atom: self._number(q.mean) for atom, q in moving.items()}}
        for family, own in self.vectors.items():
            for a, b in product(own, own):
                extra = self._number(moving[a].moment(2)) if a and a == b else 0.0
                moves = self.drifts.get(a) or self.drifts.get(b)
                (self.starts if moves else self.still)[f"C {a} {b}"] = mean[a] * mean[b] + extra
            for a, kind in product(own, self._kinds(family)):
                if self.drifts.get(a):
                    self.starts[f"R {a} {kind}"] = 0.0

    def observed(self, step: Step) -> float:
        """The observable, a polynomial of numbers."""
        return float(self._at(self.equations.observable, self._numbers(step)).value)

    def laws(self, step: Step) -> dict[str, Moved]:
        """The equations of motion of all correlations and responses."""
        size = step.history.grid.count
        step.rows |= {n: Row(np.full(size, value)) for n, value in self.still.items()}
        numbers = self._numbers(step)
        rates: dict[str, Row] = {}
        ends: dict[str, Row] = {}
        for family, own in self.vectors.items():
            kinds = self._kinds(family)
            for a in own:
                drift = {n: self._at(c, numbers) for n, c in self.drifts.get(a, {}).items()}
                fields = [name for name in drift if name in self.fields]
                memory = _added((drift[h], self._memory(step, self.fields[h])) for h in fields)
                noise = _added((drift[h], self._noise(step, self.fields[h])) for h in fields)
                for b in own:
                    rate = _summed(drift[c] * step[f"C {c} {b}"] for c in drift if c not in fields)
                    for c, kernel in memory.items():
                        rate += step.after(kernel, f"C {c} {b}") + step.before(kernel, f"C {b} {c}")
                    for k, kernel in noise.items():
                        if f"R {b} {k}" in self.starts:
                            rate += step.before(kernel, f"R {b} {k}")
                    rates[f"C {a} {b}"] = rate
                for kind in (k for k in kinds if f"R {a} {k}" in self.starts):
                    known = {c for c in (*drift, *memory) if f"R {c} {kind}" in self.starts}
                    rate = _summed(drift[c] * step[f"R {c} {kind}"] for c in known & set(drift))
                    for c in known & set(memory):
                        rate += step.after(memory[c], f"R {c} {kind}")
                    rates[f"R {a} {kind}"] = rate
                    kick = next(h for h in self.fields if self._kind(h) == kind)
                    ends[f"R {a} {kind}"] = drift.get(kick, Row(0.0))
        found = {}
        for name in self.starts:
            letter, a, b = name.split(" ")
            if letter == "R":
                found[name] = Moved(rates[name], value=ends[name])
            else:
                along = _last(rates[name]) + _last(rates[f"C {b} {a}"])
                found[name] = Moved(rates[name], along=along)
        return found

    # -- what stands in the polynomials ---------------------------------------------------

    def _linear(self, value: Polynomial) -> Linear:
        """The coefficients of vectors and fields; they may hold numbers."""
        found: dict[str, Polynomial] = {}
        for atoms, weight in by_atoms(value).items():
            own, rest = self._parted(atoms)
            if len(own) > 1:
                raise NotLinear(f"a site is not linear: {value}")
            name = own[0] if own else ONE
            found[name] = found.get(name, Polynomial()) + weight * Polynomial.monomial(1, rest)
        return found

    def _parted(self, atoms: Iterable[tuple[str, Fraction]]) -> tuple[list[str], Exponents]:
        """What of a product stands at sites, with repetition, and its numbers."""
        own = [name for name, e in atoms if name in self.sites for _ in range(int(e))]
        return own, {name: e for name, e in atoms if name not in self.sites}

    def _source(self, value: Polynomial) -> Sum:
        """A source as a sum of vectors with constant coefficients."""
        linear = self._linear(value)
        names = {name for weight in linear.values() for name in weight.symbols}
        if set(linear) & set(self.fields) or any(map(is_atom, names)):
            raise NotLinear(f"a source is no sum of vectors: {value}")
        return {name: self._number(weight) for name, weight in linear.items()}

    def _moments(self, value: Polynomial) -> list[tuple[list[str], Polynomial]]:
        """A mean over sites: pairs of vectors, or of a vector and a field, with coefficients."""
        found = []
        for atoms, weight in by_atoms(value).items():
            own, rest = self._parted(atoms)
            own.sort(key=lambda name: name not in self.fields)
            if len(own) > 2 or (len(own) == 2 and own[1] in self.fields):
                raise NotLinear(f"the mean of {value} takes more than two times")
            found.append((own, weight * Polynomial.monomial(1, rest)))
        return found

    def _kick(self, known: Field) -> tuple[Polynomial, ...]:
        """The coefficients of a field in all drifts: fields with the same ones act alike."""
        own = self.vectors[known.family]
        zero = Polynomial()
        return tuple(self.drifts.get(a, {}).get(known.atom, zero) for a in own)

    def _kind(self, atom: str) -> int:
        family = self.fields[atom].family
        alike = (h for h in self.fields if self.fields[h].family == family)
        return list(self.fields).index(next(h for h in alike if self.kicks[h] == self.kicks[atom]))

    def _kinds(self, family: IndexFamily) -> list[int]:
        return sorted({self._kind(k.atom) for k in self.fields.values() if k.family == family})

    def _number(self, value: Polynomial) -> float:
        return float(self._at(value, {}).value)

    def _at(self, value: Polynomial, numbers: Mapping[str, Row]) -> Row:
        if value not in self.compiled:
            self.compiled[value] = Compiled(value, self.at)
        found: Row = Row(0.0) + self.compiled[value].value(numbers)
        return found

    # -- kernels --------------------------------------------------------------------------

    def _numbers(self, step: Step) -> dict[str, Row]:
        """All numbers at the time of a step."""
        found: dict[str, Row] = {}
        for known in self.equations.met:
            if isinstance(known, Number):
                parts = (
                    self._at(weight, found) * self._mean(step, [*pair, ONE, ONE][:2])
                    for pair, weight in self.means[known.atom]
                )
                found[known.atom] = self._at(known.weight, found) * _summed(parts)
        return found

    def _mean(self, step: Step, pair: Sequence[str]) -> Row:
        """The mean of a product of two vectors, or of a field and a vector, at one time."""
        a, b = pair
        if a == b == ONE:
            return Row(1.0)
        if a not in self.fields:
            return step[f"C {a} {b}"][-1]
        memory, noise = (f(step, self.fields[a]) for f in (self._memory, self._noise))
        parts = [kernel * step[f"C {b} {c}"] for c, kernel in memory.items()]
        names = ((f"R {b} {kind}", kernel) for kind, kernel in noise.items())
        parts += [kernel * step[name] for name, kernel in names if name in self.starts]
        return step.whole(_summed(parts))

    def _correlation(self, step: Step, one: Sum, other: Sum) -> Row:
        pairs = product(one.items(), other.items())
        return _summed(v * w * step[f"C {a} {b}"] for (a, v), (b, w) in pairs)

    def _memory(self, step: Step, known: Field) -> dict[str, Row]:
        """The kernels of the memory in a field, by the vector that they stand at."""
        found: dict[str, Row] = {}
        own = self.sources[known.atom]
        for partner, weight in known.memory:
            other = self.sources[partner]
            answering, place, slots = known.meeting(self.fields[partner])
            kind = self._kind(partner)
            names = ((f"R {a} {kind}", v) for a, v in own[answering].items())
            kernel = _summed(v * step[name] for name, v in names if name in self.starts)
            for here, there in slots:
                kernel = kernel * self._correlation(step, own[here], other[there])
            for c, v in other[place].items():
                found[c] = found.get(c, Row(0.0)) + self._number(weight) * v * kernel
        return found

    def _noise(self, step: Step, known: Field) -> dict[int, Row]:
        """The covariances of a field's noise with that of others, by kinds of these."""
        found: dict[int, Row] = {}
        for other in self.equations.fields:
            strength = self._number(known.noise) * self._number(other.noise)
            if other.group == known.group and strength:
                pairs = zip(self.sources[known.atom], self.sources[other.atom], strict=True)
                kernel = Row(strength**0.5)
                for one, its in pairs:
                    kernel = kernel * self._correlation(step, one, its)
                kind = self._kind(other.atom)
                found[kind] = found.get(kind, Row(0.0)) + kernel
        return found


def _summed(rows: Iterable[Row]) -> Row:
    return reduce(add, rows, Row(0.0))


def _added(parts: Iterable[tuple[Row, Mapping[Name, Row]]]) -> dict[Name, Row]:
    """A sum of kernels by name, with coefficients."""
    found: dict[Name, Row] = {}
    for weight, kernels in parts:
        for name, kernel in kernels.items():
            found[name] = found.get(name, Row(0.0)) + weight * kernel
    return found


def _last(row: Row) -> Row:
    return row[-1] if row.value.ndim else row
