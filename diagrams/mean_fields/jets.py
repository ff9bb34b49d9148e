"""Taylor coefficients of mean-field equations of trees: a causal recursion, exact.

All kernels are analytic near time zero, so a Gaussian process is a random power series
``zeta(t) = sum zeta_k t^k`` and every quantity of a site has Taylor coefficients that are
polynomials in finitely many Gaussian variables.  By linearity the memory of a field is
``sum_k noise E[d psi_n / d zeta_k] chi_k``: instantaneous and retarded responses at once.  With
tensors chi is multiplied by correlations, series in both times.
"""

from __future__ import annotations

from math import factorial

from flint import fmpq_mpoly

from diagrams.graphs.tensors import IndexFamily
from diagrams.mean_fields.algebra import Parameters, Ring
from diagrams.mean_fields.equations import Field, Moving, Number, TreeEquations
from diagrams.mean_fields.moments import Moments
from diagrams.mean_fields.trees import by_atoms
from diagrams.polynomials.polynomial import Polynomial, Powers

Site = IndexFamily | None
"""A family, or ``None`` for what is no site's: numbers and scalars."""

Meeting = tuple[tuple[IndexFamily, Polynomial, Polynomial], ...]
"""Pairs of polynomials at a site each, the first at t and the second at s."""


def taylor(equations: TreeEquations, terms: int) -> tuple[Polynomial, ...]:
    """The derivatives ``Y_0, .., Y_terms`` of the observable at its order, exactly."""
    if equations.functions:
        return Moments(equations).derivatives(terms)
    return Jets(equations, terms).observable()


