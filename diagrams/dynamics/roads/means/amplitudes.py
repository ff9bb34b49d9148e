"""Closed equations at the means of their order parameters: equations of a few amplitudes.

The mean of an order parameter at the start is a sum of Kronecker patterns, such as ``a`` times one
or ``c delta_ij``, and the flow of means keeps it one.  So each order parameter is written as all
patterns of its indices, each times an amplitude, and the closed equations give the velocities.
Where no family is eliminated, the order parameters are the tensors themselves.  Amplitudes that
start at zero and stay there are left out, those that keep the ratio of their starts are one.

Along the eigenvectors of one random matrix (:mod:`diagrams.dynamics.roads.means.eigenvalues`) the
amplitudes are functions of its eigenvalue, over which the loss is averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice

from sympy import prime

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.roads.means.normal import Normal
from diagrams.dynamics.roads.spectra.planar import Planar
from diagrams.dynamics.roads.spectra.response import EIGENVALUE, averaged
from diagrams.dynamics.sentences import sentence
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.order_parameters.restricting import substituted
from diagrams.polynomials.polynomial import ONE, Polynomial

MOST = 6
"""Patterns of one order parameter that are followed."""


@dataclass(frozen=True)
class Amplitudes:
    """Amplitudes by name, with their velocities ``T dz/dt`` and their values at the start.

    ``loss`` is the observable; ``owners`` says which order parameters each of them multiplies.
    With a ``measure``, all of them are functions of an eigenvalue, or of normal variables, over
    which the loss is averaged.
    ``system`` is what they are amplitudes of, where they stand at its means.
    """

    names: tuple[str, ...]
    velocities: tuple[Polynomial, ...]
    starts: tuple[Polynomial, ...]
    loss: Polynomial
    owners: tuple[tuple[OrderParameter, ...], ...]
    measure: Planar | Normal | None = None
    system: ClosedSystem | None = None

    def derivatives(self) -> Iterator[Polynomial]:
        """The time derivatives of the loss at the start, of order ``0, 1, ..``."""
        for value in self._at_start():
            yield self._average([value], {})(value)

    def _at_start(self) -> Iterator[Polynomial]:
        """The time derivatives of the loss at the start, not averaged."""
        now, start = self.loss, dict(zip(self.names, self.starts, strict=True))
        while True:
            yield now.substitute(start)
            now = Polynomial.from_terms(
                term
                for name, velocity in zip(self.names, self.velocities, strict=True)
                for term in (_derivative(now, name) * velocity).terms
            )

    def _average(
        self, values: Sequence[Polynomial], put: Mapping[str, Polynomial]
    ) -> Callable[[Polynomial], Polynomial]:
        """The average, that of powers of an eigenvalue as far as they occur in some values."""
        if self.measure is None:
            return lambda value: value
        if isinstance(self.measure, Normal):
            return self.measure.substituted(put).averaged
        powers = (dict(p).get(EIGENVALUE, Fraction(0)) for value in values for p, _ in value.terms)
        found = self.measure.moments(int(max(powers, default=Fraction(0))))
        moments = [(m * self.measure.outside**-1).substitute(put) for m in found]
        return partial(averaged, moments=moments)

    def pruned(self, scaling: Mapping[str, int], terms: int) -> Amplitudes:
        """Return them without the monomials that lead in no coefficient, orders ``0..terms``.

        Tried in one symbol ``a``, of which all others are powers, times numbers that keep them
        apart.
        """
        size = "@a"
        held_apart = {*self.names, EIGENVALUE}
        found = {s for value in self.values for s in value.symbols}
        if isinstance(self.measure, Normal):
            held_apart |= set(self.measure.names)
            found |= self.measure.symbols
        at_start = tuple(islice(self._at_start(), terms + 1))
        if self.measure is not None:
            found |= {s for value in at_start for s in self._average(at_start, {})(value).symbols}
        point = {
            name: Polynomial.monomial(prime(k) ** 4, {size: scaling.get(name, 0)})
            for k, name in enumerate(sorted(found - held_apart), 1)
        }
        average = self._average(at_start, point)

        def leading(held: Amplitudes) -> Iterator[Polynomial]:
            for value in islice(held._at_start(), terms + 1):
                yield leading_part(average(value), {size: 1})

        tried, kept = [v.substitute(point) for v in self.values], list(self.values)
        wanted = list(leading(self._with(tried)))
        for place, value in enumerate(self.values):
            for term in value.terms:
                less = tried.copy()
                less[place] = less[place] - Polynomial((term,)).substitute(point)
                if all(a == b for a, b in zip(leading(self._with(less)), wanted, strict=True)):
                    tried, kept[place] = less, kept[place] - Polynomial((term,))
        return self._with(kept)

    @property
    def values(self) -> tuple[Polynomial, ...]:
        """The loss, the starts, the velocities."""
        return (self.loss, *self.starts, *self.velocities)

    def _with(self, values: Sequence[Polynomial]) -> Amplitudes:
        """The same amplitudes with other values."""
        loss, *rest = values
        starts, velocities = rest[: len(self.names)], rest[len(self.names) :]
        return replace(self, loss=loss, starts=tuple(starts), velocities=tuple(velocities))

    def substituted(self, values: Mapping[str, Polynomial]) -> Amplitudes:
        """Return them with polynomials in place of symbols."""
        return self._with([value.substitute(values) for value in self.values])

    def reduced(self) -> Amplitudes:
        """Return the amplitudes that are not zero for good, those in a fixed ratio as one."""
        starts = dict(zip(self.names, self.starts, strict=True))
        velocities = dict(zip(self.names, self.velocities, strict=True))
        owners = dict(zip(self.names, self.owners, strict=True))
        moving = _moving(velocities, starts, self.loss)
        gone = {name: Polynomial() for name in velocities if name not in moving}
        kept = {name: velocities[name].substitute(gone) for name in moving}
        groups = _alike(kept, starts)
        short = {group[0]: f"z{k}" for k, group in enumerate(groups, 1)}
        renamed = {
            name: Polynomial.monomial(1, {short[group[0]]: 1}) * _units(name, group[0], starts)
            for group in groups
            for name in group
        }
        return Amplitudes(
            tuple(short.values()),
            tuple(kept[g[0]].substitute(renamed) for g in groups),
            tuple(starts[g[0]] for g in groups),
            self.loss.substitute(gone).substitute(renamed),
            tuple(tuple(dict.fromkeys(o for name in g for o in owners[name])) for g in groups),
            self.measure,
            self.system,
        )


def _derivative(value: Polynomial, name: str) -> Polynomial:
    terms = []
    for powers, c in value.terms:
        power = dict(powers).get(name, Fraction(0))
        if power:
            left = tuple((n, e - 1 if n == name else e) for n, e in powers)
            terms.append((tuple((n, e) for n, e in left if e), c * power))
    return Polynomial.from_terms(terms)


def at_means(system: ClosedSystem, around: Normal | None = None) -> Amplitudes | Inapplicable:
    """Return the equations of a closed system whose order parameters stand at their means.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> found = at_means(close(cp_problem(order=2, target="zero"), ["hidden"])).reduced()
    >>> print(*found.names, "|", *found.velocities, "|", *found.starts, "|", found.loss)
    z1 | -4*z1**2 | H*sigma**2 | 1/2*p*z1**2
    """
    values: dict[str, Combination] = {}
    starts: dict[str, Polynomial] = {}
    owners: dict[str, tuple[OrderParameter, Diagram]] = {}
    for parameter, mean in zip(system.parameters, system.initial, strict=True):
        random = f"@{parameter.name}"
        if around is not None and random in around.names:
            mean = Combination.of({Diagram((), ()): Polynomial.monomial(1, {random: 1})})
        values[parameter.name] = mean
        if not parameter.moves:
            continue
        patterns = list(_patterns(parameter.families))
        if len(patterns) > MOST:
            return Inapplicable(sentence("{} has {} patterns", parameter.tensor, len(patterns)))
        parts = []
        for pattern in patterns:
            name = f"@{len(starts)}"
            starts[name], owners[name] = mean.coefficient(pattern), (parameter, pattern)
            parts.append((pattern, Polynomial.monomial(1, {name: 1})))
        values[parameter.name] = Combination.of(parts)
    changes = {
        parameter.name: substituted(equation, values)
        for parameter, equation in zip(system.parameters, system.equations, strict=True)
    }
    return Amplitudes(
        tuple(starts),
        tuple(changes[parameter.name].coefficient(d) for parameter, d in owners.values()),
        tuple(starts.values()),
        substituted(system.loss, values).coefficient(Diagram((), ())),
        tuple((parameter,) for parameter, _ in owners.values()),
        around,
        None if around else system,
    )


def _patterns(families: Sequence[IndexFamily]) -> Iterator[Diagram]:
    """All ways in which indices of one family may be equal, as diagrams without entries."""

    def grown(at: int, legs: tuple[int, ...], nodes: tuple[IndexFamily, ...]) -> Iterator[Diagram]:
        if at == len(families):
            yield Diagram(nodes, (), legs).canonical
            return
        for node, family in enumerate(nodes):
            if family == families[at]:
                yield from grown(at + 1, (*legs, node), nodes)
        yield from grown(at + 1, (*legs, len(nodes)), (*nodes, families[at]))

    yield from grown(0, (), ())


def _moving(
    velocities: Mapping[str, Polynomial], starts: Mapping[str, Polynomial], loss: Polynomial
) -> tuple[str, ...]:
    """The amplitudes that are not zero for good, and on which the loss depends."""
    found = {name for name, start in starts.items() if start}
    while True:
        gone = {name: Polynomial() for name in velocities if name not in found}
        more = {name for name in gone if velocities[name].substitute(gone)}
        if not more:
            break
        found |= more
    seen = {name for name in found if name in loss.substitute(gone).symbols}
    while True:
        reached = {name for s in seen for name in velocities[s].substitute(gone).symbols}
        if reached & found <= seen:
            return tuple(name for name in velocities if name in seen)
        seen |= reached & found


def _ratio(name: str, first: str, starts: Mapping[str, Polynomial]) -> Polynomial | None:
    """An amplitude in units of another, as at the start; ``None`` where that is no monomial."""
    if starts[name] == starts[first]:
        return ONE
    monomials = starts[name].is_monomial and starts[first].is_monomial
    return starts[name] * starts[first] ** -1 if monomials else None


def _units(name: str, first: str, starts: Mapping[str, Polynomial]) -> Polynomial:
    """The ratio of two amplitudes that are one, as at the start."""
    return _ratio(name, first, starts) or ONE


def _alike(
    velocities: Mapping[str, Polynomial], starts: Mapping[str, Polynomial]
) -> list[list[str]]:
    """The coarsest groups of amplitudes that keep the ratios of their starts."""
    groups: list[list[str]] = []
    for name in velocities:
        for group in groups:
            if _ratio(name, group[0], starts):
                group.append(name)
                break
        else:
            groups.append([name])
    while True:
        joined = {
            name: Polynomial.monomial(1, {group[0]: 1}) * _units(name, group[0], starts)
            for group in groups
            for name in group
        }
        parts: list[list[str]] = []
        for group in groups:
            own: dict[Polynomial, list[str]] = {}
            for name in group:
                ratio = _units(name, group[0], starts)
                own.setdefault(velocities[name].substitute(joined) * ratio**-1, []).append(name)
            parts += own.values()
        if len(parts) == len(groups):
            return groups
        groups = parts
