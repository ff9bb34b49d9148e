"""Derivative correlations of an output, and whether a model is close to its linearisation.

For an output ``f`` with free indices and learning rates ``r_u`` of the trained entries,

    C_(D,d) = 1/(D! d!)  grad^(D+d) f . (grad f)^d ,

``d >= 1`` derivatives contracted with gradients of ``f``, ``D`` left open; ``C_(0,1)`` is the
tangent kernel, and all others vanish for a model that is linear in its trained tensors.
(S. Shem-Ur and Y. Oz, "Weak Correlations as the Underlying Principle for Linearization of
Gradient-Based Learning Systems", arXiv 2401.04013; here at learning rate 1, the rates of the
tensors weighing every contraction.)  Their squares, with open derivatives contracted and free
indices summed, are diagrams, so that second moments over the initial weights are exact.

An output that is a polynomial of degree ``n`` in the trained tensors has no derivatives above
``n``: finitely many correlations decide.  Polynomials of bounded degree in Gaussian variables
have all their moments bounded by the second (hypercontractivity), and are not much smaller than
it with positive probability (Paley and Zygmund); hence ``|C|`` is of the order of the root of its
second moment, not only at most.  The same holds for entries of any one law with all its moments
(P. Wolff, "Hypercontractivity of simple random variables", Studia Mathematica 180, 2007); a law
whose moments hold a symbol that grows is not one law, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Shaped
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial, Scalar
from diagrams.problems.problem import Problem
from diagrams.series.expansion import expand
from diagrams.series.levels import Levels, levels

ORDER_LIMIT = 12
WORK_LIMIT = 200_000
Opened = dict[tuple[Tensor, ...], Combination]
"""Diagrams by the tensors of their open derivatives, whose slots are the last legs."""


def derivative_correlation(problem: Problem, D: int, d: int) -> Combination:
    """Return ``|C_(D,d)|^2`` of the output as diagrams, free indices summed.

    An observable like any other: ``expand(problem, terms, observable=..)`` gives its mean in time.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.files import parse_problem
    >>> problem = parse_problem('''
    ... families = {hidden = "N"}
    ... tensors.a = {families = ["hidden"], role = "trained", variance = 1}
    ... tensors.b = {families = ["hidden"], role = "trained", variance = 1}
    ... model = {output = "a[k] b[k] / sqrt(N)", target = "y"}
    ... loss = {kind = "squared error", over = []}
    ... ''')
    >>> print(expand(problem, 0, observable=derivative_correlation(problem, 0, 2)).coefficient(0))
    N**(-2)
    """
    for name, value, least in (("D", D, 0), ("d", d, 1)):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not least <= value <= ORDER_LIMIT:
            raise BadInput(name, value, f"an integer from {least} to {ORDER_LIMIT}")
    output = _output(problem)
    opened = _derivatives(output, D + d)
    for _ in range(d):
        opened = _contracted(opened, output)
    square: list[tuple[Diagram, Scalar]] = []
    for tensors, combination in opened.items():
        weight = Polynomial.constant(Fraction(1, (factorial(D) * factorial(d)) ** 2))
        for tensor in tensors:
            weight = weight * tensor.rate
        _bounded(len(combination) ** 2)
        for one, a in combination:
            for other, b in combination:
                square.append((closed(one @ other, len(one.legs)), a * b * weight))
    return Combination.of(square)


def _output(problem: Problem) -> Combination:
    words = problem.vocabulary
    if "output" not in words.quantities:
        raise BadInput("problem", problem.title, "a problem with one output")
    return words.diagrams(words.quantities["output"])


def _derivatives(output: Combination, count: int) -> Opened:
    """All derivatives of an order, one diagram for every choice of entries in order."""
    opened: Opened = {(): output}
    for _ in range(count):
        found: dict[tuple[Tensor, ...], list[tuple[Diagram, Scalar]]] = {}
        for tensors, combination in opened.items():
            for diagram, weight in combination:
                for edge, copies in diagram.multiplicities().items():
                    if edge.tensor.role is Role.TRAINED:
                        less = diagram.without(edge)
                        legs = (*less.legs, *edge.nodes)
                        key = (*tensors, edge.tensor)
                        found.setdefault(key, []).append(
                            (Diagram(less.nodes, less.edges, legs), weight * copies)
                        )
        opened = {tensors: Combination.of(pairs) for tensors, pairs in found.items()}
        _bounded(sum(map(len, opened.values())))
    return opened


def _contracted(opened: Opened, output: Combination) -> Opened:
    """Contract the last open derivative with a gradient; free indices of that come first."""
    gradient = _derivatives(output, 1)
    found: dict[tuple[Tensor, ...], list[tuple[Diagram, Scalar]]] = {}
    for tensors, combination in opened.items():
        last = tensors[-1]
        slopes = gradient.get((last,), Combination())
        _bounded(len(combination) * len(slopes))
        for one, a in combination:
            kept = len(one.legs) - last.rank
            for other, b in slopes:
                shift, free = len(one.nodes), len(other.legs) - last.rank
                union = one @ other
                moved = [node + shift for node in other.legs]
                legs = (*moved[:free], *one.legs[:kept], *one.legs[kept:])
                pairs = zip(legs[free + kept :], moved[free:], strict=True)
                joined = Diagram(union.nodes, union.edges, tuple(legs)).identify(pairs)
                short = Diagram(joined.nodes, joined.edges, joined.legs[: free + kept])
                found.setdefault(tensors[:-1], []).append((short, a * b * last.rate))
    return {tensors: Combination.of(pairs) for tensors, pairs in found.items()}


def closed(union: Diagram, half: int) -> Diagram:
    """Join the legs of two halves in order and sum over all of them."""
    pairs = zip(union.legs[:half], union.legs[half:], strict=True)
    joined = union.identify(pairs)
    return Diagram(joined.nodes, joined.edges).contract_deltas()


def _bounded(work: int) -> None:
    if work > WORK_LIMIT:
        raise BadInput("D, d", f"{work} products of diagrams", f"at most {WORK_LIMIT}")


# -- the verdict --------------------------------------------------------------------------


@dataclass(frozen=True)
class WeakCorrelations(Displayed):
    """Exact second moments of all derivative correlations, and their scaling with size.

    ``moments`` are triples of D, d and ``E |C_(D,d)|^2`` at initialisation, ``levels`` the same
    sorted by powers of the large parameter.
    """

    moments: tuple[tuple[int, int, Polynomial], ...]
    table: Levels
    degree: int
    evidence: Evidence

    def exponent(self, D: int, d: int) -> Fraction | None:
        """The power of the large parameter with which ``|C_(D,d)|`` scales; ``None`` for zero.

        Raises :class:`~diagrams.errors.BadInput` for one that is not in the table.
        """
        for place, (one, other, _) in enumerate(self.moments):
            if (one, other) == (D, d):
                leading = self.table.leading(place)
                return None if leading is None else leading[0] / 2
        known = ", ".join(f"({D}, {d})" for D, d, _ in self.moments)
        raise BadInput("D, d", f"({D}, {d})", f"of {known}")

    @property
    def largest(self) -> Fraction | None:
        """The largest exponent relative to the kernel's, over all but the kernel."""
        kernel = self.exponent(0, 1) or Fraction(0)
        found = [self.exponent(D, d) for D, d, _ in self.moments if (D, d) != (0, 1)]
        known = [exponent - kernel for exponent in found if exponent is not None]
        return max(known, default=None)

    @property
    def weak(self) -> bool:
        """Whether all correlations but the kernel become small against it."""
        return self.largest is None or self.largest < 0

    @property
    def verdict(self) -> str:
        """One line: weakly correlated or not, and with which exponent."""
        symbol = self.table.symbol
        if self.largest is None:
            return "weakly correlated: the output is linear in the trained tensors"
        words = "weakly correlated" if self.weak else "not weakly correlated"
        top = max(D + d for D, d, _ in self.moments)
        if self.weak and top < self.degree:
            words += f" to order {top} of {self.degree}"
        return f"{words}: the largest correlation is {symbol}**({self.largest}) times the kernel"

    def __str__(self) -> str:
        symbol = self.table.symbol
        lines = [f"{'D':>2} {'d':>2}  {'|C| scales as':16} E |C|^2"]
        for D, d, moment in self.moments:
            exponent = self.exponent(D, d)
            scale = "0" if exponent is None else f"{symbol}**({exponent})"
            lines.append(f"{D:>2} {d:>2}  {scale:16} {moment}")
        return "\n".join([*lines, self.verdict, str(self.evidence)])


