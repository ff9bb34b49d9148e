"""Symbols of Gaussian averages in coefficients: what they stand for, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.graphs.tensors import Function, Gram
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.problems.problem import Problem

if TYPE_CHECKING:
    import sympy

    from diagrams.wick.sites import Definition

DIGITS = 15
"""Digits that are asked of an average that is integrated numerically."""


def definitions(
    problem: Problem, polynomials: Iterable[Polynomial]
) -> dict[str, Definition]:
    """What the symbols of averages in some polynomials stand for, by name.

    >>> from diagrams.problems.files import parse_problem
    >>> from diagrams.series.expansion import expand
    >>> problem = parse_problem('''
    ... families = {hidden = "N", feature = "d"}
    ... tensors.a = {families = ["hidden"], role = "trained", variance = 1}
    ... tensors.W = {families = ["hidden", "feature"], role = "trained", variance = "w/d"}
    ... tensors.x = {families = ["feature"], role = "frozen", gram = "d"}
    ... model = {output = "a[k] tanh(W[k,i] x[i]) / sqrt(N)", target = "1"}
    ... loss = {kind = "squared error", over = []}
    ... ''')
    >>> for name, found in definitions(problem, expand(problem, 0)).items():
    ...     print(name, found.average, found.covariance)
    E_tanh_00_atW E[tanh(z1)^2] Matrix([[w]])
    """
    if not problem.functions:
        return {}
    from diagrams.wick.sites import definition  # SymPy, which loads slowly

    names = sorted({name for polynomial in polynomials for name in polynomial.symbols})
    found = {n: definition(n, problem.functions) for n in names if n not in problem.symbols}
    return {name: known for name, known in found.items() if known is not None}


def known_symbols(problem: Problem, names: Iterable[str]) -> tuple[str, ...]:
    """The symbols of a problem, and those among some names that stand for averages in it."""
    found = definitions(problem, map(Polynomial.symbol, names))
    return (*problem.symbols, *found)


def held(problem: Problem) -> frozenset[str]:
    """The symbols that averages of functions depend on: the covariances of their arguments."""
    found: set[str] = set()
    for node in problem.functions:
        law = node.law
        assert isinstance(law, Function)
        if law.name.startswith("power"):
            continue
        products = (Polynomial.constant(1),)
        if law.inputs is not None and isinstance(law.inputs.law, Gram):
            products = law.inputs.law.products
        spread = law.weights.law.variance * law.factor**2  # type: ignore[union-attr]
        for entry in products:
            found.update((spread * entry).symbols)
    return frozenset(found)


def check_held(problem: Problem, scaling: Iterable[str]) -> None:
    """Raise :class:`~diagrams.errors.BadInput` where a scaling moves what averages depend on."""
    moved = sorted(held(problem) & set(scaling))
    if moved:
        allowed = (
            "symbols that no average of a function depends on: the powers in which a function of"
            f" {moved[0]} grows are not known"
        )
        raise BadInput("scaling", moved[0], allowed)


def numbers(
    problem: Problem, polynomials: Iterable[Polynomial], given: Mapping[str, Fraction]
) -> dict[str, sympy.Expr]:
    """The averages in some polynomials at numbers for all other symbols: exact, or in decimals.

    A closed form stays exact.  What is integrated numerically comes with as many digits as its
    error leaves.  An average of a function without a formula has to be among those ``given``.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    import sympy

    found: dict[str, sympy.Expr] = {}
    for name, known in definitions(problem, polynomials).items():
        symbolic = [f.name for group in known.average.groups for f, _ in group if f.is_symbolic]
        if name in given:
            if not symbolic:
                allowed = "values of symbols that are free; this average follows from the others"
                raise BadInput("at", name, allowed)
            found[name] = sympy.Rational(given[name].numerator, given[name].denominator)
            continue
        if symbolic:
            allowed = f"a value of it, {known.average}: {symbolic[0]} has no formula"
            raise BadInput("at", f"no value of {name}", allowed)
        exact = {
            sympy_symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in given.items()
        }
        covariance = known.covariance.subs(exact)
        missing = sorted(map(str, covariance.free_symbols))
        if missing:
            raise BadInput("at", f"no value of {missing[0]}", f"values of {', '.join(missing)}")
        found[name] = _number(known, covariance)
    return found


def _number(known: Definition, covariance: sympy.Matrix) -> sympy.Expr:
    import sympy

    values = covariance.eigenvals(multiple=True)
    if any(sympy.N(value, 30) < -(10**-20) for value in values):
        allowed = "numbers at which it is a covariance: no negative eigenvalue"
        raise BadInput("at", f"inner products {covariance.tolist()}", allowed)
    closed = known.average.closed(covariance)
    if closed is not None:
        return closed
    value = known.average.number(covariance, DIGITS)
    if not value.error or not value.value:
        return sympy.Float(str(value.value), DIGITS)
    import mpmath

    digits = int(mpmath.floor(-mpmath.log10(abs(value.error / value.value))))
    return sympy.Float(str(value.value), max(1, min(DIGITS, digits)))
