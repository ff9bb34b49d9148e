"""Where the loss itself ends at late times, proved for every draw of the weights.

Three statements that need no limit of large sizes:

* *rest*: a potential that is a sum of terms, none of them negative and each homogeneous in the
  trained weights, makes them shrink, for ``d|u|^2/dtau = -2 sum n V_n`` with the degrees ``n``
  (rates of tensors weigh the norm).  So the flow ends where every term is zero;
* *one matrix*: ``V = a tr (U U^T)^2 - b tr U U^T`` is an equation of Riccati.  The nonzero
  eigenvalues of ``U U^T``, as many as the lesser of the two sizes, end at ``b/(2 a)``, or at zero
  where ``b <= 0``;
* *two matrices*: ``V = a |U V^T|^2 - b tr U V^T + l (|U|^2 + |V|^2)``.  From almost every start the
  flow ends at a global minimum; so do the singular values, at ``(|b| - 2 l)/(2 a)`` or zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import sympy
from sympy import Expr
from sympy.core.relational import Relational

from diagrams.dynamics.petals.grouping import local, public
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure

AT_REST = "the loss: no term of the potential is ever negative, and the weights shrink until it is"
AT_REST += " at its least"
RICCATI = "the loss: an equation of Riccati for every draw"
TWO = "the loss: two matrices end at a global minimum for almost every draw"


@dataclass(frozen=True)
class LossLimit:
    """The limit of the loss for ``t -> oo``, the relations under which it holds, and the proof."""

    limit: Expr
    where: tuple[Relational, ...]
    statement: str


@lru_cache(maxsize=64)
def loss_limits(problem: Problem) -> tuple[LossLimit, ...]:
    """Return what is proved of the loss at late times; empty where nothing is.

    >>> from diagrams.problems.cp import cp_problem
    >>> [(str(e.limit), *map(str, e.where)) for e in loss_limits(cp_problem(order=2, scale="c"))]
    [('c**2*p/2 - c**2*Min(H, p)/2', 'c > 0'), ('c**2*p/2', 'c <= 0')]
    >>> loss_limits(cp_problem(order=3))
    ()
    """
    if (
        problem.fresh
        or problem.observed
        or any(tensor.role is not Role.TRAINED for tensor in problem.tensors)
    ):
        return ()
    return _of_matrices(problem) or tuple(_at_rest(problem))


# -- terms that are nowhere negative --------------------------------------------------------------


def _at_rest(problem: Problem) -> Iterator[LossLimit]:
    own = {s for _, weight in problem.observable for s in weight.symbols} - set(problem.sizes)
    every = {s for _, weight in problem.potential for s in weight.symbols} - set(problem.sizes)
    terms = [term for term in (*problem.potential, *problem.observable) if term[0].edges]
    if not all(never_negative(diagram) for diagram, _ in terms):
        return
    names, limit = sorted(own), structure(problem).constant.to_sympy()
    strengths = tuple(sympy.Symbol(name) >= 0 for name in sorted(every - own))
    found = [
        signs
        for signs in product((1, -1), repeat=len(names))
        if all(_positive(weight, dict(zip(names, signs, strict=True))) for _, weight in terms)
    ]
    if len(found) == 2 ** len(names):
        yield LossLimit(limit, strengths, AT_REST)
        return
    for signs in found:
        sides = (
            sympy.Symbol(name) >= 0 if sign > 0 else sympy.Symbol(name) <= 0
            for name, sign in zip(names, signs, strict=True)
        )
        yield LossLimit(limit, (*sides, *strengths), AT_REST)


def _positive(weight: Polynomial, signs: dict[str, int]) -> bool:
    """Whether a weight is positive, the scales having given signs."""
    flipped = {
        sympy.Symbol(n, positive=True): s * sympy.Symbol(n, positive=True) for n, s in signs.items()
    }
    return bool(local(weight.to_sympy()).xreplace(flipped).is_positive)


def never_negative(diagram: Diagram) -> bool:
    """Return whether a diagram is a product of squares, or a sum of them.

    Every entry occurs in it to an even power, or it is two equal halves joined at their legs.

    >>> from diagrams.problems.cp import cp_problem
    >>> [never_negative(d) for d, _ in cp_problem(order=4, ties="3+1").observable if d.edges]
    [False, True]
    """
    return not diagram.legs and (_even(diagram) or _square(diagram))


def _even(diagram: Diagram) -> bool:
    edges = list(diagram.edges)
    return all(edges.count(edge) % 2 == 0 for edge in set(edges))


def _square(diagram: Diagram) -> bool:
    """Whether without the nodes of some families two halves are left that are equal."""
    families = sorted(set(diagram.nodes))
    for count in range(1, len(families)):
        for kept in combinations(families, count):
            shared = [n for n, family in enumerate(diagram.nodes) if family in kept]
            parts = _parts(diagram, set(shared))
            if len(parts) == 2 and all(parts):
                one, other = (_half(diagram, part, shared) for part in parts)
                if one.is_isomorphic(other):
                    return True
    return False


def _parts(diagram: Diagram, shared: set[int]) -> list[set[int]]:
    """The nodes that hang together when some are taken away; empty where an edge lies in those."""
    parts: list[set[int]] = [{n} for n in range(len(diagram.nodes)) if n not in shared]
    for edge in diagram.edges:
        inside = set(edge.nodes) - shared
        if not inside:
            return []
        met = [part for part in parts if part & inside]
        parts = [part for part in parts if not part & inside] + [set().union(*met)]
    return parts


def _half(diagram: Diagram, part: set[int], shared: Iterable[int]) -> Diagram:
    factors = [
        (edge.tensor, [f"n{node}" for node in edge.nodes])
        for edge in diagram.edges
        if set(edge.nodes) & part
    ]
    met = {node for edge in diagram.edges if set(edge.nodes) & part for node in edge.nodes}
    return Diagram.of(*factors, legs=[f"n{node}" for node in shared if node in met])


# -- matrices -------------------------------------------------------------------------------------


def _of_matrices(problem: Problem) -> tuple[LossLimit, ...]:
    count = len(problem.trained)
    families = {frozenset(tensor.families) for tensor in problem.trained}
    sizes = {family.size for pair in families for family in pair}
    if count not in (1, 2) or len(families) != 1 or len(sizes & {*problem.sizes}) != 2:
        return ()
    if any(not isinstance(tensor.law, Gaussian) for tensor in problem.trained):
        return ()
    moved, seen = _strengths(problem.potential, sizes), _strengths(problem.observable, sizes)
    if moved is None or seen is None or not moved[0].is_positive:
        return ()
    (quartic, linear, decay), (own, along, kept) = moved, seen
    if count == 1:
        linear, along, decay, statement = linear - decay, along - kept, sympy.S.Zero, RICCATI
    elif kept:
        return ()
    else:
        linear, along, statement = abs(linear), abs(along), TWO
    pull = sympy.factor(linear - 2 * decay)
    settled = pull / (2 * quartic)
    rank = sympy.Min(*(sympy.Symbol(size, positive=True) for size in sizes))
    constant = structure(problem).constant.to_sympy()
    held = public(sympy.factor(own * settled**2 - along * settled) * rank)
    return tuple(
        LossLimit(constant + change, (*where, *_not_negative(decay)), statement)
        for change, where in _cases(held, pull)
    )


def _cases(held: Expr, pull: Expr) -> list[tuple[Expr, tuple[Relational, ...]]]:
    """What the matrices take off the constant, and when: without a pull they end at zero."""
    if pull.is_nonnegative:
        return [(held, ())]
    if pull.is_nonpositive:
        return [(sympy.S.Zero, ())]
    plain = public(pull)
    return [(held, (plain > 0,)), (sympy.S.Zero, (plain <= 0,))]


def _not_negative(decay: Expr) -> tuple[Relational, ...]:
    return () if decay.is_nonnegative else (public(decay.as_coeff_Mul()[1]) >= 0,)


def _strengths(value: Combination, sizes: set[str]) -> tuple[Expr, Expr, Expr] | None:
    """The weights of the three rings, that of the target with a minus; ``None`` with others."""
    found: dict[str, list[Expr]] = {}
    for diagram, weight in value:
        if not diagram.edges:
            continue
        kind = _ring(diagram)
        if kind is None:
            return None
        found.setdefault(kind, []).append(_real(weight, sizes))
    count = len({edge.tensor for diagram, _ in value for edge in diagram.edges})
    quartic, target = (sympy.Add(*found.get(kind, [])) for kind in ("quartic", "pair"))
    decays = found.get("square", [])
    if count == 1:
        return quartic, -sympy.Add(*decays), sympy.S.Zero
    if decays and (len(decays) != 2 or sympy.expand(decays[0] - decays[1])):
        return None
    return quartic, -target, decays[0] if decays else sympy.S.Zero


def _real(weight: Polynomial, sizes: set[str]) -> Expr:
    """A weight with positive sizes and real scales."""
    plain = weight.to_sympy()
    return plain.xreplace(
        {
            s: sympy.Symbol(s.name, **{"positive" if s.name in sizes else "real": True})
            for s in plain.free_symbols
        }
    )


def _ring(diagram: Diagram) -> str | None:
    """Which of the rings a diagram is: ``tr U U^T``, ``tr U V^T``, or a square of ``U V^T``."""
    at: list[list[Tensor]] = [[] for _ in diagram.nodes]
    for edge in diagram.edges:
        for node in edge.nodes:
            at[node].append(edge.tensor)
    if diagram.legs or any(len(met) != 2 for met in at) or len(diagram.components()) != 1:
        return None
    tensors = {tensor for met in at for tensor in met}
    alike = sum(one == other for one, other in at)
    if len(at) == 2:
        return "square" if len(tensors) == 1 else "pair"
    if len(at) == 4 and alike == {1: 4, 2: 2}.get(len(tensors)):
        return "quartic"
    return None
