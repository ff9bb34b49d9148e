r"""Taylor coefficients of mean-field equations without fields: moments of the law of one site.

Every site moves by itself, in numbers that are averages over all sites.  So the law of a site obeys
a continuity equation, and the moment of any function g of its entries

    d/dt E[g]  =  E[ sum_x (dg/dx) drift_x ] ,

where drifts hold moments in turn.  Repeated s times and averaged over the initial law, in which
functions of Gaussians are the symbols of :mod:`diagrams.wick.sites`, this gives the coefficient of
order s.  No diagram is merged.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.mean_fields.equations import Applied, Moving, Number, TreeEquations
from diagrams.mean_fields.trees import by_atoms
from diagrams.polynomials.polynomial import ONE, Polynomial, Powers
from diagrams.wick.sites import Factor, site_average

Moment = tuple[IndexFamily, Powers]
"""A family, and powers of atoms at its sites: their average."""


class Moments:
    """The moments met so far, as atoms, with their derivatives in others."""

    def __init__(self, equations: TreeEquations) -> None:
        self.observable = equations.observable
        self.moving = {q.atom: q for q in equations.moving}
        self.numbers = {k.atom: k for k in equations.met if isinstance(k, Number)}
        self.functions = {one.atom: one for one in equations.functions}
        self.atoms: dict[Moment, str] = {}
        self.met: dict[str, Moment] = {}
        self.rates: dict[str, Polynomial] = {}

    def derivatives(self, terms: int) -> tuple[Polynomial, ...]:
        """``Y_0, .., Y_terms`` of the observable, at its order."""
        value = self._in_moments(self.observable)
        found = [self._at_start(value)]
        for _ in range(terms):
            value = _derivative(value, self._rate)
            found.append(self._at_start(value))
        return tuple(found)

    def _rate(self, atom: str) -> Polynomial:
        """The derivative of a moment, or of a scalar."""
        if atom not in self.rates:
            if atom in self.met:
                family, powers = self.met[atom]
                inner = _derivative(Polynomial.monomial(1, dict(powers)), self._rate_at_site)
                self.rates[atom] = self._mean(family, inner)
            else:
                self.rates[atom] = self._in_moments(self.moving[atom].drift)
        return self.rates[atom]

    def _rate_at_site(self, atom: str) -> Polynomial:
        if atom in self.moving:
            return self.moving[atom].drift
        one = self.functions[atom]
        raised = Applied(f"@{one.entry.raised.name}", one.entry.raised, one.argument, one.factor)
        self.functions[raised.atom] = raised
        return Polynomial.monomial(1, {raised.atom: 1}) * self.moving[one.argument].drift

    # -- averages over sites ----------------------------------------------------------------

    def _in_moments(self, value: Polynomial) -> Polynomial:
        """A polynomial in which moments stand for numbers."""
        put = {n: self._number(self.numbers[n]) for n in value.symbols if n in self.numbers}
        return value.substitute(put) if put else value

    def _number(self, known: Number) -> Polynomial:
        return known.weight * self._mean(known.family, known.value)

    def _mean(self, family: IndexFamily, value: Polynomial) -> Polynomial:
        """The average of a polynomial over the sites of a family."""
        total = Polynomial()
        for atoms, weight in by_atoms(self._in_moments(value)).items():
            own = tuple(pair for pair in atoms if self._family(pair[0]) == family)
            rest = Polynomial.monomial(1, dict(pair for pair in atoms if pair not in own))
            total = total + weight * rest * (self._moment((family, own)) if own else ONE)
        return total

    def _family(self, atom: str) -> IndexFamily | None:
        """Where an atom stands; ``None`` for what is no site's."""
        one = self.functions.get(atom)
        q = self.moving.get(atom if one is None else one.argument)
        return None if q is None else q.family

    def _moment(self, moment: Moment) -> Polynomial:
        atom = self.atoms.setdefault(moment, f"@<{len(self.atoms)}>")
        self.met[atom] = moment
        return Polynomial.monomial(1, {atom: 1})

    # -- the initial law --------------------------------------------------------------------

    def _at_start(self, value: Polynomial) -> Polynomial:
        total = Polynomial()
        for atoms, weight in by_atoms(value).items():
            for atom, power in atoms:
                known = self.met.get(atom)
                if known is None:
                    weight = weight * _power(self.moving[atom], int(power))
                else:
                    weight = weight * self._average(known[1]) ** int(power)
                if not weight:
                    break
            total = total + weight
        return total

    def _average(self, powers: Powers) -> Polynomial:
        """The initial average of a product at one site, which is independent of others."""
        value = ONE
        together: dict[tuple[Tensor, tuple[int, ...]], list[Factor]] = {}
        for atom, power in powers:
            entry = (
                self.functions[atom].entry if atom in self.functions else self.moving[atom].entry
            )
            if (factor := entry.factor) is None:
                value = value * _power(self.moving[atom], int(power))
            else:
                together.setdefault(entry.row, []).extend([factor] * int(power))
        for factors in together.values():
            value = value * site_average(factors) if value else value
        return value


def _power(q: Moving, power: int) -> Polynomial:
    """The initial average of a power of an entry."""
    terms = (comb(power, k) * q.mean ** (power - k) * q.moment(k) for k in range(power + 1))
    return sum(terms, Polynomial())


def _derivative(value: Polynomial, rate: Callable[[str], Polynomial]) -> Polynomial:
    """The derivative of a polynomial of atoms that move at given rates."""
    total = Polynomial()
    for atoms, weight in by_atoms(value).items():
        for atom, power in atoms:
            left = Polynomial.monomial(1, {**dict(atoms), atom: power - 1})
            total = total + power * weight * left * rate(atom)
    return total
