"""Curves and series as tables of comma-separated values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from diagrams.agreement.agreement import Agreement
from diagrams.flow.curves import Array, Curves
from diagrams.flow.simulation import Simulation
from diagrams.provenance import stamp, stamp_line
from diagrams.series.expansion import Series

Curve = Array | Sequence[float | None]


def simulation_csv(found: Simulation, command: str | None = None) -> str:
    """Return a simulation as CSV text with a commented first line.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.flow import simulate
    >>> run = simulate(cp_problem(order=2), p=2, H=1, sigma=1, until=1, seeds=2, points=2)
    >>> simulation_csv(run).splitlines()[1]
    't,mean,standard_error,median,q10,q25,q75,q90,seed_0,seed_1'
    """
    names = ["t", "mean", "standard_error", "median", *_levels(found)]
    names += [f"seed_{k}" for k in range(found.seeds)]
    curves: list[Curve] = [found.times, found.mean, found.standard_error, found.median]
    curves += [curve for _, curve in found.quantiles]
    curves += found.rows
    for observable, rows in found.observed:
        values = Curves(rows)
        head = _cell(observable)
        names += [f"{head} mean", f"{head} standard_error", f"{head} median"]
        names += [f"{head} seed_{k}" for k in range(found.seeds)]
        curves += [values.mean, values.standard_error, values.median, *rows]
    return _table(_about(found, (), command), names, curves)


def series_csv(series: Series, command: str | None = None) -> str:
    """Return the coefficients, a line for each monomial: its order, its factor, its powers.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.series.expansion import expand
    >>> series = expand(cp_problem(order=2, ties="asym", target="zero"), 1)
    >>> print(series_csv(series).partition("\\n")[2], end="")
    s,coefficient,H,p,sigma
    0,1/2,1,2,4
    1,-2,1,2,6
    1,-2,1,3,6
    1,-2,2,2,6
    """
    derivatives = [series[s] for s in range(series.terms + 1)]
    symbols = sorted({name for found in derivatives for name in found.symbols})
    rows = (
        ",".join([str(s), str(factor), *(str(powers.get(name, 0)) for name in symbols)])
        for s, found in enumerate(derivatives)
        for powers, factor in found
    )
    made = stamp_line(stamp(series.problem.spec, command))
    return _lines(made, ["s", "coefficient", *symbols], rows)


def _levels(found: Simulation) -> list[str]:
    return [f"q{round(100 * level)}" for level, _ in found.quantiles]


def _about(found: Simulation, more: Sequence[str], command: str | None) -> str:
    """What curves are of: the SPEC, or the title of a file; the sizes; what made them.

    It is read back by its semicolons.
    """
    spec = found.problem.spec if "\n" not in found.problem.spec else found.problem.title
    sizes = ", ".join(f"{name}={value!r}" for name, value in found.sizes)
    made = stamp_line(stamp(found.problem.spec, command, found.root))
    return "; ".join((spec.replace(";", ","), sizes, *more, made))


def _table(about: str, names: Sequence[str], curves: Iterable[Iterable[float | None]]) -> str:
    """Columns below a commented line and their names; what is not known is empty."""
    rows = (
        ",".join("" if x is None or math.isnan(x) else repr(float(x)) for x in row)
        for row in zip(*curves, strict=True)
    )
    return _lines(about, names, rows)


def _lines(about: str, names: Sequence[str], rows: Iterable[str]) -> str:
    remark = "".join(c if c.isprintable() else "?" for c in about)
    return "\n".join([f"# {remark}", ",".join(names), *rows]) + "\n"


def _cell(observable: str) -> str:
    """The text of an observable without the signs that part cells."""
    return "".join(";" if c == "," else "'" if c == '"' else c for c in observable)


def agreement_csv(found: Agreement, command: str | None = None) -> str:
    """Return all curves as CSV text with a commented first line.

    >>> from diagrams.agreement import compare
    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="asym", target="zero")
    >>> at = {"p": 4, "H": 2, "sigma": 0.5, "until": 1, "points": 2}
    >>> found = compare(free, "A", **at, seeds=2, sizes=(), terms=2)
    >>> agreement_csv(found).splitlines()[1]
    't,series,solution,mean,standard_error,median,q10,q25,q75,q90,ratio_mean,ratio_median'
    """
    run = found.simulation
    theory = found.theory.values if found.theory else (None,) * len(found.times)
    names = ["t", "series", "solution", "mean", "standard_error", "median", *_levels(run)]
    names += ["ratio_mean", "ratio_median"]
    curves: list[Curve] = [
        found.times,
        found.series_values,
        theory,
        run.mean,
        run.standard_error,
        run.median,
    ]
    curves += [curve for _, curve in run.quantiles]
    curves += [found.ratios(run.mean), found.ratios(run.median)]
    more = (f"regime {found.regime}", *([found.scaling.verdict] if found.scaling else []))
    return _table(_about(run, more, command), names, curves)
