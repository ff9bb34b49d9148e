"""Traces of chains of random matrices at large sizes: planar pairings, and their equations.

``tr(K^s R)`` for sums of chains ``K`` and ``R`` is a sum over closed words of matrices.  At large
sizes its average is that over planar pairings of equal matrices.  Read letter by letter by an
automaton, the sum ``M_ab`` of all words that lead from state a to state b, each with its planar
pairings and normalised by its first index, obeys

    M_ab = 1_ab + sum v n_c w w' M_cd M_eb,

over steps a -> c with a letter of variance v and d -> e with its transpose: the first letter is
paired, what lies between is a closed word over the index at c, of n_c values.  (Voiculescu's
freeness of independent Gaussian matrices, as a grammar.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from diagrams.dynamics.roads.spectra.chains import Chains, Letter
from diagrams.polynomials.polynomial import ONE, Polynomial

State = int
Pair = tuple[State, State]


@dataclass(frozen=True, slots=True)
class Passage:
    """A step of the automaton; ``power`` is 1 where it completes a copy of ``K``."""

    start: State
    letter: Letter
    end: State
    weight: Polynomial
    power: int


@dataclass(frozen=True, slots=True)
class Product:
    """``weight z^power M_inner M_outer``, one term of the equation of some ``M_ab``."""

    weight: Polynomial
    power: int
    inner: Pair
    outer: Pair


@dataclass(frozen=True)
class Planar:
    """The planar equations of all powers of a kernel ``K``, and of ``R`` in front of them.

    State 0 stands before a chain of the kernel, state 1 before one of ``R``; the kernel holds no
    multiple of the identity.  ``outside`` is the number of values of all free indices together.
    """

    kernel: Chains
    square: Chains
    outside: Polynomial

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The steps of the automaton."""
        found: list[Passage] = []
        state = 2
        for start, chains, power in ((0, self.kernel, 1), (1, self.square, 0)):
            for word, coefficient in chains.terms:
                here = start
                for place, letter in enumerate(word):
                    last = place == len(word) - 1
                    end = 0 if last else state
                    state += not last
                    weight, gained = (coefficient, power) if last else (ONE, 0)
                    found.append(Passage(here, letter, end, weight, gained))
                    here = end
        return tuple(found)

    @cached_property
    def products(self) -> dict[Pair, tuple[Product, ...]]:
        """The terms of the equation of every ``M_ab`` but the one; of those that vanish, none."""
        states = {0, 1, *(p.start for p in self.passages), *(p.end for p in self.passages)}
        pairs = [(a, b) for a in states for b in states]
        alive = {pair for pair in pairs if pair[0] == pair[1]}
        while True:
            found = {
                pair: tuple(t for t in self._terms(pair) if {t.inner, t.outer} <= alive)
                for pair in pairs
            }
            grown = alive | {pair for pair in pairs if found[pair]}
            if grown == alive:
                return {pair: found[pair] for pair in alive}
            alive = grown

    def _terms(self, pair: Pair) -> Iterator[Product]:
        for first in self.passages:
            if first.start != pair[0]:
                continue
            size = first.letter.ends[1].count * first.letter.variance
            for last in self.passages:
                if last.letter == first.letter.back:
                    weight = size * first.weight * last.weight
                    inner, outer = (first.end, last.start), (last.end, pair[1])
                    yield Product(weight, first.power + last.power, inner, outer)

    @property
    def length(self) -> int:
        """The most letters of a chain."""
        chains = (*self.kernel.terms, *self.square.terms)
        return max((len(word) for word, _ in chains), default=0)

    def moments(self, count: int) -> tuple[Polynomial, ...]:
        """Return ``E tr(K^s R)`` over planar pairings, ``s = 0, .., count``."""
        series = self._series(count)
        chained, closed = series.get((1, 0), {}), series.get((0, 0), {})
        unit, none = self.square.of(()), Polynomial()
        return tuple(
            self.outside * (chained.get(s, none) + unit * closed.get(s, none))
            for s in range(count + 1)
        )

    def _series(self, count: int) -> dict[Pair, dict[int, Polynomial]]:
        """All ``M_ab`` as series in ``z``, to the power ``count``, by the lengths of words."""
        by_length: list[dict[Pair, dict[int, Polynomial]]] = [
            {pair: {0: ONE} for pair in self.products if pair[0] == pair[1]}
        ]
        for length in range(2, (count + 1) * self.length + 1):
            made: dict[Pair, dict[int, Polynomial]] = {}
            for pair, terms in self.products.items():
                total: dict[int, Polynomial] = {}
                for term in terms:
                    for inner in range(length - 1):
                        one = by_length[inner].get(term.inner, {})
                        other = by_length[length - 2 - inner].get(term.outer, {})
                        for i, x in one.items():
                            for j, y in other.items():
                                power = i + j + term.power
                                if power <= count:
                                    known = total.get(power, Polynomial())
                                    total[power] = known + term.weight * x * y
                made[pair] = {power: c for power, c in total.items() if c}
            by_length += [{}] * (length - len(by_length)) + [made]
        result: dict[Pair, dict[int, Polynomial]] = {}
        for made in by_length:
            for pair, series in made.items():
                into = result.setdefault(pair, {})
                for power, c in series.items():
                    into[power] = into.get(power, Polynomial()) + c
        return result
