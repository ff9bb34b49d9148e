"""The whole triangle of a problem of rings: eigenvalues that move on their own.

In the notation of :mod:`diagrams.dynamics.roads.rings.normal_form` the flow is an equation of
Riccati for ``X = U^T U``, ``X' = 4 X (a - X)`` with ``a = c - lambda/2``.  So every eigenvalue is a
function of its own start,

    x(tau) = e x / (1 + kappa x),    e = exp(4 a tau),    kappa = (e - 1)/a,

and the loss without its constant is the sum of ``x^2/2 - c x`` over them.  At large sizes the
averages of ``tr X^(d+1)`` at time zero are planar pairings of a ring, ``p z^(d+1)`` times the
coefficients of ``h(w) = sum_d h_d w^d`` with ``z = p sigma^2`` and ``y`` rows a feature.  Cut at
the partner of its first edge a ring falls into two, hence (Marchenko, Pastur 1967)

    h = y g,    g = 1 + w (y + 1) g + w^2 y g^2.

Summed over powers, ``x`` becomes ``p z e h(w)`` at ``w = -z kappa``, and ``x^2`` the derivative
``p z^2 e^2 h'(w)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.roads.rings.normal_form import RingForm
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.step import Step
from diagrams.polynomials.spelling import fresh

Definitions = tuple[tuple[Symbol, Expr], ...]

TIME = Symbol("t", real=True)
CLOCK = Symbol("T", positive=True)
OWN = ("z", "y", "w", "S", "h", "h_1", "a")
"""Symbols of the formula, which get a number where a problem has one of that name."""
EVIDENCE = (
    "every eigenvalue moves on its own, by an equation of Riccati, and the averages of powers"
)
EVIDENCE += " at time zero are planar pairings, the root of a quadratic equation"


@dataclass(frozen=True)
class RingFormula:
    """``E[L]`` without the pure-target constant, in positive symbols.

    ``definitions`` are inserted one after another.  ``end`` is the time, on the side of negative
    ``t``, at which the formula has its first singularity.  ``strength`` is the symbol ``a`` at
    whose zero the formula needs its limit, ``at_zero``; ``None`` if there is none.
    """

    formula: Expr
    definitions: Definitions
    end: Expr
    strength: Symbol | None
    at_zero: RingFormula | None
    steps: tuple[Step, ...]


def whole_triangle(form: RingForm) -> RingFormula:
    """Return the formula of the whole triangle of a problem of rings, whatever its constants.

    >>> from diagrams.dynamics.roads.rings.normal_form import ring_form
    >>> from diagrams.problems.cp import cp_problem
    >>> found = whole_triangle(ring_form(cp_problem(order=2)))
    >>> found.formula
    p*z*(-h + h_1*z*exp(4*t/T)/2)*exp(4*t/T)
    >>> found.definitions[3:]
    ((w, -z*(exp(4*t/T) - 1)), (z, p*sigma**2), (y, H/p))
    """
    scale, decay = local(form.scale.to_sympy()), local(form.decay.to_sympy())
    meaning = sympy.expand(scale - decay / 2)
    if meaning.is_number or meaning.is_Symbol:
        made = _with_strength(form, scale, meaning, ())
        return replace(made, strength=meaning if meaning.is_Symbol else None)
    name = _symbol(form, "a", real=True) if decay else _symbol(form, "c", positive=True)
    made = _with_strength(form, scale if decay else name, name, ((name, meaning),))
    return replace(made, strength=name)


def remaining(form: RingForm, constant: Expr) -> Expr:
    """Return the loss for ``t -> oo``, in plain symbols.

    Every eigenvalue but zero, as many as the lesser of the two sizes, ends at ``a`` where that is
    positive, and at zero elsewhere.
    """
    p, rows = (Symbol(size, positive=True) for size in form.sizes)
    weight, scale, decay = (
        local(part.to_sympy()) for part in (form.weight, form.scale, form.decay)
    )
    a = sympy.expand(scale - decay / 2)
    held = sympy.factor(weight * (a**2 / 2 - scale * a))
    grown = sympy.factor(constant) + held * sympy.Min(p, rows)
    for size, other in ((p, rows), (rows, p)):
        if sympy.expand(constant + held * size) == 0:
            grown = -held * sympy.Max(0, size - other)
    if a.is_number:
        return public(grown if a > 0 else constant)
    return sympy.Piecewise((public(grown), public(a) > 0), (public(constant), True))


def _with_strength(form: RingForm, scale: Expr, a: Expr, more: Definitions) -> RingFormula:
    """The formula with ``a`` as it is shown; ``more`` says what it means."""
    p, rows = (Symbol(size, positive=True) for size in form.sizes)
    z, y = (_symbol(form, name, positive=True) for name in ("z", "y"))
    w, surd, h, slope = (_symbol(form, name, real=True) for name in ("w", "S", "h", "h_1"))
    weight, clock = local(form.weight.to_sympy()), local(form.clock.to_sympy())
    tau = clock * TIME / CLOCK
    growth = sympy.exp(4 * a * tau)
    kappa = (growth - 1) / a if a else 4 * tau
    below = surd - w * (y + 1) + 1
    edge = 1 / (1 + sympy.sqrt(y)) ** 2
    end = sympy.log(1 - a * edge / z) / (4 * a) if a else -edge / (4 * z)
    formula = weight * p * z * growth * (slope * z * growth / 2 - scale * h)
    own: list[tuple[Symbol, Expr]] = [
        (slope, h * ((y + 1) * surd + y + 1 - w * (y - 1) ** 2) / (surd * below)),
        (h, 2 * y / below),
        (surd, sympy.sqrt(w**2 * (y - 1) ** 2 - 2 * w * (y + 1) + 1)),
        (w, -z * kappa),
    ]
    sizes = [(z, p * local(form.variance.to_sympy())), (y, rows / p)]
    named = (*own, *sizes, *more) if a == scale else (*own, *more, *sizes)
    zero = None
    if a.is_Symbol:
        zero = _with_strength(form, sympy.S.Zero if a == scale else scale, sympy.S.Zero, ())
    return RingFormula(
        sympy.factor_terms(formula),
        tuple((symbol, sympy.factor_terms(meaning)) for symbol, meaning in named),
        sympy.factor_terms(CLOCK * end / clock),
        None,
        zero,
        _steps(form, scale, a, (z, w, y, h, slope)),
    )


def _symbol(form: RingForm, name: str, **assumptions: bool) -> Symbol:
    """A symbol of ours that is none of the problem's."""
    values = (form.variance, form.weight, form.clock, form.scale, form.decay)
    taken = {*form.sizes, *(s for value in values for s in value.symbols), "T", "t"}
    chosen = fresh(name, taken | set(OWN)) if name in taken else name
    return Symbol(chosen, **assumptions)


