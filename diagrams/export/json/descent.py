"""Gradient descent in steps as JSON, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import comb

from msgspec import UNSET

from diagrams.errors import BadInput
from diagrams.export.json.batches import batch_arguments, batch_data, batch_from
from diagrams.export.json.claims import Recomputed, cheap_orders, exponent_bounds
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import series as documents
from diagrams.export.json.reading import (
    ORDER_LIMIT,
    evidence_of,
    polynomial_of,
    problem_of,
    same,
    whole,
)
from diagrams.polynomials.polynomial import Polynomial
from diagrams.series.descent import (
    STEPS_LIMIT,
    Descent,
    batch_symbols,
    check_momentum,
    check_rate,
    descent,
    entries_of,
)
from diagrams.series.stepping import merges_of

CHEAP = 3
"""Powers of the rate that are computed again, at most: they take longer than orders of a series."""


def descent_json(found: Descent, command: str | None = None) -> str:
    """Return means after steps as JSON text, by powers of the rate where some are left out."""
    content: dict[str, object] = {
        "convention": f"{found.problem.expected} after k steps u -> u - rate r_u dV/du{found.told}",
        "rate": str(found.rate),
        **({"momentum": str(found.momentum), "nesterov": found.nesterov} if found.told else {}),
        **batch_data(found.batch),
        "steps": _steps(found),
        **_by_powers(found),
        "evidence": found.evidence.to_dict(),
    }
    return json_lines(document(documents.Descent, content, found.problem, command))


def _steps(found: Descent) -> object:
    return written(enumerate(found.losses), list[documents.Step], found.problem.sizes)


def _by_powers(found: Descent) -> dict[str, object]:
    """What holds for every number of steps; nothing where no power of the rate is left out."""
    if found.terms is None:
        return {}
    orders, kind = range(found.terms + 1), list[documents.Derivative]
    return {
        "count": found.count,
        "powers": written(enumerate(map(found.power, orders)), kind, found.problem.sizes),
        "derivatives": written(enumerate(map(found.derivative, orders)), kind, found.problem.sizes),
    }


def descent_from_json(text: str) -> Descent:
    """Read back means after steps; raises :class:`~diagrams.errors.BadInput` for anything else.

    Few steps, or low powers of the rate, are computed again.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = descent(cp_problem(order=2, target="zero"), steps=2, terms=1)
    >>> descent_from_json(descent_json(found)) == found
    True
    """
    given = read(text, documents.Descent)
    problem = problem_of(given.problem)
    rate = check_rate(problem, given.rate)
    steps = whole(len(given.steps) - 1, "steps", STEPS_LIMIT)
    for k, step in enumerate(given.steps):
        if step.k != k:
            raise BadInput(f"steps[{k}].k", step.k, str(k))
    kept = check_momentum(problem, "0" if given.momentum is UNSET else given.momentum, given.rate)
    nesterov = given.nesterov is True
    if (kept and given.powers is not UNSET) or (nesterov and not kept):
        raise BadInput("momentum", str(kept), "a momentum without powers")
    batch = batch_from(given.batch, problem, str(rate), str(kept))
    own = [name for name in (rate, kept) if isinstance(name, str)]
    own += batch_symbols(batch)
    names = (*problem.coefficient_symbols, *own)
    if given.powers is UNSET:
        terms = None
        listed = [polynomial_of(x.terms, f"steps[{x.k}].terms", names) for x in given.steps]
    else:
        terms = whole(len(given.powers) - 1, "powers", ORDER_LIMIT)
        listed = _means(given, (*problem.coefficient_symbols, *batch_symbols(batch)), str(rate))
    differences = tuple(
        sum(((-1) ** (m - k) * comb(m, k) * listed[k] for k in range(m + 1)), start=Polynomial())
        for m in range(len(listed))
    )
    claimed = evidence_of(given.evidence)
    found = Descent(problem, rate, steps, terms, differences, claimed, (), kept, nesterov, batch)
    _check_exponents(found)
    same(given, {"steps": _steps(found), **_by_powers(found)}, "the powers of the rate give")
    return replace(found, evidence=_recomputed(found).marked(claimed))


def _means(given: documents.Descent, known: Sequence[str], rate: str) -> list[Polynomial]:
    """``E[L_k]`` for as many k as there are powers of the rate, from their coefficients."""
    count = given.count if isinstance(given.count, str) else ""
    if count in (*known, rate) or not count:
        raise BadInput("count", count, f"a name other than {', '.join((*known, rate))}")
    total = Polynomial()
    assert given.powers is not UNSET
    symbols = (*known, count)
    for s, power in enumerate(given.powers):
        if power.s != s:
            raise BadInput(f"powers[{s}].s", power.s, str(s))
        value = polynomial_of(power.terms, f"powers[{s}].terms", symbols)
        if value.degree(count) > s:
            raise BadInput(f"powers[{s}].terms", f"{count}^{value.degree(count)}", f"{count}^{s}")
        total = total + value * Polynomial.symbol(rate) ** s
    return [total.substitute({count: k}) for k in range(len(given.powers))]


def _check_exponents(found: Descent) -> None:
    """Refuse powers of symbols that no term can have."""
    problem, rate = found.problem, str(found.rate)
    most = merges_of(problem, found.steps) if found.terms is None else found.terms
    kept = Fraction(found.steps * entries_of(problem, found.steps)) if found.told else Fraction(0)
    bounds = {**exponent_bounds(problem, most), rate: Fraction(most), str(found.momentum): kept}
    for name in (*batch_symbols(found.batch), *_samples(found)):
        bounds[name] = bounds.get(name, 0) + 2 * Fraction(most)
    for value in found.differences:
        for powers, _ in value.terms:
            for name, exponent in powers:
                if abs(exponent) > bounds.get(name, 0) or (name == rate and exponent < 0):
                    allowed = f"powers of {name} to {bounds.get(name, 0)}"
                    raise BadInput("steps", f"{name}^{exponent}", allowed)


def _samples(found: Descent) -> tuple[str, ...]:
    """The size that batches bring in, if it is a symbol."""
    samples = None if found.batch is None else found.batch.samples
    return () if samples is None else samples.count.symbols


def _recomputed(found: Descent) -> Recomputed:
    """Compute few steps, or low powers of the rate, again."""
    problem, rate = found.problem, found.rate
    cheap = min(cheap_orders(problem), CHEAP)
    own = batch_arguments(found.batch)
    if found.terms is not None:
        count = min(found.terms + 1, cheap)
        if not count:
            return Recomputed(0, found.terms + 1)
        again = descent(problem, steps=found.steps, terms=count - 1, rate=rate, **own)
        for s in range(count):
            if again.power(s) != found.power(s):
                raise BadInput(f"powers[{s}]", "another polynomial", "that of the problem")
        return Recomputed(count, found.terms + 1, again.evidence)
    count = sum(merges_of(problem, k) < max(cheap, 1) for k in range(found.steps + 1))
    own |= {"momentum": found.momentum, "nesterov": found.nesterov}
    again = descent(problem, steps=count - 1, rate=rate, **own)
    for k, loss in enumerate(again.losses):
        if loss != found.losses[k]:
            raise BadInput(f"steps[{k}]", "another polynomial", "that of the problem")
    return Recomputed(count, found.steps + 1, again.evidence)
