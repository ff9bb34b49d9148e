"""The mean-field equations of trees as a value: effective processes of one site per family."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any

from diagrams.errors import BadInput, Missing, NotSolved
from diagrams.graphs.laws import Shaped, root_of
from diagrams.graphs.shapes import Shape
from diagrams.graphs.tensors import Function, IndexFamily, field_of
from diagrams.mean_fields.deriving import derivation
from diagrams.mean_fields.forests import Entry
from diagrams.mean_fields.joint import joint
from diagrams.mean_fields.power_counting import Order, PowerCounting
from diagrams.mean_fields.trees import FieldAtom, is_atom
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems.problem import Problem
from pde.expressions.statement import sentence


@dataclass(frozen=True)
class Moving:
    """A vector (one entry at every site of ``family``), or a scalar (``None``): ``x' = drift``.

    Initial entries are independent, ``mean + sqrt(variance) x``, x Gaussian or of a ``shape``, but
    for those of arguments of functions, which have ``covariances`` with others by atom.
    """

    atom: str
    entry: Entry
    family: IndexFamily | None
    mean: Polynomial
    variance: Polynomial
    drift: Polynomial
    shape: Shape | None = None
    covariances: tuple[tuple[str, Polynomial], ...] = ()

    def moment(self, power: int) -> Polynomial:
        """``E (entry - mean)^power`` at time zero.

        Raises :class:`~diagrams.errors.Missing`, which says which moment is missing.
        """
        if self.shape is None:
            pairings = 0 if power % 2 else prod(range(1, power, 2))
            return pairings * self.variance ** (power // 2)
        if self.shape.known is not None and power > self.shape.known:
            allowed = f"at least {power} of them; {self.shape.known} are given"
            field = field_of(self.entry.tensor, "moments")
            raise Missing(field, f"the moment of order {power}", allowed)
        moment = self.shape.moment(power)
        return moment * self.variance ** Fraction(power, 2) if moment else moment


@dataclass(frozen=True)
class Field:
    r"""A field ``h = M psi`` at the sites of ``family``.

    ``h(t) = zeta(t) + sum_b int noise E[d psi(t)/d g_b(s)] chi_b(s) ds + sum int weight
    left(s) E[right(s) psi(t)] ds`` with ``<zeta(t) zeta'(s)> = noise E[psi(t) psi'(s)]``, averages
    at the sites of the source's family: ``memory`` holds the atoms of the fields g_b, whose sources
    are the chi_b, with the coefficient in place of ``noise``, ``motion`` the weights with left and
    right.  Fields of one ``group`` (matrix and slot) have correlated noise.

    A tensor has a source at each of its other slots.  Its noise has the product of their
    correlations, and so have memory and motion, but for the slot of g_b (:meth:`meeting`).
    """

    atom: str
    group: tuple[str, int]
    family: IndexFamily
    source_families: tuple[IndexFamily, ...]
    sources: tuple[Polynomial, ...]
    noise: Polynomial
    memory: tuple[tuple[str, Polynomial], ...]
    motion: tuple[tuple[Polynomial, Polynomial, tuple[Polynomial, ...]], ...]

    def meeting(self, partner: Field) -> tuple[int, int, tuple[tuple[int, int], ...]]:
        """Where the sources of two fields of one tensor meet in the memory of the first.

        The place of the source that answers to ``partner``, that of the partner's source which
        stands where this field does, and pairs of places at all other slots.
        """
        own, its = self.group[1], partner.group[1]

        def place(slot: int, missing: int) -> int:
            return slot - (slot > missing)

        slots = (slot for slot in range(len(self.sources) + 1) if slot not in (own, its))
        return (
            place(its, own),
            place(own, its),
            tuple((place(s, own), place(s, its)) for s in slots),
        )


@dataclass(frozen=True)
class Number:
    """An order parameter: ``weight`` times the mean of ``value`` over the sites of ``family``."""

    atom: str
    family: IndexFamily
    weight: Polynomial
    value: Polynomial


@dataclass(frozen=True)
class Applied:
    """A function at a site: ``f^(order)(factor * argument) factor**order`` of a moving atom."""

    atom: str
    entry: Entry
    argument: str
    factor: Polynomial

    @property
    def law(self) -> Function:
        """The function and the order of its derivative."""
        assert isinstance(self.entry.tensor.law, Function)
        return self.entry.tensor.law


@dataclass(frozen=True)
class TreeEquations:
    """Effective single-site equations at leading order, every quantity divided by its order.

    ``met`` holds fields and numbers in an order in which each needs only earlier ones at equal
    times.  ``observable``, of order ``exponent`` in ``symbol``, is a polynomial of numbers.
    """

    symbol: str
    put: tuple[tuple[str, Polynomial], ...]
    moving: tuple[Moving, ...]
    met: tuple[Field | Number, ...]
    observable: Polynomial
    exponent: Fraction
    functions: tuple[Applied, ...] = ()

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """The families whose sites move or are averaged over."""
        own = (q.family for q in (*self.moving, *self.met) if q.family)
        return tuple(dict.fromkeys((*own, *(f for k in self.fields for f in k.source_families))))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in order."""
        return tuple(q for q in self.met if isinstance(q, Field))

    @property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """All polynomials of the equations."""
        found = [self.observable]
        for q in self.moving:
            found += [q.mean, q.variance, q.drift, *(value for _, value in q.covariances)]
            if q.shape is not None:
                found += [*q.shape.moments, *([] if q.shape.even else [root_of(q.variance)])]
        found += [one.factor for one in self.functions]
        for k in self.met:
            if isinstance(k, Number):
                found += [k.weight, k.value]
            else:
                found += [*k.sources, k.noise]
                found += [weight for _, weight in k.memory]
                found += [v for weight, left, right in k.motion for v in (weight, left, *right)]
        return tuple(found)

    def mapped(self, put: Callable[[Polynomial], Polynomial]) -> TreeEquations:
        """The same with another polynomial for each."""

        def moved(q: Moving) -> Moving:
            shape = q.shape and Shape(q.shape.kind, tuple(map(put, q.shape.moments)))
            laws: dict[str, Any] = {
                "mean": put(q.mean),
                "variance": put(q.variance),
                "shape": shape,
            }
            shared = tuple((atom, put(value)) for atom, value in q.covariances)
            return replace(q, drift=put(q.drift), covariances=shared, **laws)

        def known(k: Field | Number) -> Field | Number:
            if isinstance(k, Number):
                return replace(k, weight=put(k.weight), value=put(k.value))
            memory = tuple((atom, put(weight)) for atom, weight in k.memory)
            motion = tuple((put(a), put(b), tuple(map(put, c))) for a, b, c in k.motion)
            noise, sources = put(k.noise), tuple(map(put, k.sources))
            return replace(k, sources=sources, noise=noise, memory=memory, motion=motion)

        return replace(
            self,
            moving=tuple(map(moved, self.moving)),
            met=tuple(map(known, self.met)),
            observable=put(self.observable),
            functions=tuple(replace(one, factor=put(one.factor)) for one in self.functions),
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """Proportions and scales: the symbols that need numbers."""
        return tuple(sorted({n for p in self.polynomials for n in p.symbols if not is_atom(n)}))


def check_scaled(problem: Problem, put: Container[str]) -> None:
    """Raise :class:`~diagrams.errors.Missing` where a size has no scaling."""
    for size in problem.scaled:
        if size not in put:
            allowed = f"every size of the problem: {', '.join(problem.scaled)}"
            raise Missing("scaling", f"no exponent of {size}", allowed)


def large_families(
    problem: Problem, put: Mapping[str, Polynomial], symbol: str
) -> set[IndexFamily]:
    """The families that grow; raises ``BadInput`` where a size has no scaling.

    Sums inside functions need not grow.
    """
    check_scaled(problem, put)
    met = [family for family in problem.families if family.size in problem.scaled]
    large = {f for f in met if put[f.size].degree(symbol) > 0}
    for family in met:
        if family not in large:
            allowed = "sizes that grow; a size that does not is a number in the problem file"
            field = sentence("scaling.{}", family.count)
            raise BadInput(field, sentence("{}", put[family.size]), allowed)
    return large


def tree_equations(
    problem: Problem,
    put: Mapping[str, Polynomial],
    symbol: str,
    clock: Fraction = Fraction(0),
) -> TreeEquations:
    """Derive the equations of a problem at leading order of a scaling.

    ``clock`` is a power of the large parameter that time is stretched by.

    Raises :class:`~diagrams.errors.NotSolved`, which names the hypothesis that fails.
    """
    slow = Polynomial.monomial(1, {symbol: -clock})
    own, sizes = joint(problem, put)
    derived = derivation(own, large_families(own, sizes, symbol), slow)
    count = PowerCounting(derived, symbol, sizes, put)
    orders = count.orders()
    exponent = count.order(derived.observable, orders)
    if exponent is None:
        raise NotSolved(f"the observable {problem.observed_name} is zero at all times")
    moving = tuple(
        _moving(count, orders, entry, drift)
        for entry, drift in (*derived.vectors, *derived.scalars)
    )
    met: list[Field | Number] = []
    for known in derived.met:
        order = orders[known.atom]
        if isinstance(known, FieldAtom):
            if derived.functions:
                raise NotSolved(
                    f"fields of the matrix {known.matrix.told} at sites of functions: there are no"
                    " rules for functions of what has noise and memory"
                )
            met.append(_field(count, orders, known))
        else:
            inner = None if order is None else order - count.size(known.family)
            value = count.leading(known.value, orders, inner)
            weight = count.leading(known.family.count, {}, count.size(known.family))
            met.append(Number(known.atom, known.family, weight, value))
    observable = count.leading(derived.observable, orders, exponent)
    functions = tuple(_applied(count, entry) for entry in derived.functions)
    scaling = tuple(sorted(put.items()))
    whole = TreeEquations(symbol, scaling, moving, tuple(met), observable, exponent, functions)
    return _needed(whole)


def _applied(count: PowerCounting, entry: Entry) -> Applied:
    assert entry.argument is not None
    assert isinstance(entry.tensor.law, Function)
    factor = count.leading(entry.tensor.law.factor, {}, Fraction(0))
    return Applied(f"@{entry.name}", entry, f"@{entry.argument.name}", factor)


def _moving(
    count: PowerCounting, orders: Mapping[str, Order], entry: Entry, drift: Polynomial
) -> Moving:
    atom = f"@{entry.name}"
    order = orders[atom]
    twice = None if order is None else 2 * order
    family = entry.families[0] if entry.families else None
    mean = count.leading(entry.mean, {}, order)
    variance = count.leading(entry.law.variance, {}, twice)
    drift = count.leading(drift, orders, order)
    shared = [
        (f"@{other.name}", count.leading(covariance, {}, twice))
        for other, _ in count.derived.vectors
        if other != entry and (covariance := entry.covariance(other))
    ]
    return Moving(atom, entry, family, mean, variance, drift, _shape(count, entry), tuple(shared))


def _shape(count: PowerCounting, entry: Entry) -> Shape | None:
    """The shape of an entry in proportions; refused where its moments change with the size."""
    if not isinstance(entry.law, Shaped):
        return None
    shape = entry.law.shape
    for moment in shape.moments:
        if moment and len(count.leading(moment, {}, Fraction(0))) < len(moment):
            words = "the moment {} of {} changes with the size: no one law"
            raise NotSolved(sentence(words, moment, entry.told))
    leading = tuple(count.leading(moment, {}, Fraction(0)) for moment in shape.moments)
    return Shape(shape.kind, leading)


def _field(count: PowerCounting, orders: Mapping[str, Order], known: FieldAtom) -> Field:
    def leading(value: Polynomial) -> Polynomial:
        return count.leading(value, orders, count.order(value, orders))

    order, variance = orders[known.atom], leading(known.matrix.law.variance)
    size = prod((leading(family.count) for family in known.source_families), start=ONE)
    noisy = order is not None and count.noise(known, orders) == order
    memory, motion = [], []
    for partner in count.partners(known):
        if order is not None and count.memory(known, partner, orders) == order:
            memory.append((partner.atom, variance * size))
    for product in count.pairs(known):
        if order is not None and count.motion(known, product, orders) == order:
            left, *right = map(leading, product)
            motion.append((size, left, tuple(right)))
    return Field(
        known.atom,
        (known.matrix.name, known.slot),
        known.family,
        known.source_families,
        tuple(map(leading, known.sources)),
        variance * size if noisy else Polynomial(),
        tuple(memory),
        tuple(motion),
    )


def _needed(whole: TreeEquations) -> TreeEquations:
    """The same without what neither the observable nor anything that moves it depends on.

    A field keeps no memory of fields that are not needed: its sources do not answer to them.
    """
    drifts = {q.atom: q.drift for q in whole.moving}
    met = {k.atom: k for k in whole.met}
    applied = {one.atom: one for one in whole.functions}

    def needs(atom: str, found: set[str]) -> set[str]:
        if atom in drifts:
            return set(drifts[atom].symbols)
        if atom in applied:
            return {applied[atom].argument}
        known = met[atom]
        if isinstance(known, Number):
            return set(known.value.symbols)
        moved = [v for _, left, right in known.motion for v in (left, *right)]
        return {n for v in (*known.sources, *moved) for n in v.symbols}

    found: set[str] = set()
    more = {n for n in whole.observable.symbols if is_atom(n)}
    while more != found:
        found = more
        more = found.union(*(needs(atom, found) for atom in found))
        more = {name for name in more if is_atom(name)}
    kept = [
        replace(k, memory=tuple(m for m in k.memory if m[0] in found))
        if isinstance(k, Field)
        else k
        for k in whole.met
        if k.atom in found
    ]
    moving = tuple(q for q in whole.moving if q.atom in found)
    functions = tuple(one for one in whole.functions if one.atom in found)
    return replace(whole, moving=moving, met=tuple(kept), functions=functions)
