r"""Trained tensors that stay on a sphere: the potential whose plain flow is the projected one.

The flow of a tensor u of norm ``|u|^2 = R`` that may only turn is

    T u' = -rate (dV/du - (u . dV/du / R) u) ,

which keeps the norm.  Let V be a sum of terms, each homogeneous of some degree n in u: then
``u . dV/du = n V``, and the plain gradient of

    W = sum over terms of V (1 + sum over such tensors u of (n_u / 2) (1 - |u|^2 / R_u))

is ``dV/du - (n V / R) u`` wherever ``|u|^2 = R``, and that of V for all other tensors.  So the
projected flow of V and the plain flow of W are one, from every start on the spheres; W is a
polynomial as V is, and nothing else has to know of a sphere.

The start has to lie on the sphere, for every draw: entries whose square is a constant.  Gaussian
entries have a norm that fluctuates, by a part ``1/sqrt(size)`` of itself.
"""

from __future__ import annotations

from math import comb, prod

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Drawn, Mean, Shaped, root_of
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial


def squared_radius(tensor: Tensor) -> Polynomial:
    """The squared norm of a tensor on a sphere, the same for every draw: a monomial.

    Raises :class:`~diagrams.errors.BadInput` for entries whose square is no constant.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> spins = Tensor("u", (IndexFamily("site", "N"),), law=Shaped(), sphere=True)
    >>> print(squared_radius(spins))
    N
    """
    law = tensor.law
    assert isinstance(law, Drawn)
    size = prod((family.count for family in tensor.families), start=ONE)
    if not law.variance and law.mean is Mean.DELTA:
        size = tensor.families[0].count
    square = law.mean_value**2
    if law.variance:
        known = isinstance(law, Shaped) and (law.shape.known is None or law.shape.known >= 4)
        if not isinstance(law, Shaped) or not known or law.mean is Mean.DELTA:
            raise _off(tensor)
        square, fourth = (_moment(law, k) for k in (2, 4))
        if fourth != square**2:
            raise _off(tensor)
    if len(square) != 1:
        raise _off(tensor)
    return square * size


def _moment(law: Shaped, order: int) -> Polynomial:
    """``E (entry)^order``, the mean included; roots of the variance only where odd moments are."""
    parts = (
        comb(order, k) * law.mean_value ** (order - k) * _root(law, k) * law.shape.moment(k)
        for k in range(order + 1)
        if law.shape.moment(k) and (law.mean_value or k == order)
    )
    return sum(parts, Polynomial())


def _root(law: Shaped, power: int) -> Polynomial:
    return law.variance ** (power // 2) if power % 2 == 0 else root_of(law.variance) ** power


def _off(tensor: Tensor) -> BadInput:
    allowed = (
        "entries whose square is the same for every draw, so that the start lies on the sphere:"
        ' law = "rademacher" without a mean, "fixed" with one, or moments of two values +-c (four'
        ' of them, such as ["m", 1, "m", 1]); the norm of other entries fluctuates, and what leads'
        " at large sizes is the same"
    )
    return BadInput(f"tensors.{tensor.name}.constraint", "sphere", allowed)


def on_spheres(potential: Combination) -> Combination:
    """The potential whose plain gradient flow is the flow of ``potential`` on its spheres.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> u = Tensor("u", (IndexFamily("site", "N"),), law=Shaped(), sphere=True)
    >>> print(on_spheres(Combination.of({Diagram.of((u, "i")): 1})))
    (3/2) sum[k1] u[k1]
    (-1/2*N**(-1)) sum[k1,k2] u[k1] u[k2]^2
    """
    found = potential
    for tensor in {t for diagram, _ in potential for t in diagram.tensors if t.sphere}:
        slots = [f"i{slot}" for slot in range(tensor.rank)]
        norm = Combination.of({Diagram.of((tensor, slots), (tensor, slots)): 1})
        counted = Combination.of(
            (diagram, weight * Polynomial.constant(diagram.edge_counts().get(tensor, 0)) / 2)
            for diagram, weight in potential
        )
        found = found + counted - squared_radius(tensor) ** -1 * (counted @ norm)
    return found
