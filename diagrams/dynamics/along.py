"""A scaling as a regime: all sizes in proportion to powers of one, whatever regimes there are.

``d=1,n=delta*d`` says that n and d grow in proportion.  Ratios such as delta stay where they are:
in the sizes, at which a solution has its values.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.mean_fields.equations import check_scaled
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.clock_rule import FirstOrders
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Limit, relation
from diagrams.series.levels import Proportion, proportions


def is_scaling(regime: str | Regime) -> bool:
    """Whether a regime is given as a scaling."""
    return "=" in regime if isinstance(regime, str) else not regime.corners


def regime_along(problem: Problem, scaling: str) -> Regime:
    """Return a scaling as a regime: pairs of a symbol with an exponent, or with a monomial.

    Scales that it does not name stay of order one.

    Raises :class:`~diagrams.errors.BadInput` for what is no scaling of all sizes.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = regime_along(cp_problem(order=3), "p=1,H=y*p^2,sigma=p^(-1/2)")
    >>> found.name, found.condition
    ('p=1,H=2,sigma=-1/2', 'H ~ p^2, p sigma^2 ~ 1')
    """
    large, put = proportions(dict(_pair(piece) for piece in scaling.split(",")))
    symbols = problem.symbols
    for name in put:
        if name not in symbols:
            raise BadInput("scaling", name, f"symbols of the problem: {', '.join(symbols)}")
    check_scaled(problem, put)
    powers = {name: dict(value.terms[0][0]).get(large, Fraction(0)) for name, value in put.items()}
    for size in problem.scaled:
        if powers[size] < 0:
            raise BadInput(f"scaling.{size}", str(put[size]), "a size that grows or stays")
    exponents = [powers.get(name, Fraction(0)) for name in symbols]
    common = lcm(*(e.denominator for e in exponents))
    direction = tuple(int(e * common) for e in exponents)
    first = symbols.index(large)
    none = (0,) * len(symbols)
    equalities = []
    for place, power in enumerate(direction):
        if place != first:
            fixed = list(none)
            fixed[place], fixed[first] = direction[first], -power
            equalities.append(relation(symbols, tuple(fixed), none, Limit.ONE))
    name = ",".join(f"{n}={e}" for n, e in zip(symbols, exponents, strict=True) if e)
    return Regime(
        name=name,
        dimension=0,
        corners=(),
        lines=(),
        symbols=symbols,
        equalities=tuple(equalities),
        inequalities=(),
        clock=None,
        learning="undetermined",
        parameterization="undetermined",
        direction=direction,
        first=0,
        evidence=Evidence(Kind.DERIVED, "a scaling that was given"),
        first_orders=FirstOrders((), (), problem.scaled, proved=False, last=0, seen=True),
    )


def _pair(piece: str) -> tuple[str, Proportion]:
    name, equals, value = piece.partition("=")
    if not equals:
        allowed = "symbols with exponents or monomials, such as d=1,n=delta*d"
        raise BadInput("scaling", piece, allowed)
    text = value.strip()
    try:
        return name.strip(), Fraction(text)
    except (ValueError, ZeroDivisionError):
        return name.strip(), text
