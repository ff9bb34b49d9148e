"""The usual slips: a constant left out, a factor of a convention, a clock, a swapped symbol.

A prediction ``c_s`` is compared with ``o [s=0] + f k^s Y_s``: an offset o, a factor f, a clock that
runs k times too fast, alone and together, simplest first.  Unknowns are found from the lowest
orders; at least one further order must agree.  Then with ``Y_s`` at other values of its symbols:
a variance where a standard deviation is meant, two sizes swapped, a scale divided by a size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import mpmath

from diagrams.checking.numbers import Values, common_law
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import Polynomial, Powers, text

RESOLVED = 10
"""A coefficient counts as known if its uncertainty is this many times smaller."""

TELLING = 3
"""Decimal digits that a renaming must get right beyond what is expected of the exact symbols.

So many renamings are tried that one of them soon fits a coefficient or two by accident.
"""

_EPS = mpmath.mpf(10) ** -22

Estimate = tuple[Any, Any]
"""A number and its uncertainty."""

ONE: Estimate = (mpmath.mpf(1), mpmath.mpf(0))
_MODELS = ("o", "f", "k", "ok", "of", "fk", "ofk")


@dataclass(frozen=True)
class Measured:
    """Coefficients with uncertainties at one set of sizes; ``None`` where nothing is known."""

    values: Values
    coefficients: tuple[tuple[Any, Any] | None, ...]
    exact: tuple[Any, ...]


def hints(
    measured: Sequence[Measured],
    exact: Sequence[Polynomial],
    constant: Polynomial,
    sizes: Sequence[str],
) -> tuple[str, ...]:
    """Return what would make all known coefficients agree, or nothing.

    ``constant`` is the part of ``Y_0`` without trained tensors.
    """
    if not measured or all(_agrees(m, m.exact) for m in measured):
        return ()
    for model in _MODELS:
        found = [_fitted(model, m) for m in measured]
        if all(found):
            words = _words(model, [f for f in found if f], measured, constant)
            if words:
                return (words,)
    return tuple(_renamed(measured, exact, sizes))


def _agrees(m: Measured, predicted: Sequence[Any]) -> bool:
    return all(
        abs(known[0] - y) <= known[1] + abs(y) * _EPS
        for known, y in zip(m.coefficients, predicted, strict=True)
        if known is not None
    )


def _known(m: Measured, with_zeroth: bool) -> list[tuple[int, Any, Any]]:
    """Orders with their ratio to the exact coefficient, and its relative uncertainty."""
    found = []
    for s, (known, y) in enumerate(zip(m.coefficients, m.exact, strict=True)):
        if known is None or not y or (s == 0 and not with_zeroth):
            continue
        c, u = known
        if c and RESOLVED * u <= abs(c):
            found.append((s, c / y, u / abs(c) + _EPS))
    return found


def _fitted(model: str, m: Measured) -> dict[str, Estimate] | None:
    """Values with uncertainties of the unknowns of a model, if it agrees at these sizes."""
    known = _known(m, "o" not in model)
    unknowns = len(model) - ("o" in model)
    scales = _scales(model, known) if len(known) > unknowns else None
    if scales is None:
        return None
    f, k = scales
    relative = f[1] / abs(f[0])
    for s, (known_here, y) in enumerate(zip(m.coefficients, m.exact, strict=True)):
        value = f[0] * k[0] ** s * y
        slack = abs(value) * (relative + s * k[1] / abs(k[0]) + _EPS)
        if known_here is None or (s == 0 and "o" in model):
            continue
        if abs(known_here[0] - value) > known_here[1] + slack:
            return None
    found = {"f": f, "k": k}
    if any(name in model and abs(x - 1) <= u for name, (x, u) in found.items()):
        return None  # a model with fewer unknowns does as well
    if "o" in model:
        zeroth = m.coefficients[0]
        if zeroth is None:
            return None
        o = zeroth[0] - f[0] * m.exact[0]
        uncertainty = zeroth[1] + f[1] * abs(m.exact[0])
        if abs(o) <= uncertainty:
            return None
        found["o"] = (o, uncertainty)
    return {name: found[name] for name in model}


def _scales(model: str, known: Sequence[tuple[int, Any, Any]]) -> tuple[Estimate, Estimate] | None:
    """The factors of the coefficients and of the clock, from as few ratios as they need."""
    f, k = ONE, ONE
    if "k" in model and "f" in model:
        (a, r, w), (b, q, v) = known[0], known[1]
        power = b - a
        root = _root(q / r, power)
        if root is None:
            return None
        k = (root, abs(root) * (w + v) / power)
        f = (r / root**a, abs(r / root**a) * (w + a * (w + v) / power))
    elif "k" in model:
        later = [entry for entry in known if entry[0]]
        root = _root(later[0][1], later[0][0]) if len(later) > 1 else None
        if root is None:  # with the value at t = 0 alone nothing tests a clock
            return None
        s, _, w = later[0]
        k = (root, abs(root) * w / s)
    elif "f" in model:
        _, r, w = min(known, key=lambda entry: entry[2])
        f = (r, abs(r) * w)
    return f, k


def _root(value: Any, power: int) -> Any | None:
    if value > 0:
        return mpmath.root(value, power)
    return -mpmath.root(-value, power) if power % 2 else None


def _words(
    model: str,
    found: Sequence[dict[str, Estimate]],
    measured: Sequence[Measured],
    constant: Polynomial,
) -> str:
    """The slip in words; empty where its numbers follow no law over several sizes."""
    places = [m.values for m in measured]
    pieces = []
    for name in ("k", "f", "o"):
        if name not in model:
            continue
        numbers = [entry[name] for entry in found]
        if name == "o" and constant:
            scale = [entry.get("f", ONE) for entry in found]
            target = [number_at(constant, place) for place in places]
            left_out = all(
                abs(x + f * y) <= u + g * abs(y) + abs(y) * _EPS
                for (x, u), (f, g), y in zip(numbers, scale, target, strict=True)
            )
            if left_out:
                pieces.append(f"the pure-target constant {text(constant)} was left out")
                continue
        law, _ = common_law(numbers, places)
        if law is None and len(measured) > 1:
            return ""
        shown = text(law) if law is not None else _shown(*numbers[0])
        if name == "k":
            if shown == "-1":
                pieces.append("your clock runs backwards: t and -t are exchanged")
            else:
                pieces.append(f"your clock runs by a factor {shown}")
        elif name == "f":
            convention = " (the 1/2 of the loss?)" if shown in ("2", "1/2") else ""
            pieces.append(f"all coefficients are {shown} times the exact ones{convention}")
        else:
            pieces.append(f"a constant {shown} was added")
    orders = max(len(_known(m, "o" not in model)) for m in measured)
    return f"{'; '.join(pieces)}. Corrected for this, {orders} coefficients agree"


def _shown(value: Any, uncertainty: Any) -> str:
    digits = 6
    if uncertainty:
        digits = max(1, min(12, int(mpmath.log10(abs(value) / uncertainty))))
    return str(mpmath.nstr(value, digits))


def _renamed(
    measured: Sequence[Measured], exact: Sequence[Polynomial], sizes: Sequence[str]
) -> Iterator[str]:
    """Other values of the symbols at which all coefficients that are known agree."""
    names = sorted({name for polynomial in exact for name in polynomial.symbols})
    scales = [name for name in names if name not in sizes]
    for words, change in _changes(scales, [n for n in names if n in sizes]):
        changed = [_renaming(polynomial, change) for polynomial in exact]
        digits = [_digits_explained(m, changed) for m in measured]
        if all(digits) and sum(digits) >= TELLING:
            yield f"the prediction is exact for {words}"
            return


def _renaming(polynomial: Polynomial, change: dict[str, Polynomial]) -> Polynomial:
    """A polynomial with symbols replaced by monomials of coefficient 1, in one pass."""
    powers_of = {name: monomial.terms[0][0] for name, monomial in change.items()}
    terms: list[tuple[Powers, Fraction]] = []
    for powers, coefficient in polynomial.terms:
        total: dict[str, Fraction] = {}
        for name, e in powers:
            for inner, f in powers_of.get(name, ((name, Fraction(1)),)):
                total[inner] = total.get(inner, Fraction(0)) + e * f
        terms += Polynomial.monomial(coefficient, total).terms
    return Polynomial.from_terms(terms)


def _digits_explained(m: Measured, changed: Sequence[Polynomial]) -> float:
    """The digits of all known coefficients that the renaming explains; 0 if it fails.

    It needs two known coefficients or more, all in agreement, and one that would not unchanged.
    """
    predicted = [number_at(polynomial, m.values) for polynomial in changed]
    known = [
        (c, y, z)
        for c, y, z in zip(m.coefficients, predicted, m.exact, strict=True)
        if c is not None and RESOLVED * c[1] <= abs(c[0])
    ]
    apart = [(c, z) for c, y, z in known if abs(y - z) > c[1] + abs(z) * _EPS]
    if len(known) < 2 or not apart or not _agrees(m, predicted):
        return 0.0
    allowed = [(abs(c[0] - z), c[1] + abs(z) * _EPS) for c, z in apart]
    return float(sum(mpmath.log10(1 + gap / slack) for gap, slack in allowed))


def _changes(
    scales: Sequence[str], sizes: Sequence[str]
) -> Iterator[tuple[str, dict[str, Polynomial]]]:
    symbol = Polynomial.symbol
    for x in scales:
        root = {x: symbol(x) ** Fraction(1, 2)}
        yield f"sqrt({x}) in place of {x}: is {x} meant as a variance?", root
        yield f"{x}**2 in place of {x}: is a variance meant by {x}?", {x: symbol(x) ** 2}
    for a, b in combinations(sizes, 2):
        yield f"{a} and {b} exchanged", {a: symbol(b), b: symbol(a)}
    powers = {Fraction(-1, 2): "/sqrt({n})", Fraction(1, 2): "*sqrt({n})"}
    powers |= {Fraction(-1): "/{n}", Fraction(1): "*{n}"}
    for x, n in product(scales, sizes):
        for e, words in powers.items():
            written = x + words.format(n=n)
            question = "is the variance scaled with a size?"
            yield f"{written} in place of {x}: {question}", {x: symbol(x) * symbol(n) ** e}
