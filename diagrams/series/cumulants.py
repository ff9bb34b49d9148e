"""Connected cumulants of observables over the initial weights (and the data), in time.

The joint cumulant of ``A_1, .., A_n`` is the alternating sum over partitions of products of
averages of products,

    k(A_1, .., A_n) = sum over partitions pi of (-1)^(|pi|-1) (|pi|-1)! prod over B of E[prod A_i]

with i in B: the variance ``E[A^2] - E[A]^2``, the covariance, the third central moment.  A product
of observables is an observable too, so that every average has a time expansion; the product of
two series is taken order by order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import comb, factorial
from typing import Any

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.counting import set_partitions
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, stated
from diagrams.series.expansion import Series, check_terms, expand

NUMBER_LIMIT = 4
HEAD = "cumulant("


def cumulant(problem: Problem, observables: Sequence[str], terms: int, **resources: Any) -> Series:
    """Return ``T^s d^s k(A_1, .., A_n)/dt^s`` at ``t = 0`` for s = 0 .. ``terms``, exactly.

    ``observables`` are one to four texts, see
    :meth:`~diagrams.problems.problem.Problem.with_observable`, without free indices; the same text
    twice is the variance.  ``resources`` are those of :func:`~diagrams.series.expansion.expand`.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> series = cumulant(cp_problem(order=2, ties="asym"), ("u[k,i]^2", "u[k,i]^2"), 0)
    >>> print(series.coefficient(0))
    2*p*H*sigma**4
    """
    stated(problem)
    check_terms(terms)
    observed = cumulant_problem(problem, observables)
    values = _centred_values(problem, observables)
    numbers = [values.index(value) for value in values]
    moments: dict[tuple[int, ...], tuple[Polynomial, ...]] = {}
    sizes: dict[str, None] = {}

    def moment(block: Sequence[int]) -> tuple[Polynomial, ...]:
        key = tuple(sorted(numbers[place] for place in block))
        if key not in moments:
            product = _product([values[place] for place in key])
            known = replace(problem, observable=product, observed=observed.observed)
            series = expand(known, terms, **resources)
            moments[key] = series.coefficients
            sizes.update(dict.fromkeys(series.sizes))
        return moments[key]

    total = [Polynomial()] * (terms + 1)
    for partition in set_partitions(range(len(values))):
        blocks = len(partition)
        product = [Polynomial.constant(1)] + [Polynomial()] * terms
        for block in partition:
            product = _times(product, moment(block))
        weight = (-1) ** (blocks - 1) * factorial(blocks - 1)
        total = [a + weight * b for a, b in zip(total, product, strict=True)]
    statement = "products of exact averages, every diagram and contraction counted"
    evidence = Evidence(Kind.EXACT, "; ".join([statement, *sizes]), terms)
    return Series(observed, tuple(total), evidence, tuple(sizes))


def cumulant_problem(problem: Problem, observables: Sequence[str]) -> Problem:
    """The problem that a series of a cumulant belongs to; its observable is the product.

    Constants are left out of the factors of two observables and more, which no cumulant sees.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    values = _centred_values(problem, observables)
    names = ", ".join(" ".join(text.split()) for text in observables)
    base = problem.with_observable(observables[0])
    return replace(base, observable=_product(values), observed=f"{HEAD}{names})")


def cumulant_texts(text: str) -> list[str] | None:
    """The observables of a text ``cumulant(A, B)``; ``None`` for any other text.

    >>> cumulant_texts("cumulant(loss, star(output, output))")
    ['loss', 'star(output, output)']
    """
    text = text.strip()
    if not text.startswith(HEAD) or not text.endswith(")"):
        return None
    parts, depth = [""], 0
    for character in text[len(HEAD) : -1]:
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _centred_values(problem: Problem, observables: Sequence[str]) -> list[Combination]:
    allowed = f"a sequence of 1 to {NUMBER_LIMIT} observables"
    if isinstance(observables, str) or not 1 <= len(observables) <= NUMBER_LIMIT:
        raise BadInput("observables", observables, allowed)
    values = []
    for text in observables:
        value = problem.with_observable(text).observable
        if any(diagram.legs for diagram, _ in value):
            raise BadInput("observables", text, "observables without free indices")
        if len(observables) > 1:
            value = Combination.of((d, c) for d, c in value if d.edges)
        values.append(value)
    return values


def _product(values: Sequence[Combination]) -> Combination:
    product = Combination.of({Diagram((), ()): 1})
    for value in values:
        product = product @ value
    return product


def _times(left: Sequence[Polynomial], right: Sequence[Polynomial]) -> list[Polynomial]:
    """The derivatives of a product from those of its factors (Leibniz)."""
    return [
        Polynomial.from_terms(
            term
            for j in range(s + 1)
            if left[j] and right[s - j]
            for term in (comb(s, j) * left[j] * right[s - j]).terms
        )
        for s in range(len(left))
    ]
