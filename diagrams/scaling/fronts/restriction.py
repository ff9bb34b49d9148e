"""Fronts on some scalings only: sizes that grow together or stay fixed, scales that are set.

A symbol that is a monomial of others in all scalings looked at adds its exponents to theirs; one
that stays fixed does not count.  What leads then is among the terms that could lead before, for
these scalings are a section of all: no coefficient is computed again.  Constants are taken as
generic: terms that become one power add up, and it is not looked at whether a factor such as
``1 - n/d`` makes them vanish at one ratio.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.scaling.fronts.front import Front, Fronts, front_of
from diagrams.scaling.fronts.sectors import TargetCount
from pde.linear_algebra import Vector, solve

Tied = tuple[tuple[str, Powers], ...]
"""Symbols and the powers of others that each is; none where it is fixed."""


def ties(
    proportional: Mapping[str, str],
    fixed: Collection[str],
    scales: Mapping[str, Polynomial],
    sizes: Collection[str],
    symbols: Collection[str],
) -> Tied:
    """Return what ``--proportional``, ``--fixed`` and ``--set`` ask for as one restriction.

    Sizes are proportional to sizes, or fixed; scales are monomials of sizes and other scales.
    Raises :class:`~diagrams.errors.BadInput` for other names, for a symbol given twice or by way of
    itself, and where no size is left that grows.

    >>> ties({"n": "d"}, ["r"], {"s": Polynomial.symbol("d") ** -1}, "dnr", "dnrs")
    (('n', (('d', Fraction(1, 1)),)), ('r', ()), ('s', (('d', Fraction(-1, 1)),)))
    """
    known: dict[str, Powers] = {}
    free = [name for name in symbols if name not in sizes]

    def put(option: str, name: str, powers: Powers, allowed: Collection[str], what: str) -> None:
        if name not in allowed:
            raise BadInput(option, name, f"{what}: {', '.join(allowed) or 'there are none'}")
        if name in known:
            raise BadInput(option, name, "every symbol once")
        known[name] = powers

    for name, other in proportional.items():
        if other not in sizes:
            raise BadInput("proportional", other, f"sizes: {', '.join(sizes)}")
        put("proportional", name, ((other, Fraction(1)),), sizes, "sizes")
    for name in fixed:
        put("fixed", name, (), sizes, "sizes")
    for name, monomial in scales.items():
        ((powers, _),) = monomial.terms
        put("set", name, powers, free, "scales")
        for other, _ in powers:
            if other not in symbols:
                raise BadInput("set", other, f"symbols of the problem: {', '.join(symbols)}")
    for name in known:  # what a symbol is may be a symbol that is given itself
        others = known.copy()
        while set(dict(known[name])) & set(others):
            if name in dict(known[name]):
                option = "set" if name in free else "proportional"
                raise BadInput(option, name, "a symbol that is not given by way of itself")
            known[name] = tuple(
                sorted(tied_powers(dict(known[name]), tuple(others.items())).items())
            )
    if not sizes:
        allowed = "one size at least that has a name, and grows"
        raise BadInput("families", "sizes that are numbers", allowed)
    if set(sizes) <= set(known):
        raise BadInput("fixed", ", ".join(sizes), "one size at least that grows")
    return tuple(sorted(known.items()))


def restricted(found: Fronts, tied: Tied) -> Fronts:
    """Return the fronts on scalings in which symbols are tied.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> found = fronts(cp_problem(order=2, ties="sym"), terms=1)
    >>> restricted(found, (("H", (("p", Fraction(1)),)),))[1].terms
    ((2, 2), (3, 4), (4, 6))
    >>> restricted(found, (("H", ()),))[1].vertices
    ((1, 2), (3, 6))
    """
    if not tied:
        return found
    left = tuple(name for name in found.symbols if name not in dict(tied))
    new = {name for _, powers in tied for name, _ in powers} - set(left)
    symbols = found.problem.in_order({*left, *new})
    sizes = tuple(name for name in found.sizes if name in symbols)
    target = _target(found, tied, symbols)
    orders = tuple(_front(front, tied, symbols, sizes, target) for front in found.orders)
    words = f"{found.evidence.statement}; on scalings with {ties_text(tied)}"
    return replace(
        found,
        symbols=symbols,
        sizes=sizes,
        orders=orders,
        evidence=replace(found.evidence, statement=words),
        target=target,
        tied=tied,
    )


def _target(found: Fronts, tied: Tied, symbols: tuple[str, ...]) -> TargetCount | None:
    """The count of target couplings, where the exponents that are left tell it for all terms."""
    if found.target is None:
        return None
    weights = dict(zip(found.symbols, found.target.weights, strict=True))
    if all(name in symbols for name, weight in weights.items() if weight):
        kept = tuple(weights.get(name, Fraction(0)) for name in symbols)
        return replace(found.target, weights=kept)
    rows, counts = [], []
    for front in found.orders:
        for term, count in zip(front.terms, front.couplings or (), strict=True):
            powers = tied_powers(_powers(front, term), tied)
            rows.append(
                (
                    Fraction(1),
                    Fraction(front.s),
                    *(powers.get(name, Fraction(0)) for name in symbols),
                )
            )
            counts.append(count)
    solution = solve(rows, counts) if rows else None
    if solution is None:
        return None
    constant, slope, *left = map(Fraction, solution)
    return TargetCount(constant, slope, tuple(left))


def _powers(front: Front, term: Vector) -> dict[str, Fraction]:
    return {name: Fraction(e) for name, e in zip(front.symbols, term, strict=True)}


def _front(
    front: Front,
    tied: Tied,
    symbols: tuple[str, ...],
    sizes: tuple[str, ...],
    target: TargetCount | None,
) -> Front:
    pairs = [tied_powers(_powers(front, term), tied) for term in front.terms]
    terms = [Polynomial.monomial(1, powers) for powers in pairs]
    together = Polynomial.from_terms(term for polynomial in terms for term in polynomial.terms)
    return front_of(front.s, together, symbols, sizes, target)


def tied_powers(powers: Mapping[str, Fraction], tied: Tied) -> dict[str, Fraction]:
    """The powers of a term on scalings in which symbols are tied.

    >>> tied_powers({"n": Fraction(1), "d": Fraction(-2)}, (("n", (("d", Fraction(1)),)),))
    {'d': Fraction(-1, 1)}
    """
    known = dict(tied)
    found: dict[str, Fraction] = {}
    for name, power in powers.items():
        for other, each in known.get(name, ((name, Fraction(1)),)):
            found[other] = found.get(other, Fraction(0)) + power * each
    return found


def ties_text(tied: Tied) -> str:
    """What is tied, as words.

    >>> ties_text((("n", (("d", Fraction(1)),)), ("r", ())))
    'n ~ d, r fixed'
    """
    told = ((name, Polynomial.monomial(1, dict(powers))) for name, powers in tied)
    return ", ".join(f"{name} ~ {what}" if what.symbols else f"{name} fixed" for name, what in told)
