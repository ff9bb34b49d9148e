"""Gaussian averages of functions in coefficients: what they depend on, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.graphs.laws import Gram
from diagrams.graphs.tensors import Function
from diagrams.polynomials.average_symbols import averages_in
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.problems.problem import Problem

if TYPE_CHECKING:
    import sympy

    from diagrams.wick.function_averages import FunctionAverage

Number = tuple["sympy.Expr", "sympy.Expr"]
"""A value and its error."""

DIGITS = 15
"""Digits that are asked of an average that is integrated numerically."""


def held(problem: Problem) -> frozenset[str]:
    """The symbols that averages of functions depend on: the covariances of their arguments."""
    found: set[str] = set()
    for node in problem.functions:
        law = node.law
        assert isinstance(law, Function)
        if law.name.startswith("power"):
            continue
        products: tuple[Polynomial, ...] = (Polynomial.constant(1),)
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


def numbers(polynomials: Iterable[Polynomial], given: Mapping[str, Fraction]) -> dict[str, Number]:
    """The averages in some polynomials at numbers for all other symbols, and their errors.

    A closed form stays exact, with error zero; anything else is integrated numerically.  An average
    of a function without a formula has to be among those ``given``.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    import sympy

    from diagrams.wick.sites import defined  # SymPy, which loads slowly

    found: dict[str, Number] = {}
    exact = {sympy_symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in given.items()}
    for name in averages_in(polynomials):
        average, covariance = defined(name)
        symbolic = [f.name for group in average.groups for f, _ in group if f.is_symbolic]
        if name in given and symbolic:
            found[name] = exact[sympy_symbol(name)], sympy.Integer(0)
            continue
        if name in given:
            allowed = "values of symbols that are free; this average follows from the others"
            raise BadInput("at", name, allowed)
        if symbolic:
            allowed = f"a value of it, {average}: {symbolic[0]} has no formula"
            raise BadInput("at", f"no value of {name}", allowed)
        covariance = covariance.subs(exact)
        missing = sorted(map(str, covariance.free_symbols))
        if missing:
            raise BadInput("at", f"no value of {missing[0]}", f"values of {', '.join(missing)}")
        found[name] = _number(average, covariance)
    return found


def _number(average: FunctionAverage, covariance: sympy.Matrix) -> Number:
    import sympy

    closed = average.closed(covariance)
    if closed is not None:
        return closed, sympy.Integer(0)
    value = average.number(covariance, DIGITS)
    return sympy.Float(str(value.value), 30), sympy.Float(str(value.error), 30)


def rounded(
    polynomials: Iterable[Polynomial], given: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """The averages in some polynomials at numbers, in double precision."""
    polynomials = tuple(polynomials)
    if not averages_in(polynomials):
        return {}
    return {n: Fraction(float(value)) for n, (value, _) in numbers(polynomials, given).items()}


def check_inputs(problem: Problem, given: Mapping[str, Fraction]) -> None:
    """Raise :class:`~diagrams.errors.BadInput` where no inputs have the inner products given."""
    for tensor in problem.tensors:
        if isinstance(tensor.law, Gram) and set(tensor.law.symbols) <= set(given):
            tensor.law.check(given, f"tensors.{tensor.name}.gram")


def with_numbers(expression: sympy.Expr, averages: Mapping[str, Number]) -> sympy.Expr:
    """An expression in averages alone, with as many digits as their errors leave."""
    import sympy

    exact = {sympy_symbol(name): value for name, (value, _) in averages.items()}
    error = sympy.Integer(0)
    for name, (_, bound) in averages.items():
        if bound:
            error += abs(expression.diff(sympy_symbol(name)).subs(exact)) * bound
    found = expression.subs(exact)
    if not error:
        return found
    value, bound = sympy.N(found, 30), sympy.N(error, 5)
    digits = int(sympy.floor(sympy.log(abs(value) / bound, 10))) if value else 1
    return sympy.Float(value, max(1, min(30, digits)))
