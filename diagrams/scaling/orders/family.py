"""The regimes of a family of presets for symbolic order: several members, then the law in nu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagrams.campaign.effort import WORK, Clock
from diagrams.errors import BadInput
from diagrams.problems.spec import PresetFamily
from diagrams.scaling.orders.law import OrderLaw, order_law
from diagrams.scaling.regimes.exploration import BUDGET, Say, explore
from diagrams.scaling.regimes.finding import Regimes

MEMBERS = 4
"""Members that are compared: two fix the law, the others are held out."""

NEEDED = 3
COMPARED = 2
"""The order up to which the proved law of a member is compared with exact coefficients."""


def family_law(
    family: PresetFamily,
    terms: int | None = None,
    seconds: float = BUDGET,
    say: Say | None = None,
    resources: Mapping[str, Any] | None = None,
    clock: Clock = WORK,
) -> OrderLaw:
    """Return the law in nu of a family, from members of three or four orders nu.

    Each member is expanded to order ``terms``, or as far as ``seconds`` allow; the fourth is
    left out where the first three took more than that together.

    Raises :class:`~diagrams.errors.BadInput` where a member has no regimes or no law holds.

    >>> from diagrams.problems.spec import parse_family
    >>> print(family_law(parse_family("cp:order=even,ties=sym"))["E"].condition)
    p^(nu-1) sigma^nu -> 0, p^(nu-2) H^2 sigma^(2nu) -> 0
    """
    known: dict[int, Regimes] = {}
    began = clock.now()
    for order in family.orders[:MEMBERS]:
        if len(known) >= NEEDED and clock.now() - began > seconds:
            break

        def tell(step: str, order: int = order) -> None:
            if say is not None:
                say(f"nu = {order}: {step}" if step else "")

        found = explore(family.problem(order), terms, seconds, tell, resources, COMPARED, clock)
        if found.regimes is None:
            allowed = "orders nu that all have regimes; where nu is"
            raise BadInput(
                "order",
                family.parity,
                f"{allowed} {order}, none follow from orders 0 to {found.terms}: {found.refusal}",
            )
        known[order] = found.regimes
    return order_law(known, family.problem(family.orders[0]).titled(f"{family.parity} order nu"))
