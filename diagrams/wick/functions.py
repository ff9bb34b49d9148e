"""The average of diagrams with function nodes: products of one-site Gaussian averages.

When all other random tensors are contracted, a diagram is a sum over its indices of a product of
function nodes and of given numbers.  Nodes at different hidden indices are independent; so indices
either coincide or differ, each way with its number of choices, and a *site* gives

    E  prod_j  f_j^(n_j)(u[m_j]) ,      u Gaussian,  E u[m] u[n] = variance * K[m,n] ,

with the Gram matrix ``K`` of the inputs.  Such an average is a number that depends on functions and
inputs only.  It is a polynomial for powers, and a *named symbol* otherwise
(:mod:`diagrams.wick.sites`): coefficients stay polynomials in sizes, scales and these.

Entries of the weights that stand outside of functions are integrated by parts:
``E W[k,i] F = variance * E dF/dW[k,i]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import functions_in, markers, opened
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.laws import Drawn, Gram, Listed
from diagrams.graphs.tensors import Function, IndexFamily, Tensor
from diagrams.polynomials.counting import falling_factorial, set_partitions
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.wick.fixed import regrouped

if TYPE_CHECKING:
    from diagrams.wick.sites import Factor

Given = tuple[tuple[Polynomial, ...], tuple[int, ...], tuple[int, ...]]
"""Given numbers in a diagram: a list, the nodes that say which, and those that are summed in it."""

CHOICES_LIMIT = 10**6
"""Values of all indices of samples, times the ways in which hidden indices coincide."""


def by_parts(diagram: Diagram) -> Combination:
    """A diagram without entries of weights that functions are of: each integrated by parts."""
    weights = weights_in([diagram])
    edge = next((edge for edge in diagram.edges if edge.tensor in weights), None)
    if edge is None:
        return Combination.of({diagram: 1})
    marks = {edge.tensor: markers([diagram])[edge.tensor]}
    assert isinstance(edge.tensor.law, Drawn)
    total = Combination()
    for derived, copies in opened(diagram.without(edge), marks):
        mark = next(other for other in derived.edges if other.tensor in marks.values())
        joined = derived.without(mark).identify(zip(edge.nodes, mark.nodes, strict=True))
        total = total + edge.tensor.law.variance * copies * by_parts(joined)
    return total


def has_parts(alphabet: Alphabet, counts: Iterable[State]) -> bool:
    """Whether weights that functions are of stand outside of them, too."""
    laws = (tensor.law for tensor in alphabet.tensors)
    weights = {law.weights for law in laws if isinstance(law, Function)}
    kinds = {alphabet.kind_number[w] for w in weights if w in alphabet.kind_number}
    ends = (end for _, cells in counts for cell in cells for end in cell[1:]) if kinds else ()
    return any(alphabet.kind_of(end) in kinds for end in ends)


def with_parts(
    alphabet: Alphabet, counts: Mapping[State, int]
) -> dict[Polynomial, tuple[Alphabet, dict[State, int]]]:
    """Counted states after integration by parts, sorted by the variances that it brings."""
    collected: dict[Polynomial, dict[Diagram, int]] = {}
    for state, count in counts.items():
        for diagram, variance in by_parts(alphabet.decode(state)):
            for powers, number in variance.terms:
                unit = Polynomial(((powers, Fraction(1, number.denominator)),))
                group = collected.setdefault(unit, {})
                group[diagram] = group.get(diagram, 0) + count * number.numerator
    return regrouped(collected)


def weights_in(diagrams: Iterable[Diagram]) -> frozenset[Tensor]:
    """The weights that function nodes are of."""
    laws = (node.law for node in functions_in(diagrams))
    return frozenset(law.weights for law in laws if isinstance(law, Function))


def is_given(diagram: Diagram) -> bool:
    """Whether there are function nodes or given entries."""
    return any(isinstance(tensor.law, Function | Gram | Listed) for tensor in diagram.tensors)


def function_value(diagram: Diagram) -> Polynomial:
    """The average of a closed diagram of function nodes and given numbers.

    Raises :class:`~diagrams.errors.BadInput` where it holds other entries, inputs that no Gram
    matrix tells, or too many indices.

    >>> from diagrams.graphs.tensors import Gaussian, Role, function_node
    >>> k, i = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
    >>> W = Tensor("W", (k, i), law=Gaussian(Polynomial.symbol("v")))
    >>> x = Tensor("x", (i,), Role.FROZEN, Gram((Polynomial.symbol("K"),)))
    >>> square = function_node(Function("power2", W, x, 1))
    >>> print(function_value(Diagram.of((square, "k"), (square, "l"))))
    v**2*K**2*N**2 + 2*v**2*K**2*N
    """
    return _Sum.of(diagram).value()


@dataclass(frozen=True)
class _Sum:
    """A diagram, its inner products found: what is summed over.

    ``named`` nodes take the values of their families one by one; ``sites`` are the others that
    function nodes meet, ``free`` those that nothing meets.
    """

    families: tuple[IndexFamily, ...]
    functions: tuple[Edge, ...]
    given: tuple[Given, ...]
    named: tuple[int, ...]
    sites: tuple[int, ...]
    free: tuple[int, ...]

    @staticmethod
    def of(diagram: Diagram) -> _Sum:
        functions = tuple(edge for edge in diagram.edges if isinstance(edge.tensor.law, Function))
        if diagram.legs or not all(
            isinstance(edge.tensor.law, Function | Gram | Listed) for edge in diagram.edges
        ):
            allowed = "closed diagrams of functions, given entries and averaged tensors"
            raise BadInput("diagram", str(diagram), allowed)
        given = given_numbers(diagram)
        summed = {node for _, _, gone in given for node in gone}
        met = {node for _, nodes, _ in given for node in nodes}
        for edge in functions:
            law = edge.tensor.law
            assert isinstance(law, Function)
            met.update(edge.nodes[law.weights.rank - 1 :] if law.inputs is not None else ())
        listed_families = {diagram.nodes[node] for node in met}
        touched = {node for edge in functions for node in edge.nodes}
        left = [node for node in range(len(diagram.nodes)) if node not in summed]
        named = [n for n in left if n in met | touched and diagram.nodes[n] in listed_families]
        return _Sum(
            diagram.nodes,
            functions,
            given,
            tuple(named),
            tuple(n for n in left if n in touched and n not in named),
            tuple(n for n in left if n not in touched and n not in named),
        )

    def value(self) -> Polynomial:
        """The sum."""
        ways = list(self._coincidences())
        choices = len(ways) * prod(int(self.families[node].size) for node in self.named)
        if choices > CHOICES_LIMIT:
            allowed = f"at most {CHOICES_LIMIT}: fewer samples, or fewer terms"
            raise BadInput("values of the indices of a diagram", choices, allowed)
        terms: list[Polynomial] = []
        for values in product(*(range(int(self.families[node].size)) for node in self.named)):
            at = dict(zip(self.named, values, strict=True))
            numbers = ONE
            for entries, nodes, _ in self.given:
                numbers = numbers * entries[self._place(nodes, at)]
                if not numbers:
                    break
            for chosen, count in ways if numbers else ():
                terms.append(numbers * count * self._sites(at | chosen))
        total = Polynomial.from_terms(term for one in terms for term in one.terms)
        for node in self.free:
            total = total * self.families[node].count
        return total

    def _coincidences(self) -> Iterator[tuple[dict[int, int], Polynomial]]:
        """The ways in which indices of sites coincide, and how many choices each has."""
        found: list[tuple[dict[int, int], Polynomial]] = [({}, ONE)]
        for family in dict.fromkeys(self.families[node] for node in self.sites):
            nodes = [node for node in self.sites if self.families[node] == family]
            found = [
                ({**known, **dict(zip(nodes, blocks, strict=True))}, ways * _choices(family, most))
                for known, ways in found
                for blocks, most in _partitions(len(nodes))
            ]
        return (pair for pair in found if pair[1])

    def _place(self, nodes: Sequence[int], at: Mapping[int, int]) -> int:
        return place_of((self.families[node] for node in nodes), (at[node] for node in nodes))

    def _sites(self, at: dict[int, int]) -> Polynomial:
        """The product of the averages of all sites."""
        from diagrams.wick.sites import Factor, site_average  # SymPy, which loads slowly

        together: dict[tuple[object, ...], list[Factor]] = {}
        for edge in self.functions:
            law = edge.tensor.law
            assert isinstance(law, Function)
            rank = law.weights.rank - (law.inputs is not None)
            sample = self._place(edge.nodes[rank:], at)
            key = (law.weights, *(at[node] for node in edge.nodes[:rank]))
            together.setdefault(key, []).append(Factor(law, sample))
        value = ONE
        for factors in together.values():
            value = value * site_average(factors)
            if not value:
                break
        return value


def given_numbers(diagram: Diagram) -> tuple[Given, ...]:
    """The given numbers in a diagram, pairs of inputs being their inner products.

    Raises :class:`~diagrams.errors.BadInput` for inputs that no Gram matrix tells.
    """
    laws = ((edge.tensor.law, edge.nodes) for edge in diagram.edges)
    listed = [(law.entries, nodes, ()) for law, nodes in laws if isinstance(law, Listed)]
    return (*listed, *_inner_products(diagram))


def _inner_products(diagram: Diagram) -> Iterator[Given]:
    """Gram entries in the place of pairs of inputs, with the nodes of both."""
    pairs: dict[int, list[Edge]] = {}
    for edge in diagram.edges:
        if isinstance(edge.tensor.law, Gram):
            pairs.setdefault(edge.nodes[-1], []).append(edge)
    for node, found in pairs.items():
        others = sum(edge.nodes.count(node) for edge in diagram.edges)
        if len(found) != 2 or others != 2 or found[0].tensor != found[1].tensor:
            names = " ".join(str(edge.written(diagram.index_names())) for edge in found)
            allowed = (
                "inputs that are known by a Gram matrix in pairs of one tensor, the last index"
                " summed: nothing else is known of their entries"
            )
            raise BadInput("inputs", names, allowed)
        law = found[0].tensor.law
        assert isinstance(law, Gram)
        yield law.products, (*found[0].nodes[:-1], *found[1].nodes[:-1]), (node,)


def place_of(families: Iterable[IndexFamily], values: Iterable[int]) -> int:
    """The place of an entry in a list, the last index first; indices count from 0."""
    place = 0
    for family, value in zip(families, values, strict=True):
        place = place * int(family.size) + value
    return place


@lru_cache(maxsize=64)
def _partitions(number: int) -> tuple[tuple[tuple[int, ...], int], ...]:
    """All partitions of so many nodes into blocks: the block of every node, and how many.

    >>> _partitions(2)
    (((0, 1), 2), ((0, 0), 1))
    """
    found = []
    for blocks in set_partitions(range(number)):
        block_of = {node: place for place, block in enumerate(blocks) for node in block}
        found.append((tuple(block_of[node] for node in range(number)), len(blocks)))
    return tuple(found)


@lru_cache(maxsize=256)
def _choices(family: IndexFamily, blocks: int) -> Polynomial:
    """``n (n-1) .. (n-blocks+1)`` for a family of size n: different values of so many indices."""
    total = Polynomial()
    for power, number in enumerate(falling_factorial(blocks)):
        total = total + family.count**power * number
    return total
