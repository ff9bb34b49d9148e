"""How a regime learns: by the number of couplings to the target in the terms of its face."""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.scaling.fronts.families import Families, Line
from diagrams.scaling.fronts.sectors import TargetCount

UNDETERMINED = "undetermined"


def couplings_growth(
    target: TargetCount | None, families: Families, lines: Sequence[Sequence[Line]]
) -> str:
    """Return ``free``, ``lazy`` or ``rich``: no, boundedly many, ever more couplings to the target.

    ``lines`` are those of a face, by residue class.  Where no law is known it is what the orders
    seen have; ``undetermined`` where exponents do not tell, or a single order has couplings.

    >>> from fractions import Fraction
    >>> line = Line((Fraction(1),), (Fraction(2),))
    >>> law = Families(1, 0, 3, ((line,),), 2, 4, (2, 3))
    >>> couplings_growth(TargetCount(Fraction(0), Fraction(-2), (Fraction(1),)), law, law.classes)
    'lazy'
    """
    if target is None:
        return UNDETERMINED
    if families.seen:
        orders = [s for s in range(families.first, families.last + 1) if lines[s % len(lines)]]
        runs = [[{target.at(s, v.start) for v in lines[s % len(lines)]} for s in orders]]
    else:
        runs = [[{target.at(s, v.at(s))} for s in (0, 1)] for group in lines for v in group]
    if all(count == {0} for run in runs for count in run):
        return "free"
    if any(len(run) < 2 for run in runs):
        return UNDETERMINED
    return "lazy" if all(count == run[0] for run in runs for count in run) else "rich"
