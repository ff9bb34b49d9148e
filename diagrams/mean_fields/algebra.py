"""Polynomials of parameters and Gaussian variables, fast: python-flint, with exact averages.

The variables of a family's sites are centred Gaussians; their covariances are polynomials of the
parameters and are asked for when an average needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from diagrams.mean_fields.trees import is_atom
from diagrams.polynomials.polynomial import Polynomial, Powers

Moment = tuple[tuple[int, int], ...]
"""Variables by number with their powers."""


class Parameters:
    """The parameters as generators: roots for fractional exponents, inverses for negative ones."""

    def __init__(self, polynomials: Iterable[Polynomial], more: Iterable[str] = ()) -> None:
        exponents: dict[str, list[Fraction]] = {name: [Fraction(1)] for name in more}
        for polynomial in polynomials:
            for powers, _ in polynomial.terms:
                for name, e in powers:
                    if not is_atom(name):
                        exponents.setdefault(name, []).append(e)
        self.roots = {n: lcm(*(e.denominator for e in es)) for n, es in sorted(exponents.items())}
        negative = [n for n in self.roots if min(exponents[n]) < 0]
        self.places = {n: place for place, n in enumerate(self.roots)}
        self.inverses = {n: len(self.roots) + place for place, n in enumerate(negative)}
        self.count = max(1, len(self.roots) + len(negative))
        self.names = tuple(f"p{j}" for j in range(self.count))
        self.context = fmpq_mpoly_ctx.get(self.names, "lex")

    def exponents(self, powers: Iterable[tuple[str, Fraction]]) -> tuple[int, ...]:
        """A monomial without atoms as exponents of the generators."""
        found = [0] * self.count
        for name, e in powers:
            place = self.places[name] if e > 0 else self.inverses[name]
            found[place] = abs(int(e * self.roots[name]))
        return tuple(found)

    def constant(self, value: Polynomial) -> fmpq_mpoly:
        """A polynomial of the parameters, as one of flint's."""
        return self.context.from_dict(
            {self.exponents(p): fmpq(c.numerator, c.denominator) for p, c in value.terms}
        )

    def polynomial(self, value: fmpq_mpoly) -> Polynomial:
        """The same, read back."""
        found: list[tuple[Powers, Fraction]] = []
        for exponents, number in value.to_dict().items():
            powers = {
                n: Fraction(
                    int(exponents[place]) - int(exponents[self.inverses[n]])
                    if n in self.inverses
                    else int(exponents[place]),
                    self.roots[n],
                )
                for n, place in self.places.items()
            }
            exact = Fraction(int(number.p), int(number.q))
            found += Polynomial.monomial(exact, powers).terms
        return Polynomial.from_terms(found)


class Ring:
    """Polynomials of the parameters and of Gaussian variables.

    ``covariance(a, b)`` is that of two variables by number, as exponents of the parameters with
    coefficients; variables whose ``blocks`` differ are independent.  A variable alone in its block
    may be of another law: ``moment(a, power)`` is then its moment, else none.
    """

    def __init__(
        self,
        parameters: Parameters,
        blocks: Sequence[Hashable],
        covariance: Callable[[int, int], fmpq_mpoly],
        moment: Callable[[int, int], fmpq_mpoly | None] = lambda variable, power: None,
    ) -> None:
        self.parameters = parameters
        self.moment = moment
        self.blocks = blocks
        self.covariance = covariance
        names = (*parameters.names, *(f"x{j}" for j in range(len(blocks))))
        self.context = fmpq_mpoly_ctx.get(names, "lex")
        self.zero = self.context.from_dict({})
        self._moments: dict[Moment, fmpq_mpoly] = {(): parameters.context.constant(1)}

    def variable(self, number: int) -> fmpq_mpoly:
        """A Gaussian variable."""
        return self.context.gen(self.parameters.count + number)

    def lifted(self, value: fmpq_mpoly) -> fmpq_mpoly:
        """A polynomial of the parameters alone, as one of this ring."""
        more = (0,) * len(self.blocks)
        return self.context.from_dict({(*e, *more): c for e, c in value.to_dict().items()})

    def constant(self, value: Polynomial) -> fmpq_mpoly:
        """A polynomial without atoms of sites."""
        return self.lifted(self.parameters.constant(value))

    def derivative(self, value: fmpq_mpoly, number: int) -> fmpq_mpoly:
        """The derivative by a variable."""
        return value.derivative(self.parameters.count + number)

    def mean(self, value: fmpq_mpoly) -> fmpq_mpoly:
        """The average over the variables, a polynomial of the parameters."""
        first = self.parameters.count
        parts: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
        for exponents, number in value.to_dict().items():
            parts.setdefault(exponents[first:], {})[exponents[:first]] = number
        total = self.parameters.context.from_dict({})
        for powers, terms in parts.items():
            moment = tuple((j, int(e)) for j, e in enumerate(powers) if e)
            if factor := self._moment(moment):
                total += factor * self.parameters.context.from_dict(terms)
        return total

    def _moment(self, moment: Moment) -> fmpq_mpoly:
        """Wick's theorem: the first variable of a product meets every other of its block."""
        known = self._moments.get(moment)
        if known is None:
            block = self.blocks[moment[0][0]]
            own = tuple(v for v in moment if self.blocks[v[0]] == block)
            rest = tuple(v for v in moment if self.blocks[v[0]] != block)
            if rest:
                known = self._moment(own) * self._moment(rest)
            elif (shaped := self.moment(*own[0])) is not None:
                known = shaped
            elif sum(e for _, e in own) % 2:
                known = self.parameters.context.from_dict({})
            else:
                known = self._paired(own)
            self._moments[moment] = known
        return known

    def _paired(self, moment: Moment) -> fmpq_mpoly:
        last, power = moment[-1]
        left = dict(moment)
        left[last] = power - 1
        total = self.parameters.context.from_dict({})
        for other, e in list(left.items()):
            if e and (weight := self.covariance(last, other)):
                inner = {**left, other: e - 1}
                total += (
                    e * weight * self._moment(tuple((j, n) for j, n in sorted(inner.items()) if n))
                )
        return total
