r"""One step of gradient descent as an operator on observables, and its powers.

A step of rate ``eta`` takes every trained entry u to ``u - eta r_u dV/du``, with the learning rate
``r_u`` of its tensor and the potential V.  An observable G is a polynomial in the entries, and so
is what it becomes::

    (U G)(u) = G(u - eta r dV/du) = sum over j of (-eta)^j / j!  G * V * .. * V     (j merges),

where no merge takes an edge that an earlier one of the same step has brought.  (As rooted trees:
j branches at the root, a B-series.  Hairer, Lubich, Wanner, "Geometric Numerical Integration",
chapter III.)  Such edges are those of a *twin* of their tensor, which is no tensor to merge along;
when the step is done, twins are tensors again.

With *momentum* mu a step moves along a velocity w, which is zero at first (B. T. Polyak, "Some
methods of speeding up the convergence of iteration methods", USSR Comp. Math. Math. Phys. 4,
1964)::

    w <- mu w - eta r dV/du,   u <- u + w ,

with the slope at u, or *ahead*, at ``u + mu w`` (Y. Nesterov, Soviet Math. Dokl. 27, 1983, as
written by Sutskever and others, ICML 2013).  To observables velocities are tensors like any other;
an edge of u or of w also takes an atom in that leaves a ``mu w`` in its place.

With *batches* the potential of a step holds tensors that the step draws anew, and G becomes the
mean of all this over them (:mod:`diagrams.problems.batches`).  Draws of different steps are
independent, so that the mean after k steps is the k-th power of that operator again.

After k steps G is ``U^k G = sum over m of binomial(k, m) (U - 1)^m G``.  ``(U - 1)^m G`` starts
with ``eta^m``, so that the power ``eta^s`` needs no more than s differences, whatever k is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod

from diagrams.campaign.running import ALONE, Campaign
from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.merging import (
    Atom,
    Collected,
    PreparedAtom,
    collected_atoms,
    merge_all,
    one_more,
    prepare,
    sector_weight,
    weights_of,
)
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial, Powers
from diagrams.polynomials.spelling import fresh
from diagrams.problems.batches import Sampled
from diagrams.problems.problem import Problem


def differences(
    problem: Problem,
    steps: int,
    rate: Polynomial,
    mark: Polynomial,
    most: int | None = None,
    campaign: Campaign = ALONE,
    momentum: Momentum | None = None,
    sampled: Sampled | None = None,
) -> Combination:
    """Return ``sum over m of mark^m (U - 1)^m G`` for m = 0..steps, before any average.

    ``rate`` and ``mark`` are symbols of their own; what has more than the power ``most`` of the
    rate is left out (``None``: nothing is, as has to be with ``momentum``).  A step descends the
    potential of the problem, or a batch of what is ``sampled``.

    >>> from diagrams.problems.cp import cp_problem
    >>> eta, z = Polynomial.symbol("eta"), Polynomial.symbol("z")
    >>> print(differences(cp_problem(order=2, target="zero"), 1, eta, z, most=1))
    (1/2) sum[k1,k2;i1,i2] u[k1,i1] u[k1,i2] u[k2,i1] u[k2,i2]
    (-4*z*eta) sum[k1,k2,k3;i1,i2,i3] u[k1,i1] u[k1,i2] u[k2,i1] u[k2,i3] u[k3,i2] u[k3,i3]
    """
    stepping = _Stepping.of(problem, rate, momentum, sampled)
    current: Grown = {(0, ONE): stepping.start}
    total: dict[State, list[tuple[Powers, Fraction]]] = {}
    for m in range(steps + 1):
        if m:
            campaign.check_memory(f"difference {m}")
            current = stepping.difference(current, most)
        for (s, factor), collected in current.items():
            for sector, counts in collected.items():
                weight = (-rate) ** s * mark**m * sector_weight(sector, stepping.weights) * factor
                for state, count in counts.items():
                    total.setdefault(state, []).extend((count * weight).terms)
    decode = stepping.alphabet.decode
    found = ((decode(state), Polynomial.from_terms(t)) for state, t in total.items())
    return Combination.of((d, c) for d, c in found if stepping.moving.isdisjoint(d.tensors))


def merges_of(problem: Problem, steps: int) -> int:
    """The highest power of the rate in an observable after so many steps, a bound.

    An observable of degree n is one of degree n + j (d - 2) after j merges of one step, for a
    potential of degree d in the trained entries; n of them can be merged at once.
    """
    degree = max((_moving(diagram) for diagram, _ in problem.potential), default=0)
    entries, merges = max((_moving(diagram) for diagram, _ in problem.observable), default=0), 0
    for _ in range(steps if degree else 0):
        merges, entries = merges + entries, entries * (degree - 1)
    return merges


def _moving(diagram: Diagram) -> int:
    return sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)


@dataclass(frozen=True)
class Momentum:
    """How much of a velocity is kept in a step, and whether the slope is taken ``ahead``."""

    strength: Polynomial
    ahead: bool = False


Grown = dict[tuple[int, Polynomial], Collected]
"""What has grown in some steps: by powers of the rate, and factors that averages bring."""


@dataclass(frozen=True)
class _Stepping:
    """What all steps of a problem share: its atoms in incidence form, and which kinds are twins."""

    alphabet: Alphabet
    weights: tuple[Polynomial, ...]
    start: Collected
    atoms: tuple[tuple[int, PreparedAtom], ...]
    settled: tuple[int, ...]
    moving: frozenset[Tensor]
    sampled: Sampled | None

    @staticmethod
    def of(
        problem: Problem, rate: Polynomial, momentum: Momentum | None, sampled: Sampled | None
    ) -> _Stepping:
        """Take the edges of the potential one by one, all others being those of twins.

        Velocities are zero at first: what holds ``moving`` ones averages to zero.
        """
        potential = problem.potential if sampled is None else sampled.potential
        used = {t.name for d, _ in (*problem.observable, *potential) for t in d.tensors}
        speeds = {} if momentum is None else doubles(problem.trained, "speed", used)
        twins = doubles((*problem.trained, *speeds.values()), "twin", used)
        stand_ins = {tensor: [(twins[tensor], ONE)] for tensor in problem.trained}
        generators = []
        if momentum is not None:
            for tensor, speed in speeds.items():
                stand_ins[tensor] += [(twins[speed], momentum.strength)] * momentum.ahead
                slots = [f"i{slot}" for slot in range(tensor.rank)]
                for moved, lost in ((tensor, 0), (speed, 1)):
                    kept = Diagram.of((moved, slots), (twins[speed], slots))
                    weight = -1 * (momentum.strength - lost) * rate**-1  # a merge brings -rate
                    generators.append(Atom(kept, weight, frozenset([moved])))
        generators += [
            Atom(diagram, weight * tensor.rate, frozenset([moved]))
            for tensor in problem.trained
            for moved in (tensor, *([speeds[tensor]] if speeds else []))
            for diagram, weight in with_one(potential, tensor, moved, stand_ins)
        ]
        observable = [Atom(diagram, weight) for diagram, weight in problem.observable]
        every = (*observable, *generators)
        alphabet = Alphabet.of([atom.diagram for atom in every])
        weights = weights_of(every)
        kinds = range(alphabet.kinds)
        back = {twin: tensor for tensor, twin in twins.items() if twin in alphabet.kind_number}
        settled = {
            alphabet.kind_number[twin]: alphabet.kind_number[tensor]
            for twin, tensor in back.items()
        }
        return _Stepping(
            alphabet,
            weights,
            collected_atoms(alphabet, observable, weights),
            tuple((weights.index(a.weight), prepare(alphabet, a)) for a in generators),
            tuple(settled.get(kind, kind) for kind in kinds),
            frozenset(speeds.values()),
            sampled,
        )

    def difference(self, grown: Grown, most: int | None) -> Grown:
        """``(U - 1)`` of an observable."""
        found: Grown = {}
        for (s, factor), collected in grown.items():
            moved, j = collected, 0
            while moved and (most is None or s + j < most):
                j += 1
                moved = self._merged_once_more(moved, j)
                self._settle(moved, s + j, factor, found)
        return {place: found[place] for place in sorted(found, key=lambda p: (p[0], str(p[1])))}

    def _merged_once_more(self, collected: Collected, j: int) -> Collected:
        """The j-th merge of a step; every set of j edges was taken in all its orders."""
        following: Collected = {}
        for sector, counts in collected.items():
            for place, atom in self.atoms:
                target = following.setdefault(one_more(sector, place), {})
                merge_all(self.alphabet, counts, atom, target)
        return {
            sector: {state: count // j for state, count in counts.items()}
            for sector, counts in following.items()
            if counts
        }

    def _settle(self, collected: Collected, s: int, factor: Polynomial, found: Grown) -> None:
        """Add states after the step to others: twins are tensors again, draws averaged over."""
        for sector, counts in collected.items():
            for (numbers, cells), count in counts.items():
                order = range(len(numbers))
                renamed = tuple(self.alphabet.relabel_cells(cells, order, self.settled))
                for state, brought, ways in self._averaged((numbers, renamed)):
                    place = (s, factor * brought)
                    known = found.setdefault(place, {}).setdefault(sector, {})
                    known[state] = known.get(state, 0) + count * ways

    def _averaged(self, state: State) -> Iterator[tuple[State, Polynomial, int]]:
        """The mean of a state over the draws of a step, in whole numbers times monomials."""
        if self.sampled is None:
            yield canonical_state(self.alphabet, state)[0], ONE, 1
            return
        for diagram, value in self.sampled.average(self.alphabet.decode(state)):
            mean, _ = canonical_state(self.alphabet, self.alphabet.encode(diagram))
            for powers, number in value:
                part = Polynomial.monomial(Fraction(1, number.denominator), powers)
                yield mean, part, number.numerator


def doubles(tensors: Iterable[Tensor], name: str, used: set[str]) -> dict[Tensor, Tensor]:
    """Stand-ins for tensors, under unused names."""
    found = {}
    for number, tensor in enumerate(tensors):
        found[tensor] = replace(tensor, name=fresh(f"{name}{number}", used))
        used.add(found[tensor].name)
    return found


def with_one(
    potential: Combination,
    tensor: Tensor,
    moved: Tensor,
    stand_ins: Mapping[Tensor, Sequence[tuple[Tensor, Polynomial]]],
) -> Combination:
    """The slope of the potential by a tensor, with an edge of ``moved`` where it was taken.

    In the place of all other edges of trained tensors stand sums of weighted stand-ins.
    """
    parts = []
    for diagram, weight in potential:
        for edge, copies in diagram.multiplicities().items():
            if edge.tensor != tensor:
                continue
            others = diagram.without(edge).edges
            for chosen in product(*(stand_ins.get(e.tensor, [(e.tensor, ONE)]) for e in others)):
                edges = [Edge(t, e.nodes) for (t, _), e in zip(chosen, others, strict=True)]
                factor = prod((c for _, c in chosen), start=weight * copies)
                parts.append((Diagram(diagram.nodes, (Edge(moved, edge.nodes), *edges)), factor))
    return Combination.of(parts)