def _steps(form: RingForm, scale: Expr, a: Expr, names: tuple[Symbol, ...]) -> tuple[Step, ...]:
    z, w, y, h, slope = names
    moving, start, kappa, e = sympy.symbols("x x_0 kappa e")
    tau, root = Symbol("tau"), Symbol("g")
    unit = local(form.weight.to_sympy())
    clock = Symbol("t") / Symbol("T") * local(form.clock.to_sympy())
    growth = sympy.exp(4 * a * tau)
    return (
        Step(
            "Riccati equation",
            sentence(
                "the square of the matrix with itself obeys an equation of its own, and so does"
                " every eigenvalue {} of it; {} is the time in units of the flow",
                *(moving, tau),
            ),
            _equations(
                (sympy.Derivative(moving, tau), 4 * moving * (a - moving)),
                (tau, clock),
                (moving, e * start / (1 + kappa * start)),
                (e, growth),
                (kappa, (growth - 1) / a if a else 4 * tau),
            ),
        ),
        Step(
            "loss",
            "without its constant it is a sum over the eigenvalues, here its term",
            (unit * (moving**2 / 2 - scale * moving),),
        ),
        Step(
            "planar pairings",
            sentence(
                "averages of powers at time zero: a ring of pairs is cut at the partner of its"
                " first edge; {} sums them over the number of rows, with powers of {}",
                *(root, w),
            ),
            _equations((root, 1 + w * (y + 1) * root + w**2 * y * root**2), (h, y * root)),
        ),
        Step(
            "sum over powers",
            sentence("the eigenvalues expanded in their starts, at {} = -{} {}", w, z, kappa),
            _equations((slope, sympy.Derivative(h, w))),
        ),
    )


def _equations(*sides: tuple[Expr, Expr]) -> tuple[sympy.Basic, ...]:
    return tuple(sympy.Eq(*pair, evaluate=False) for pair in sides)