def weak_correlations(
    problem: Problem, scaling: Mapping[str, Any], highest: int | None = None
) -> WeakCorrelations:
    """Return the second moments of all ``C_(D,d)``, d >= 1, D + d <= ``highest``, and a verdict.

    ``scaling`` is that of :func:`~diagrams.series.levels.levels`, such as ``{"N": 1}``.  By default
    ``highest`` is the degree of the output in the trained tensors; all others are zero.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    output = _output(problem)
    for tensor in problem.tensors:
        if isinstance(tensor.law, Shaped) and tensor.law.shape.symbols & set(scaling):
            allowed = (
                f"symbols other than those of the moments of {tensor.name}: one law at all sizes"
            )
            raise BadInput("scaling", ", ".join(scaling), allowed)
    trained = [
        sum(count for tensor, count in diagram.edge_counts().items() if tensor.role is Role.TRAINED)
        for diagram, _ in output
    ]
    degree = max(trained, default=0)
    top = degree if highest is None else highest
    if not isinstance(top, int) or isinstance(top, bool) or not 1 <= top <= ORDER_LIMIT:
        raise BadInput("highest", highest, f"an integer from 1 to {ORDER_LIMIT}")
    top = min(top, max(degree, 1))
    moments = []
    for order in range(1, top + 1):
        for d in range(order, 0, -1):
            square = derivative_correlation(problem, order - d, d)
            mean = expand(problem, 0, observable=square).coefficient(0) if square else Polynomial()
            moments.append((order - d, d, mean))
    table = levels([moment for _, _, moment in moments], scaling)
    complete = "all correlations that are not zero" if top >= degree else f"up to order {top} only"
    evidence = Evidence(Kind.EXACT, f"every diagram and contraction counted; {complete}", top)
    return WeakCorrelations(tuple(moments), table, degree, evidence)
