r"""Gradient flow with momentum: exact coefficients in time, by merging.

With the prime ``T d/dt`` and friction ``c + r/t``, an entry u and ``u' = t w`` obey::

    u'' + (c + r/t) u' = -rate dV/du ,   t w' = -(1 + r) w - c t w - rate dV/du ,

from ``u' = 0``.  (:mod:`diagrams.problems.friction` names the sources.)  To observables the w are
tensors like any other, as the velocities of :mod:`diagrams.series.stepping` are.  Let F be a
polynomial in u and w, of degree d in w, and ``F_s`` its coefficient of ``t^s``.  Then
``t dF/dt`` by the equations is, power by power,

    (s + (1 + r) d) F_s = (w dF/du)_{s-2} - c d F_{s-1} - (rate dV/du dF/dw)_s .

The first term is a merge that leaves a w in the place of a u, the last one a merge with the
potential in the place of a w.  So every way down from ``L_s`` has s terms, and ends at a polynomial
in the u alone whose mean at the start is taken; V has been merged at most ``s/2`` times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, lcm

from diagrams.campaign.running import Campaign
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
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
from diagrams.polynomials.polynomial import ONE, Polynomial, Powers
from diagrams.polynomials.spelling import fresh
from diagrams.problems.friction import Friction, read_friction
from diagrams.problems.problem import Problem, stated
from diagrams.series.expansion import COUNTED, Series, check_terms, holding
from diagrams.series.resting import averaged_at_rest
from diagrams.series.stepping import doubles, with_one
from diagrams.series.ways import centred_for_merging
from diagrams.wick.group_law import coprime_part


def expand_inertial(
    problem: Problem,
    terms: int,
    friction: str | int | Fraction,
    *,
    observable: str | Combination | None = None,
    max_memory: int | None = None,
) -> Series:
    """Return ``Y_0, .., Y_terms`` of gradient flow with momentum, exactly.

    ``friction`` is a name, a number, or a number over the time, such as ``"3/t"``; velocities are
    zero at first, so that ``Y_1 = 0``.  ``observable`` takes the place of the loss.

    Raises :class:`~diagrams.errors.BadInput`, and
    :class:`~diagrams.campaign.memory.MemoryLimitReached` above ``max_memory`` bytes.

    One weight that learns zero is a damped spring, ``w'' + c w' = -w``:

    >>> from diagrams.problems.spec import parse_problem
    >>> spring = parse_problem('''
    ... families = { unit = 1 }
    ... tensors.w = { families = ["unit"], role = "trained", variance = "v" }
    ... model = { output = "w[i]", target = "0" }
    ... loss = { kind = "squared error", over = [] }
    ... ''')
    >>> [str(y) for y in expand_inertial(spring, 4, "c")]
    ['1/2*v', '0', '-v', 'c*v', '-c**2*v + 4*v']
    """
    stated(problem)
    check_terms(terms)
    if problem.functions:
        allowed = "polynomials: momentum is followed by merges of polynomials; without it, expand"
        raise BadInput("friction", "a model with functions", allowed)
    if observable is not None:
        problem = problem.with_observable(observable)
    if any(diagram.legs for diagram, _ in problem.observable):
        raise BadInput("observable", problem.observed, "no free indices")
    for tensor in problem.trained:
        if tensor.sphere:
            allowed = "a problem without one: with momentum the projected flow has a force more"
            raise BadInput(f"tensors.{tensor.name}.constraint", "sphere", allowed)
    found = read_friction(friction, problem.coefficient_symbols)
    campaign = Campaign(max_memory=max_memory)
    exact = campaign.limited(lambda: list(_derivatives(problem, terms, found, campaign)))
    sizes = tuple(holding(exact).values())
    evidence = Evidence(Kind.EXACT, "; ".join([COUNTED, *sizes]), terms)
    return Series(problem, tuple(map(coprime_part, exact)), evidence, sizes, found)


def _derivatives(
    problem: Problem, terms: int, friction: Friction, campaign: Campaign
) -> Iterator[Polynomial]:
    """All of them from one average."""
    mark = fresh("z", {*problem.symbols, *friction.strength.symbols})
    whole = _merged(centred_for_merging(problem), terms, friction, mark, campaign)
    average = averaged_at_rest(problem, whole, campaign)
    for s in range(terms + 1):
        yield Polynomial.from_terms(
            (tuple(pair for pair in powers if pair[0] != mark), c * factorial(s))
            for powers, c in average.terms
            if dict(powers).get(mark, 0) == s
        )


def _merged(
    problem: Problem, terms: int, friction: Friction, mark: str, campaign: Campaign
) -> Combination:
    """``sum over s of mark^s L_s``, before any average."""
    merging = _Merging.of(problem)
    total: dict[State, list[tuple[Powers, Fraction]]] = {}
    for s in range(terms + 1):
        campaign.check_memory(f"order {s}")
        for rubbed, collected, scale in merging.ways_down(s, friction):
            own = Polynomial.symbol(mark) ** s * (-1 * friction.strength) ** rubbed * scale
            for sector, counts in collected.items():
                weight = own * sector_weight(sector, merging.weights)
                for state, count in counts.items():
                    total.setdefault(state, []).extend((count * weight).terms)
    decode = merging.alphabet.decode
    return Combination.of((decode(state), Polynomial.from_terms(t)) for state, t in total.items())


@dataclass(frozen=True)
class _Merging:
    """The two merges, their atoms in incidence form."""

    alphabet: Alphabet
    weights: tuple[Polynomial, ...]
    start: Collected
    motion: tuple[tuple[int, PreparedAtom], ...]
    force: tuple[tuple[int, PreparedAtom], ...]

    @staticmethod
    def of(problem: Problem) -> _Merging:
        """Velocities are doubles of the trained tensors."""
        used = {t.name for d, _ in (*problem.observable, *problem.potential) for t in d.tensors}
        speeds = doubles(problem.trained, "speed", used)
        motion, force = [], []
        for tensor, speed in speeds.items():
            slots = [f"i{slot}" for slot in range(tensor.rank)]
            pair = Diagram.of((tensor, slots), (speed, slots))
            motion.append(Atom(pair, ONE, frozenset([tensor])))
            force += [
                Atom(diagram, -1 * weight * tensor.rate, frozenset([speed]))
                for diagram, weight in with_one(problem.potential, tensor, speed, {})
            ]
        observable = [Atom(diagram, weight) for diagram, weight in problem.observable]
        every = (*observable, *motion, *force)
        alphabet, weights = Alphabet.of([atom.diagram for atom in every]), weights_of(every)
        ready = [
            tuple((weights.index(atom.weight), prepare(alphabet, atom)) for atom in atoms)
            for atoms in (motion, force)
        ]
        return _Merging(alphabet, weights, collected_atoms(alphabet, observable, weights), *ready)

    def ways_down(self, s: int, friction: Friction) -> Iterator[tuple[int, Collected, Fraction]]:
        """What the s terms of all ways down from ``L_s`` lead to, by how often friction acted.

        Counts are whole: the divisors of all terms are taken out, as the last factor.
        """
        r = friction.over_time
        divisors = {
            (level, d): level * r.denominator + (r.denominator + r.numerator) * d
            for level in range(s + 1)
            for d in range(s // 2 + 1)
            if level or d
        }
        common = lcm(*divisors.values())
        current = {(s, 0, 0): self.start}
        for _ in range(s):
            following: dict[tuple[int, int, int], Collected] = {}
            for (level, d, rubbed), collected in current.items():
                factor = common // divisors[level, d]
                if level > 1:
                    target = following.setdefault((level - 2, d + 1, rubbed), {})
                    self._merge(collected, self.motion, factor, target)
                if d:
                    target = following.setdefault((level, d - 1, rubbed), {})
                    self._merge(collected, self.force, factor, target)
                if d and level and friction.strength:
                    target = following.setdefault((level - 1, d, rubbed + 1), {})
                    _add(collected, factor * d, target)
            current = following
        scale = Fraction(r.denominator, common) ** s if s else Fraction(1)
        for (_, _, rubbed), collected in current.items():
            yield rubbed, collected, scale

    def _merge(
        self,
        collected: Collected,
        atoms: tuple[tuple[int, PreparedAtom], ...],
        factor: int,
        target: Collected,
    ) -> None:
        """Add the merges of all with some atoms, times a factor."""
        for sector, counts in collected.items():
            times = {state: factor * count for state, count in counts.items()}
            for place, atom in atoms:
                merge_all(
                    self.alphabet, times, atom, target.setdefault(one_more(sector, place), {})
                )


def _add(collected: Collected, factor: int, target: Collected) -> None:
    """Add all, times a factor."""
    for sector, counts in collected.items():
        known = target.setdefault(sector, {})
        for state, count in counts.items():
            known[state] = known.get(state, 0) + factor * count
