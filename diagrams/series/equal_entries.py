"""Problems without randomness, all entries of every tensor alike: a flow of a few numbers.

Where every tensor starts at one value in all its entries, and nothing is random, exchanging two
values of any index changes nothing, and the flow keeps it so.  With the indices of every tensor in
different roles (:func:`~diagrams.wick.transfer.bipartite.in_roles`) every entry can be taken to any
other: at all times the entries of a tensor ``u`` are one number ``x_u``.  A diagram is then the
product of the sizes of its nodes and of one ``x_u`` for every edge, and
``x_u' = -r_u/n_u dV/dx_u``, with the rate ``r_u`` and the number ``n_u`` of entries, since a
derivative to ``x_u`` is the sum of those to all entries.  Coefficients are those of the power
series of ``x_u`` in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import factorial, prod

from diagrams.campaign.effort import spend
from diagrams.campaign.running import ALONE, Campaign
from diagrams.graphs.combination import Combination
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems.problem import Problem
from diagrams.wick.transfer import UnsupportedStructure
from diagrams.wick.transfer.bipartite import in_roles

Powers = tuple[tuple[Tensor, int], ...]
Reduced = list[tuple[Polynomial, Powers]]
Series = list[Polynomial]


def derivatives_by_numbers(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms`` where no entry is random.

    Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once for any other problem.

    >>> from diagrams.problems.spec import parse_problem
    >>> text = '''
    ... [families]
    ... unit = { size = "N" }
    ... [tensors.w]
    ... families = ["unit"]
    ... role = "trained"
    ... variance = 0
    ... mean = { pattern = "constant", value = "a" }
    ... [model]
    ... output = "w[m]"
    ... target = "0"
    ... [loss]
    ... kind = "squared error"
    ... over = []
    ... '''
    >>> print(*derivatives_by_numbers(parse_problem(text), 2), sep="; ")
    1/2*a**2*N**2; -a**2*N**3; 2*a**2*N**4
    """
    for tensor in problem.tensors:
        law = tensor.law
        if not isinstance(law, Gaussian) or law.variance or law.mean is Mean.DELTA:
            raise UnsupportedStructure(f"the entries of {tensor.name} are not all alike")
    parts, sizes = in_roles((problem.observable, problem.potential))
    for tensor in {t for part in parts for diagram, _ in part for t in diagram.tensors}:
        if len(set(tensor.families)) < tensor.rank:
            raise UnsupportedStructure(f"{tensor.name} has a diagonal")
    flow = _Flow(*parts)
    return (polynomial.substitute(sizes) for polynomial in flow.coefficients(terms, campaign))


def _reduced(combination: Combination) -> Reduced:
    """A combination as a polynomial in the numbers."""
    return [
        (
            weight * prod((family.count for family in diagram.nodes), start=ONE),
            tuple(sorted(diagram.edge_counts().items(), key=lambda item: item[0].name)),
        )
        for diagram, weight in combination
    ]


class _Flow:
    """The power series of all numbers, extended order by order."""

    def __init__(self, observable: Combination, generator: Combination) -> None:
        self.observable, potential = _reduced(observable), _reduced(generator)
        found = {t for part in (self.observable, potential) for _, own in part for t, _ in own}
        self.values: dict[Tensor, Series] = {}
        self.forces: dict[Tensor, Reduced] = {}
        for tensor in sorted(found, key=lambda tensor: tensor.name):
            assert isinstance(tensor.law, Gaussian)
            self.values[tensor] = [tensor.law.mean_value]
            if tensor.role is Role.TRAINED:
                entries = prod((family.count for family in tensor.families), start=ONE)
                step = -1 * tensor.rate * entries**-1
                self.forces[tensor] = [
                    (step * weight * dict(own)[tensor], _less(own, tensor))
                    for weight, own in potential
                    if tensor in dict(own)
                ]
        self.products: dict[Powers, Series] = {(): [ONE]}

    def coefficients(self, terms: int, campaign: Campaign) -> Iterator[Polynomial]:
        for s in range(terms + 1):
            campaign.check_memory(f"after order {s}")
            yield self._at(self.observable, s) * factorial(s)
            for tensor, force in self.forces.items():
                self.values[tensor].append(self._at(force, s) / (s + 1))
            for tensor, series in self.values.items():
                if tensor not in self.forces:
                    series.append(Polynomial())

    def _at(self, polynomial: Reduced, order: int) -> Polynomial:
        """The coefficient of one order of a polynomial in the numbers."""
        parts = [weight * self._product(powers, order) for weight, powers in polynomial]
        return Polynomial.from_terms(term for part in parts for term in part.terms)

    def _product(self, powers: Powers, order: int) -> Polynomial:
        """The coefficient of one order of a product of powers of the numbers."""
        series = self.products.setdefault(powers, [])
        while len(series) <= order:
            at = len(series)
            if not powers:
                series.append(Polynomial())
                continue
            tensor = powers[-1][0]
            rest = _less(powers, tensor)
            self._product(rest, at)
            series.append(_convolved(self.products[rest], self.values[tensor], at))
        return series[order]


def _less(powers: Powers, tensor: Tensor) -> Powers:
    """Powers of one factor less."""
    return tuple((one, n - (one == tensor)) for one, n in powers if n > (one == tensor))


def _convolved(one: Sequence[Polynomial], other: Sequence[Polynomial], order: int) -> Polynomial:
    spend(order + 1)
    products = (one[k] * other[order - k] for k in range(order + 1))
    return Polynomial.from_terms(term for product in products for term in product.terms)
