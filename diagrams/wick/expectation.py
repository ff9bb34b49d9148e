"""The expectation of diagrams, over all random tensors or over some of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.laws import Drawn
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.functions import by_parts, function_value, is_given, weights_in
from diagrams.wick.group_law import coprime_part, solutions, without_closed_laws
from diagrams.wick.means import centre, centred
from diagrams.wick.pairwise import contract, vanish
from diagrams.wick.power_sums import without_power_sums


def expectation(
    combination: Combination | Diagram, over: Collection[Tensor] | None = None
) -> Combination:
    """Return ``E[combination]`` over the random tensors ``over`` (default: all of them).

    What is left are the other tensors and the legs: a number is a multiple of the empty
    diagram, an average with open legs a sum over Kronecker deltas between them.  Group laws
    without legs are counted for sizes coprime to the elementary divisors that occur, see
    :mod:`diagrams.wick.group_law`.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> print(expectation(Diagram.of((u, "k i"), (u, "k i"))))
    (d*N) 1
    >>> print(expectation(Diagram.of((u, "k i"), (u, "k j"), legs="i j")))
    (N) 1 (open: k1,k1)
    """
    if isinstance(combination, Diagram):
        combination = Combination.of({combination: 1})
    settled = over is None
    if over is None:
        found = {t for d, _ in combination for t in d.tensors if t.is_random}
        over = found | weights_in(diagram for diagram, _ in combination)
    for tensor in over:
        if not tensor.is_random:
            raise BadInput("over", tensor.name, "random tensors only")
    names = {centred(tensor) for tensor in over}
    terms: list[tuple[Diagram, Polynomial]] = []
    parts = centre(combination, over, merged=False)
    if not weights_in(diagram for diagram, _ in parts).isdisjoint(names):
        parts = Combination.of((d, a * b) for one, a in parts for d, b in by_parts(one))
    for diagram, coefficient in parts:
        alphabet = Alphabet.of([diagram])
        kinds = {alphabet.kind_number[t] for t in diagram.tensors if t in names}
        factor = coefficient * variance_factor(diagram.edge_counts(), names)
        if not factor:
            continue
        for state, sizes in contract(alphabet, {alphabet.encode(diagram): 1}, kinds).items():
            left, sums = without_power_sums(alphabet.decode(state))
            if settled and is_given(left):
                terms.append((Diagram((), ()), factor * sizes * sums * function_value(left)))
                continue
            rest, solutions = without_closed_laws(left)
            terms.append((rest, factor * sizes * sums * coprime_part(solutions)))
    return Combination.of(terms)


def value(combination: Combination | Diagram) -> Polynomial:
    """Return ``E[combination]`` as a polynomial, for closed diagrams of random tensors.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> print(value(Diagram.of((u, "k i"), (u, "l i"), (u, "k j"), (u, "l j"))))
    d**2*N + d*N**2 + d*N
    """
    averaged = expectation(combination)
    empty = Diagram((), ())
    if any(diagram != empty for diagram, _ in averaged):
        raise BadInput("combination", "open legs", "closed diagrams")
    return averaged.coefficient(empty)


def average_polynomial(alphabet: Alphabet, counts: Mapping[State, int]) -> Polynomial:
    """Return ``sum of count * E[state]`` at unit variances; structures are summed over.

    A polynomial in sizes, in scales of moments and, where group laws are, in divisors, whose
    symbols are those of :func:`~diagrams.wick.group_law.divisor_symbol`; there are no legs.
    Where spectra are, it holds their sums of powers.
    """
    random = [kind for kind, tensor in enumerate(alphabet.tensors) if tensor.is_random]
    left = contract(alphabet, counts, random)
    parts = [sizes * _settled(alphabet.decode(state)) for state, sizes in left.items()]
    return Polynomial.from_terms(term for part in parts for term in part.terms)


def _settled(diagram: Diagram) -> Polynomial:
    """The value of a closed diagram without entries that are drawn."""
    rest, sums = without_power_sums(diagram)
    return sums * (function_value(rest) if is_given(rest) else solutions(rest))


def variance_factor(counts: Mapping[Tensor, int], over: Collection[Tensor]) -> Polynomial:
    """The product over tensors of variance to half the number of edges; zero if one averages out.

    Raises :class:`~diagrams.errors.BadInput` where a moment that this takes is not known.
    """
    drawn = {t: n for t, n in counts.items() if t in over and isinstance(t.law, Drawn)}
    factor = Polynomial.constant(0 if vanish(drawn) else 1)
    for tensor, edges in drawn.items() if factor else ():
        assert isinstance(tensor.law, Drawn)
        factor = factor * tensor.law.variance ** Fraction(edges, 2)
    return factor


def variance_of(alphabet: Alphabet, state: State) -> Polynomial:
    """The variances that the average of a state carries, all its tensors averaged over."""
    counts: dict[Tensor, int] = {}
    for cell in state[1]:
        for end in cell[1:]:
            tensor = alphabet.tensors[alphabet.kind_of(end)]
            counts[tensor] = counts.get(tensor, 0) + 1
    return variance_factor(counts, counts)