class Jets:
    """The Taylor coefficients of everything in the equations, order by order."""

    def __init__(self, equations: TreeEquations, terms: int) -> None:
        self.equations, self.terms = equations, terms
        random = [q for q in equations.moving if q.family is None and q.variance]
        self.random = {q.atom: q for q in random}
        self.parameters = Parameters(equations.polynomials, self.random)
        self.variables: dict[Site, list[tuple[str, int]]] = {}
        for q in equations.moving:
            if q.family is not None and q.variance:
                self.variables.setdefault(q.family, []).append((q.atom, -1))
        for field in equations.fields:
            if field.noise:
                own = self.variables.setdefault(field.family, [])
                own += [(field.atom, k) for k in range(terms + 1)]
        self.laws = {q.atom: q for q in equations.moving}
        self.known = {k.atom: k for k in equations.met}
        self.rings = {site: self._ring(site) for site in (*equations.families, None)}
        self.numbers_of = {s: {v: j for j, v in enumerate(vs)} for s, vs in self.variables.items()}
        self.jets: dict[tuple[Site, tuple[str, ...]], list[fmpq_mpoly]] = {}
        self.correlations: dict[tuple[Meeting, int, int], fmpq_mpoly] = {}
        self._run()

    def observable(self) -> tuple[Polynomial, ...]:
        """The derivatives of the observable, averaged over scalars."""
        found = []
        for n in range(self.terms + 1):
            value = self.parameters.polynomial(self._at(None, self.equations.observable, n))
            found.append(factorial(n) * self._over_scalars(value))
        return tuple(found)

    def _over_scalars(self, value: Polynomial) -> Polynomial:
        """The average over the initial values of random scalars."""
        total = Polynomial()
        for atoms, weight in by_atoms(value).items():
            for atom, power in atoms:
                weight = weight * self.random[atom].moment(int(power))
            total = total + weight
        return total

    @property
    def largest(self) -> int:
        """The number of terms of the largest polynomial of Gaussian variables."""
        return max((len(jet[-1].to_dict()) for jet in self.jets.values() if jet), default=0)

    # -- the recursion ------------------------------------------------------------------

    def _run(self) -> None:
        for n in range(self.terms + 1):
            for q in self.equations.moving:
                self._jet(q.family, q.atom).append(self._moving(q, n))
            for known in self.equations.met:
                if isinstance(known, Number):
                    self._jet(None, known.atom).append(self._number(known, n))
                else:
                    self._jet(known.family, known.atom).append(self._field(known, n))

    def _jet(self, site: Site, atom: str) -> list[fmpq_mpoly]:
        return self.jets.setdefault((site, (atom,)), [])

    def _moving(self, q: Moving, n: int) -> fmpq_mpoly:
        ring = self.rings[q.family]
        if n:
            return self._at(q.family, q.drift, n - 1) / n
        start = ring.constant(q.mean)
        if q.family is None and q.variance:
            return start + ring.constant(Polynomial.monomial(1, {q.atom: 1}))
        return start + ring.variable(self.numbers_of[q.family][q.atom, -1]) if q.variance else start

    def _number(self, known: Number, n: int) -> fmpq_mpoly:
        mean = self.rings[known.family].mean(self._at(known.family, known.value, n))
        return self.parameters.constant(known.weight) * mean

    def _field(self, field: Field, n: int) -> fmpq_mpoly:
        ring = self.rings[field.family]
        total = ring.zero
        if field.noise:
            total += ring.variable(self.numbers_of[field.family][field.atom, n])
        for atom, weight in field.memory:
            partner = self.known[atom]
            assert isinstance(partner, Field)
            total += ring.constant(weight) * self._memory(field, partner, n)
        for weight, left, right in field.motion:
            met = tuple(zip(field.source_families, field.sources, right, strict=True))
            for j in range(n):
                for k in range(n - j):
                    mean = ring.constant(weight) * ring.lifted(self._correlation(met, j, k))
                    left_l = self._at(field.family, left, n - 1 - j - k)
                    total += mean * left_l / (n - j)
        return total

    def _memory(self, field: Field, partner: Field, n: int) -> fmpq_mpoly:
        """What a field takes back from another of its matrix, at an order."""
        answering, given, pairs = field.meeting(partner)
        family = field.source_families[answering]
        ring, source = self.rings[field.family], self.rings[family]
        met = tuple(
            (field.source_families[own], field.sources[own], partner.sources[its])
            for own, its in pairs
        )
        total = ring.zero
        for m in range(n + 1) if met else (n,):
            psi = self._at(family, field.sources[answering], m)
            for k in range(m + 1):
                number = self.numbers_of[family].get((partner.atom, k))
                answer = None if number is None else source.derivative(psi, number)
                if not answer:
                    continue
                response = source.mean(answer)
                for j in range(k + 1) if met else (0,):
                    factor = ring.lifted(response * self._correlation(met, n - m, j))
                    total += factor * self._at(field.family, partner.sources[given], k - j)
        return total

    # -- values -------------------------------------------------------------------------

    def _at(self, site: Site, value: Polynomial, n: int) -> fmpq_mpoly:
        """The n-th Taylor coefficient of a polynomial of atoms at a site."""
        total = self.rings[site].zero
        for atoms, weight in by_atoms(value).items():
            total += self.rings[site].constant(weight) * self._product(site, self._spread(atoms), n)
        return total

    @staticmethod
    def _spread(atoms: Powers) -> tuple[str, ...]:
        return tuple(atom for atom, power in atoms for _ in range(int(power)))

    def _product(self, site: Site, atoms: tuple[str, ...], n: int) -> fmpq_mpoly:
        """The n-th Taylor coefficient of a product of atoms, kept."""
        ring = self.rings[site]
        if not atoms:
            return ring.context.constant(1 if n == 0 else 0)
        jet = self.jets.setdefault((site, atoms), [])
        while len(jet) <= n:
            m = len(jet)
            if len(atoms) == 1:  # something of another site: a number or a scalar
                value = self.jets[None, atoms][m]
                jet.append(ring.lifted(value))
                continue
            total = ring.zero
            for j in range(m + 1):
                if last := self._product(site, atoms[-1:], j):
                    total += self._product(site, atoms[:-1], m - j) * last
            jet.append(total)
        return jet[n]

    # -- laws ---------------------------------------------------------------------------

    def _ring(self, site: Site) -> Ring:
        variables = self.variables.get(site, [])
        blocks = [a if k < 0 else self._group(a) for a, k in variables]

        def covariance(one: int, other: int) -> fmpq_mpoly:
            (a, n), (b, k) = variables[one], variables[other]
            if n < 0:
                return self.parameters.constant(self.laws[a].variance)
            return self._covariance(a, n, b, k)

        def moment(place: int, power: int) -> fmpq_mpoly | None:
            """That of an initial entry that is no Gaussian."""
            atom, n = variables[place]
            if n >= 0 or self.laws[atom].shape is None:
                return None
            return self.parameters.constant(self.laws[atom].moment(power))

        return Ring(self.parameters, blocks, covariance, moment)

    def _group(self, atom: str) -> tuple[str, int]:
        known = self.known[atom]
        assert isinstance(known, Field)
        return known.group

    def _covariance(self, a: str, n: int, b: str, k: int) -> fmpq_mpoly:
        """The covariance of the noise of two fields, at two orders."""
        one, other = self.known[a], self.known[b]
        assert isinstance(one, Field)
        assert isinstance(other, Field)
        met = tuple(zip(one.source_families, one.sources, other.sources, strict=True))
        return self.parameters.constant(one.noise) * self._correlation(met, n, k)

    def _correlation(self, met: Meeting, n: int, k: int) -> fmpq_mpoly:
        """The coefficient of ``t^n s^k`` in a product of correlations, one for each pair."""
        if not met:
            return self.parameters.context.constant(n == k == 0)
        key = met, n, k
        if key not in self.correlations:
            (site, psi, chi), *rest = met
            if not rest:
                found = self.rings[site].mean(self._at(site, psi, n) * self._at(site, chi, k))
            else:
                found = sum(
                    (
                        self._correlation(met[:1], i, j) * self._correlation(met[1:], n - i, k - j)
                        for i in range(n + 1)
                        for j in range(k + 1)
                    ),
                    self.parameters.context.constant(0),
                )
            self.correlations[key] = found
        return self.correlations[key]
