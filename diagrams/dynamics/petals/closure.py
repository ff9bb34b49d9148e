"""The closure of a face: the atoms that lead there, and the linear equation they give.

On a face petals scale as ``z_m ~ p sigma^|m|``.  An atom then contributes to the rate of every
petal by its own size divided by ``H p sigma^2``, whichever petal it is: so the largest atoms
lead, in the observable and in the generator alike.  A petal with an odd exponent is zero at
first; it can become nonzero only where an atom drives it, so that exponents modulo two stay in
the span of those of the atoms that lead; all other petals are zero for ever.  With
``tau = t/T`` and ``xi = -tau``

    dg/dxi = {g, V} / H,    g = Lf at xi = 0,

for the pruned observable ``Lf`` and the pruned potential ``V``, evaluated at the initial petals;
``E[L(t)]`` is ``g`` plus the pure-target constant.  (The algorithm is ours; for one colour, even
order and identity target the equation is that of arXiv 2602.04548, section 6.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache

from diagrams.dynamics.petals.atoms import PetalAtom, contracted_atoms, rows_of
from diagrams.dynamics.petals.petals import (
    Exponent,
    PetalPolynomial,
    Petals,
    Rows,
    monomial_height,
    product,
)
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regime

Parity = tuple[int, ...]
Scaling = Mapping[str, Fraction | int]

VARIABLES_LIMIT = 6
"""Petals in which an equation is called closed."""


@dataclass(frozen=True)
class Closure:
    """The closure of a problem on a face.

    ``atoms`` are those that lead, pruned; ``observable`` and ``generator`` their sums.
    ``classes[c]`` is the colour that stands for colour ``c``: colours that are treated alike
    have equal petals.  ``parities`` are the exponents modulo two of petals that are not zero.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=4, target="zero")
    >>> closure = closure_of(problem, regimes(problem, terms=3)["A-B"])
    >>> print(closure.observable)
    (1/2*H + 3/2*p**(-2)*H**2) z_2^4
    >>> print(closure.rate((2,)))
    (8 + 24*p**(-2)*H) z_2^4
    >>> print(closure.coefficients(1)[1])
    -16*p**7*H*sigma**14 - 96*p**5*H**2*sigma**14 - 144*p**3*H**3*sigma**14
    """

    rows: Rows
    atoms: tuple[PetalAtom, ...]
    observable: PetalPolynomial
    generator: PetalPolynomial
    whole_generator: PetalPolynomial
    classes: tuple[int, ...]
    parities: tuple[Parity, ...]

    def canonical(self, m: Exponent) -> Exponent:
        """Return the petal that stands for all petals equal to ``z_m`` by symmetry of colours."""
        found = list(m)
        for colour in set(self.classes):
            places = [c for c, other in enumerate(self.classes) if other == colour]
            entries = sorted((m[c] for c in places), reverse=True)
            for place, entry in zip(places, entries, strict=True):
                found[place] = entry
        return tuple(found)

    def rate(self, m: Exponent) -> PetalPolynomial:
        """Return ``{z_m, V} / H`` in canonical petals: minus the rate of change of ``z_m``."""
        if m not in self._rates:
            self._rates[m] = self._reduced(self.rows.rate(m, self.whole_generator))
        return self._rates[m]

    @cached_property
    def _rates(self) -> dict[Exponent, PetalPolynomial]:
        return {}

    def _reduced(self, polynomial: PetalPolynomial) -> PetalPolynomial:
        return reduced(polynomial, self.parities, self.canonical)

    @cached_property
    def variables(self) -> tuple[Exponent, ...] | None:
        """The petals in which the equation closes; ``None`` where they are too many."""
        found: set[Exponent] = set()
        new = set(self.observable.variables)
        while new:
            found |= new
            if len(found) > VARIABLES_LIMIT:
                return None
            new = {m for old in new for m in self.rate(old).variables} - found
        return tuple(sorted(found))

    def following(self, observable: PetalPolynomial) -> PetalPolynomial:
        """Return ``{g, V} / H`` of a polynomial in canonical petals."""
        parts: list[tuple[Petals, Polynomial]] = []
        for m in observable.variables:
            parts.extend((observable.derivative(m) * self.rate(m)).terms)
        return PetalPolynomial.of(parts)

    def derivatives(self, terms: int) -> tuple[PetalPolynomial, ...]:
        """Return ``d^s g / dtau^s`` at ``tau = 0`` for ``s = 0, .., terms``, in petals."""
        found = [self.observable]
        for _ in range(terms):
            found.append(-1 * self.following(found[-1]))
        return tuple(found)

    def coefficients(self, terms: int) -> tuple[Polynomial, ...]:
        """Return what the closure says of ``Y_0, .., Y_terms``, without the constant."""
        return tuple(g.value(self.rows.initial) for g in self.derivatives(terms))

    def drift(self, colour: int) -> tuple[tuple[Exponent, PetalPolynomial], ...]:
        """Return the rate ``dv_c/dtau`` of a coordinate as a polynomial in the coordinates ``v``.

        The Liouville form: pairs of exponents of ``v`` and coefficients in petals, from
        ``v_c' = -(1/H) sum_m (dV/dz_m) m_c v^(m - e_c)``.
        """
        found: dict[Exponent, PetalPolynomial] = {}
        scale = Polynomial.monomial(-1, {self.rows.number: -1}) * self.rows.rates[colour]
        for m in self.whole_generator.variables:
            if not m[colour]:
                continue
            power = tuple(entry - (c == colour) for c, entry in enumerate(m))
            part = (scale * m[colour]) * self._reduced(self.whole_generator.derivative(m))
            found[power] = found.get(power, PetalPolynomial()) + part
        return tuple((m, value) for m, value in sorted(found.items()) if value)


def reduced(
    polynomial: PetalPolynomial,
    parities: Sequence[Parity],
    canonical: Callable[[Exponent], Exponent],
) -> PetalPolynomial:
    """Return the polynomial in canonical petals, petals of foreign parity set to zero."""

    def rule(m: Exponent) -> Exponent | None:
        return canonical(m) if parity(m) in parities else None

    return polynomial.mapped(rule)


@lru_cache(maxsize=32)
def closure_of(problem: Problem, regime: Regime | tuple[Regime, ...], levels: int = 1) -> Closure:
    """Return the closure of a problem on the face of a regime, or on several faces at once.

    It is a candidate: :func:`diagrams.dynamics.certificate.certify` compares it with exact
    coefficients.  With ``levels`` above 1 it keeps atoms of the next sizes too, as where the
    largest atom alone has no average at every other order.  Weight decay is kept at any size
    unless the conditions of the regime weigh it.  On several faces it keeps what leads on any.

    Raises :class:`~diagrams.errors.NotSolved` where a problem has no petals, or nothing is left
    of its loss on the face.
    """
    rows = rows_of(problem)
    parts = (regime,) if isinstance(regime, Regime) else regime
    pruned = [_pruned(problem, part, rows, levels) for part in parts]
    own = _united(atom for found, _, _ in pruned for atom in found)
    potential = _united(atom for _, found, _ in pruned for atom in found)
    parities = frozenset(m for _, _, found in pruned for m in found)
    if not own or not potential:
        raise NotSolved("the closure: no atom is left on this face")
    listed = tuple(sorted(parities))
    observable = _total(own)
    whole = _total(potential)
    classes = _classes(observable, whole, rows)
    atoms = tuple(dict.fromkeys((*own, *potential)))
    found = Closure(rows, atoms, observable, whole, whole, classes, listed)
    return replace(
        found,
        observable=reduced(observable, listed, found.canonical),
        generator=reduced(whole, listed, found.canonical),
    )


def _pruned(
    problem: Problem, regime: Regime, rows: Rows, levels: int
) -> tuple[list[PetalAtom], list[PetalAtom], frozenset[Parity]]:
    """The atoms of observable and potential that lead on a face, and the parities that occur."""
    scaling = regime.scaling
    observed, extra = contracted_atoms(problem)
    weighed = unweighed_decay(problem, regime) is None
    parities: frozenset[Parity] = frozenset({(0,) * len(rows.colours)})
    while True:
        own = _leading(observed, rows, scaling, parities, levels)
        moving = (*observed, *extra) if weighed else observed
        potential = _leading(moving, rows, scaling, parities, levels)
        if not weighed:
            potential = [*potential, *extra]
        larger = _driven_parities(potential, parities)
        if larger == parities:
            return own, potential, parities
        parities = larger


def _united(atoms: Iterable[PetalAtom]) -> list[PetalAtom]:
    """Atoms of one name and diagram as one, every term once."""
    found: dict[tuple[str, object], tuple[PetalAtom, dict[Petals, dict[Polynomial, None]]]] = {}
    for atom in atoms:
        _, terms = found.setdefault((atom.name, atom.diagram), (atom, {}))
        for petals, term in _monomials(atom.value):
            terms.setdefault(petals, {})[term] = None
    return [
        replace(
            atom,
            value=PetalPolynomial.of(
                (petals, c) for petals, listed in terms.items() for c in listed
            ),
        )
        for atom, terms in found.values()
    ]


def unweighed_decay(problem: Problem, regime: Regime) -> tuple[str, ...] | None:
    """Return the symbols of a decay that no condition of a regime compares with anything.

    Its atom is then kept whatever its size: it holds for all.  Empty for a decay that is a
    number; ``None`` where the conditions do weigh it, or there is none.
    """
    extra = problem.potential - problem.observable
    if not extra.terms:
        return None
    own = {name for _, c in problem.observable for name in c.symbols} | set(problem.sizes)
    names = tuple(sorted({name for _, c in extra for name in c.symbols} - own))
    for relation in regime.relations:
        for name, e, f in zip(relation.symbols, relation.fixed, relation.moving, strict=True):
            if name in names and (e or f):
                return None
    return names


def parity(m: Exponent) -> Parity:
    """Return the exponents modulo two."""
    return tuple(entry % 2 for entry in m)


def _leading(
    atoms: Iterable[PetalAtom],
    rows: Rows,
    scaling: Scaling,
    parities: frozenset[Parity],
    levels: int,
) -> list[PetalAtom]:
    """The largest terms of all atoms; those that are zero for ever are left out."""
    alive = [
        (_height(term, rows, scaling), atom, term)
        for atom in atoms
        for term in _monomials(atom.value)
        if sum(parity(m) not in parities for m, power in term[0] for _ in range(power)) <= 1
    ]
    kept = set(sorted({height for height, _, _ in alive}, reverse=True)[:levels])
    found: dict[tuple[str, object], list[tuple[Petals, Polynomial]]] = {}
    sources: dict[tuple[str, object], PetalAtom] = {}
    for height, atom, term in alive:
        if height in kept:
            found.setdefault((atom.name, atom.diagram), []).append(term)
            sources[atom.name, atom.diagram] = atom
    return [replace(sources[key], value=PetalPolynomial.of(terms)) for key, terms in found.items()]


def _monomials(value: PetalPolynomial) -> list[tuple[Petals, Polynomial]]:
    return [(petals, Polynomial((term,))) for petals, c in value for term in c.terms]


def _height(term: tuple[Petals, Polynomial], rows: Rows, scaling: Scaling) -> Fraction:
    petals, coefficient = term
    return monomial_height(coefficient, scaling) + sum(
        (power * rows.height(m, scaling) for m, power in petals), Fraction(0)
    )


def _driven_parities(atoms: Sequence[PetalAtom], parities: frozenset[Parity]) -> frozenset[Parity]:
    """The span of the parities and of those of petals that the atoms drive from zero."""
    found = set(parities)
    for atom in atoms:
        for petals, _ in atom.value:
            for m, _ in petals:
                rest = product(petals, ((m, -1),))
                if all(parity(other) in parities for other, _ in rest):
                    new = parity(m)
                    found |= {
                        tuple((a + b) % 2 for a, b in zip(new, old, strict=True)) for old in found
                    }
    return frozenset(found)


def _total(atoms: Iterable[PetalAtom]) -> PetalPolynomial:
    return PetalPolynomial.of(term for atom in atoms for term in atom.value)


def _classes(
    observable: PetalPolynomial, generator: PetalPolynomial, rows: Rows
) -> tuple[int, ...]:
    """For every colour the first colour that may be exchanged with it."""
    count = len(rows.colours)
    classes: list[int] = []
    for colour in range(count):
        alike = (
            other
            for other in sorted(set(classes))
            if rows.variances[other] == rows.variances[colour]
            and rows.rates[other] == rows.rates[colour]
            and all(_symmetric(value, colour, other) for value in (observable, generator))
        )
        classes.append(next(alike, colour))
    return tuple(classes)


def _symmetric(value: PetalPolynomial, one: int, other: int) -> bool:
    return value.mapped(lambda m: _exchanged(m, one, other)) == value


def _exchanged(m: Exponent, one: int, other: int) -> Exponent:
    found = list(m)
    found[one], found[other] = m[other], m[one]
    return tuple(found)
