"""``wickflow regimes``: which dynamics rule in which scaling, and where they change."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from diagrams.campaign.effort import WALL, WORK, Clock
from diagrams.commands import console
from diagrams.commands.arguments import (
    SECONDS,
    add_search,
    add_spec,
    read_order,
    read_problem,
    read_seconds,
    read_texts,
    read_values,
)
from diagrams.commands.latex_options import DOCUMENTS, add_format, put_value, read_latex
from diagrams.commands.output import note, progress, put
from diagrams.errors import BadInput

if TYPE_CHECKING:
    from diagrams.problems.problem import Problem
    from diagrams.problems.spec import PresetFamily
    from diagrams.scaling.fronts.restriction import Tied
    from diagrams.scaling.regimes.dominance import Standing
    from diagrams.scaling.regimes.exploration import Exploration
    from diagrams.scaling.regimes.location import Location

SHORT = "does not suffice"
FEW_ORDERS = 3
"""The order to which terms are weighed at actual sizes, unless regimes begin later."""


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_search(command)
    add_format(command, "json")
    command.add_argument(
        "--scaling",
        metavar="H=2,sigma=-1",
        help="name the regime of a scaling, by exponents relative to the first size",
    )
    command.add_argument(
        "--at",
        metavar="p=64,H=4096,sigma=1/50",
        help="name the regime of actual sizes, by which terms are large",
    )
    command.add_argument(
        "--proportional",
        metavar="n=d,h=d",
        help="look at scalings only in which sizes grow in proportion to others",
    )
    command.add_argument(
        "--fixed", metavar="r,n", help="look at scalings only in which sizes stay fixed"
    )
    command.add_argument(
        "--set",
        metavar="s=1/N,r=1",
        help="look at scalings only in which scales are monomials, constants left out",
    )
    command.add_argument(
        "--plot", metavar="FILE", help="draw polygon and phase diagram, as .svg, .pdf or .png"
    )
    console.add_resource_options(command)


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.problems.spec import parse_family

    terms = None if chosen.terms is None else read_order(chosen.terms)
    seconds = float(SECONDS) if chosen.within is None else read_seconds(chosen.within)
    clock = WORK if chosen.within is None else WALL
    if terms is not None and chosen.within is not None:
        raise BadInput("within", chosen.within, "no time where --terms gives the order")
    symbols = read_latex(chosen)
    family = parse_family(chosen.spec)
    if family is not None:
        return _run_family(chosen, family, terms, seconds, clock)
    problem = read_problem(chosen)
    if chosen.scaling is not None and chosen.at is not None:
        raise BadInput("at", chosen.at, "either --scaling or --at")
    scaling = None if chosen.scaling is None else read_values("scaling", chosen.scaling)
    sizes = None if chosen.at is None else read_values("at", chosen.at)
    plot = None
    if chosen.plot is not None:
        from diagrams.export.pictures.plots import check_plot

        plot = check_plot(chosen.plot)
    from diagrams.scaling.regimes.exploration import explore

    tied = _ties(chosen, problem)
    with console.resources(chosen) as resources:
        explored = explore(problem, terms, seconds, progress, resources, clock=clock, tied=tied)
        found = explored.regimes
        if found is None:
            placed = any((scaling, sizes))
            if explored.seen is None or placed:
                raise _refusal(explored, chosen.within, terms)
            found = explored.seen
        location: Location | None = None
        standing: Standing | None = None
        if scaling is not None:
            from diagrams.export.pictures.phase_polygon import with_law
            from diagrams.scaling.regimes.location import locate

            exponents = {name: str(value) for name, value in scaling.items()}
            location = locate(with_law(found, FEW_ORDERS), exponents)
        if sizes is not None:
            standing = _standing(explored, sizes, terms, seconds, resources, clock)
    if plot is not None:
        from diagrams.export.pictures.plots import write_picture

        write_picture(plot, found)
    if chosen.format == "json":
        from diagrams.export.json.regimes import regimes_json

        put(regimes_json(found, chosen.command, location, standing))
        return 0
    from diagrams.export.content.places import place_document
    from diagrams.export.content.regimes import regimes_document

    place = location or standing
    if place is None or (chosen.format in DOCUMENTS and not chosen.fragment):
        document = regimes_document(found, place)
    else:
        document = place_document(place, found)
    put_value(chosen, symbols, document)
    if found is explored.seen:
        note(f"no law holds of the orders known; to see more: {_further(explored)}")
    return 0


def _ties(chosen: argparse.Namespace, problem: Problem) -> Tied:
    """The symbols that the scalings asked for tie."""
    from diagrams.problems.grammar import parse_monomial
    from diagrams.scaling.fronts.restriction import ties

    given = {
        name: {} if getattr(chosen, name) is None else read_texts(name, getattr(chosen, name))
        for name in ("proportional", "set")
    }
    fixed = [] if chosen.fixed is None else [name.strip() for name in chosen.fixed.split(",")]
    scales = {name: parse_monomial(text, f"set, {name}", {}) for name, text in given["set"].items()}
    sizes, symbols = (problem.in_order(names) for names in (problem.sizes, problem.symbols))
    tied = ties(given["proportional"], fixed, scales, sizes, symbols)
    if tied and chosen.at:
        raise BadInput("at", chosen.at, "nothing, where scalings are restricted")
    return tied


def _refusal(explored: Exploration, within: str | None, terms: int | None) -> BadInput:
    """Orders that fit no law: which order, or how much time, would bring the next one."""
    why = f"orders 0 to {explored.terms} were reached: {explored.refusal}"
    if terms is not None:
        following = explored.terms + 1
        allowed = f"another order, as a rule a higher one, such as {following}; {why}"
        return BadInput("terms", terms, allowed, SHORT)
    return BadInput("within", f"{within or SECONDS} s", f"{_further(explored)}; {why}", SHORT)


def _further(explored: Exploration) -> str:
    """The options that bring the next order."""
    time = f"--within {_rounded_up(explored.needed)}, or " if explored.needed else ""
    return f"{time}--terms {explored.terms + 1}"


def _rounded_up(seconds: float) -> int:
    """Seconds rounded up to two digits, at least one second.

    >>> _rounded_up(12.3), _rounded_up(1234.5)
    (13, 1300)
    """
    unit: int = 10 ** max(0, len(str(int(seconds))) - 2)
    return max(1, unit * (int(seconds / unit) + 1))


def _standing(
    explored: Exploration,
    sizes: dict[str, Fraction],
    given: int | None,
    seconds: float,
    resources: dict[str, Any],
    clock: Clock,
) -> Standing:
    """Where actual sizes stand, by the whole coefficients of a few orders."""
    from diagrams.export.pictures.phase_polygon import with_law
    from diagrams.scaling.regimes.dominance import locate_at
    from diagrams.scaling.regimes.exploration import coefficients_within
    from diagrams.series.expansion import expand

    assert explored.regimes is not None
    found = with_law(explored.regimes, FEW_ORDERS)
    first = found.families.first
    if given is not None:
        progress(f"coefficients of orders 0 to {given}")
        series = expand(explored.problem, given, **resources)
        progress("")
    else:
        wanted = min(max(FEW_ORDERS, first + 1), len(found.fronts) - 1)
        problem = explored.problem
        series = coefficients_within(problem, wanted, seconds, progress, resources, clock)
    if series.terms < first:
        allowed = f"{first} at least: these regimes hold from that order on"
        raise BadInput("terms", series.terms, allowed + _instead(found.symbols, sizes))
    return locate_at(found, series, {name: str(value) for name, value in sizes.items()})


def _instead(symbols: Sequence[str], sizes: dict[str, Fraction]) -> str:
    """What else to ask where weighing terms takes too long: the scaling that sizes amount to."""
    from diagrams.scaling.regimes.dominance import effective_scaling

    first = symbols[0]
    if set(sizes) != set(symbols) or min(sizes.values()) <= 0 or sizes[first] == 1:
        return ""
    scaling = effective_scaling(sizes, first)
    listed = ",".join(f"{name}={scaling[name]:.2f}" for name in symbols[1:])
    return f"; or --scaling {listed}, which is what these sizes amount to"


def _run_family(
    chosen: argparse.Namespace,
    family: PresetFamily,
    terms: int | None,
    seconds: float,
    clock: Clock,
) -> int:
    """The law for symbolic order."""
    for option in ("scaling", "at", "plot", "proportional", "fixed", "set"):
        if getattr(chosen, option) not in (None, False):
            raise BadInput(option, getattr(chosen, option), "nothing, unless the order is a number")
    from diagrams.export.content.regimes import order_law_document
    from diagrams.scaling.orders.family import family_law

    with console.resources(chosen) as resources:
        law = family_law(family, terms, seconds, progress, resources, clock)
    if chosen.format == "json":
        from diagrams.export.json.orders import law_json

        put(law_json(law, chosen.command, family.spec))
    else:
        put_value(chosen, read_latex(chosen), order_law_document(law, family.spec))
    return 0
