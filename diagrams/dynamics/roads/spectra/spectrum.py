"""Lazy faces whose kernel stays random: a loss averaged over the spectrum of the data.

Where the weights move little, the output moves linearly, by the kernel ``K`` of its derivatives.
Averaged over the weights, it may still hold the data: ``K = kappa X X^T`` for samples X.  Then each
eigenvector relaxes at its own rate, and the loss is an integral over the spectrum, whose moments
are planar pairings (:mod:`diagrams.dynamics.roads.spectra.planar`).  Their algebraic equation gives
the density: Marchenko and Pastur's for one matrix, others for products.  Without data in it the
kernel is one number, and the loss an exponential.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.certificate import leading_part, scaling_of
from diagrams.dynamics.ends.ending import Ending, derived, unknown
from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.face import Face
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.petals.grouping import inserted, local, public
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.kernels.frozen import OUTPUT
from diagrams.dynamics.roads.spectra.algebraic import X, Bulk, bulk_of, equations, unknowns
from diagrams.dynamics.roads.spectra.chains import Chains
from diagrams.dynamics.roads.spectra.contour import ByContour
from diagrams.dynamics.roads.spectra.finding import pruned, response_of
from diagrams.dynamics.roads.spectra.planar import Pair, Planar
from diagrams.dynamics.roads.spectra.response import Response
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Kind, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence
from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.polynomials.spelling import fresh

OUTLINE = (
    "The solution is found in these steps: the model's output is an open diagram; its kernel, the"
    " merge of two outputs, is averaged over the weights and stays there in this regime, so that"
    " the output obeys a linear equation; what the kernel holds of the data are chains of random"
    " matrices, whose traces are sums over planar pairings, and their algebraic equation gives its"
    " spectrum; the Taylor coefficients of what comes out are held against the exact ones."
)
CLOCK = sympy_symbol("t") / sympy_symbol("T")


class BySpectrum(Road[Face, Response]):
    """The kernel stays at its average over the weights, and random by its data."""

    name = "the spectrum of the kernel"
    outline = OUTLINE
    petals = False

    def applies(self, asked: Face) -> Applies[Response] | Inapplicable:
        """Where the loss is a squared error, and the kernel a sum of chains of data matrices."""
        found = response_of(asked)
        return found if isinstance(found, Inapplicable) else Applies(found)

    def derived(self, asked: Face, found: Response) -> Derivation:
        """A linear equation for every eigenvector, averaged over the spectrum."""
        said = found.coefficients(asked.exact.terms)
        evidence = certified(said, asked, self.name).evidence
        kept = pruned(found, asked)
        point = _point(kept, asked)
        if point is not None:
            return _relaxation(asked, kept, point, evidence)
        bulk = bulk_of(kept.parts[0])
        shares = [_share(kept, square) for square in (kept.moving, kept.fixed)]
        if bulk is None or None in shares:
            return _implicit(asked, kept, evidence)
        return _integral(asked, kept, bulk, [s for s in shares if s is not None], evidence)


def _point(response: Response, face: Face) -> Expr | None:
    """The eigenvalue at which the whole measure sits to leading order, if it has no width.

    A measure whose mean square is the square of its mean has no other value.
    """
    if all(not word for word, _ in response.kernel.terms):
        return sympy.Integer(0)
    scaling, places = scaling_of(face.regime), set()
    for moments in response.moments(2):
        if not moments[0]:
            continue
        squared = leading_part(moments[1] * moments[1], scaling)
        if leading_part(moments[0] * moments[2], scaling) != squared:
            return None
        mean, whole = (leading_part(m, scaling).to_sympy() for m in (moments[1], moments[0]))
        places.add(sympy.cancel(mean / whole))
    return places.pop() if len(places) == 1 else None


def _share(response: Response, square: Chains) -> tuple[Expr, Expr] | None:
    """An averaged square as ``alpha + beta X``, if it is of this kind."""
    chained = {w: c.to_sympy() for w, c in response.kernel.terms if w}
    own = {w: c.to_sympy() for w, c in square.terms if w}
    if own and own.keys() != chained.keys():
        return None
    ratios = {sympy.cancel(c / chained[w]) for w, c in own.items()}
    if len(ratios) > 1:
        return None
    return square.of(()).to_sympy(), ratios.pop() if ratios else sympy.Integer(0)


def _relaxation(face: Face, response: Response, place: Expr, evidence: Evidence) -> Derivation:
    """All eigenvectors relax at one rate."""
    scaling = scaling_of(face.regime)
    weight = response.weight.to_sympy() / 2
    parts = [
        weight * leading_part(moments[0], scaling).to_sympy() * amplitude
        for moments, amplitude in zip(
            response.moments(0), response.amplitudes(place, CLOCK), strict=True
        )
        if moments[0]
    ]
    formula = sympy.Add(*parts) if response.decay else sympy.factor_terms(sympy.Add(*parts))
    said = "the spectrum has no width to leading order: its mean square is the square of its mean"
    step = Step("spectrum", said if place else "the kernel holds no data", ())
    steps = (*_steps(response, place), step, Step("certificate", evidence.sentence))
    return Derivation("explicit", formula, ByFormula(formula), OF_FORMULA, evidence, steps)


def _integral(
    face: Face,
    response: Response,
    bulk: Bulk,
    shares: Sequence[tuple[Expr, Expr]],
    evidence: Evidence,
) -> Derivation:
    """The loss over a density with one band, and its atom at zero."""
    taken = {*face.regime.symbols, "T", "t"}
    centre, width, angle = (Symbol(fresh(name, taken)) for name in ("m", "h", "theta"))
    weight = (response.weight * response.outside).to_sympy() / 2
    zero = sympy.Integer(0)
    x = centre + width * sympy.cos(angle)

    def over(amplitudes: Sequence[tuple[Expr, Expr]]) -> Expr:
        """The integrand of pairs of a share, as a function of X, and its amplitude there."""
        total = sympy.Add(*(share * amplitude for share, amplitude in amplitudes))
        return total * sympy.sin(angle) ** 2

    ratios = [sympy.cancel((a + b * X) / bulk.q) for a, b in shares]
    at_zero = response.amplitudes(zero, CLOCK)
    atoms = [a * amplitude for (a, _), amplitude in zip(shares, at_zero, strict=True)]
    atom = weight * sympy.Max(0, bulk.atom) * sympy.Add(*atoms)
    definitions = ((centre, bulk.centre), (width, bulk.width))
    whole = sympy.cancel(sum(ratios))
    kind: Kind = "quadrature"
    if not response.decay and not whole.has(X):
        kind = "explicit"
        argument = 2 * width * CLOCK
        factor = sympy.factor_terms(public(sympy.simplify(local(weight * whole * bulk.width**2))))
        falling = sympy.exp(-2 * (centre + response.shift.to_sympy()) * CLOCK)
        smooth = falling * (sympy.besseli(0, argument) - sympy.besseli(2, argument))
        band = factor / 4 * smooth
    else:
        amplitudes = response.amplitudes(x, CLOCK)
        if response.decay:
            pairs = list(zip((r.subs(X, x) for r in ratios), amplitudes, strict=True))
        else:
            pairs = [(whole.subs(X, x), amplitudes[0])]
        integral = sympy.Integral(over(pairs), (angle, 0, sympy.pi))
        band = weight * width**2 / (2 * sympy.pi) * integral
    formula = band + atom
    plain = inserted(formula, definitions)
    numbers = plain.replace(sympy.Max, lambda *args: sum(args) / 2 + abs(args[0] - args[1]) / 2)
    late = _Late(response, bulk, weight, tuple(shares), tuple(ratios), definitions, angle)
    step = Step(
        "spectrum",
        sentence("the density of its eigenvalues is a band around {} of half-width {}", centre, width),
        tuple(sympy.Eq(s, meaning, evaluate=False) for s, meaning in definitions),
    )
    steps = (*_steps(response, X), step, Step("certificate", evidence.sentence))
    return Derivation(
        kind, formula, ByFormula(numbers), Ends(_late_ends, late), evidence, steps, definitions
    )


def _implicit(face: Face, response: Response, evidence: Evidence) -> Derivation:
    """The loss over a density that algebraic equations fix."""
    if response.decay:
        raise NotSolved("the spectrum under decay: its algebraic equation has no closed solution")
    taken = {*face.regime.symbols, "T", "t"}
    x, density = Symbol(fresh("x", taken)), sympy.Function("rho")
    y = Symbol(fresh("y", {*taken, "x"}))
    weight = response.weight.to_sympy() / 2
    rate = x + response.shift.to_sympy()
    formula = weight * sympy.Integral(sympy.exp(-2 * rate * CLOCK) * density(x), (x, 0, sympy.oo))
    conditions_: list[sympy.Basic] = []
    total, number = sympy.Integer(0), 0
    for planar in response.parts:
        if not planar.square.terms:
            continue
        roots = [p for p in ((1, 0), (0, 0)) if p in planar.products]
        names = {p: Symbol(f"M_{number + k}") for k, p in enumerate(_needed(planar, roots))}
        number += len(names)
        sides = equations(planar, names, 1 / y)
        conditions_ += [
            sympy.Eq(names[p], public(side), evaluate=False) for p, side in sides.items()
        ]
        unit = planar.square.of(()).to_sympy() * names[0, 0]
        total += planar.outside.to_sympy() * (names.get((1, 0), sympy.Integer(0)) + unit)
    transform = sympy.Integral(density(x) / (y - x), (x, 0, sympy.oo))
    conditions_.insert(0, sympy.Eq(transform, total / y, evaluate=False))
    step = Step(
        "spectrum",
        sentence("the transform of the density {} is a sum over planar words", density),
        tuple(conditions_),
    )
    steps = (*_steps(response, X), step, Step("certificate", evidence.sentence))
    return Derivation(
        "quadrature",
        formula,
        ByContour(response),
        Ends(_unknown_ends),
        evidence,
        steps,
        conditions=tuple(conditions_),
        domain="t >= 0",
    )


def _needed(planar: Planar, roots: Sequence[Pair]) -> tuple[Pair, ...]:
    return tuple(dict.fromkeys(pair for root in roots for pair in unknowns(planar, root)))


def _steps(response: Response, eigenvalue: Expr) -> tuple[Step, ...]:
    tau = Symbol("tau")
    output, target = OUTPUT(tau), Symbol("F")
    rate = response.shift.to_sympy() + eigenvalue
    change = -rate * (output - target) - response.decay.to_sympy() * output
    listed = ", ".join(str(chains) for chains in (response.kernel,))
    return (
        Step("kernel", f"averaged over the weights, the merge of two outputs is {listed}"),
        Step(
            "linear equation",
            sentence("along an eigenvector with the eigenvalue {} beside; {} = t/T", eigenvalue, tau),
            (sympy.Eq(output.diff(tau), change, evaluate=False),),
        ),
    )


@dataclass(frozen=True)
class _Late:
    """What tells the limit of a loss over a band."""

    response: Response
    bulk: Bulk
    weight: Expr
    shares: tuple[tuple[Expr, Expr], ...]
    ratios: tuple[Expr, ...]
    definitions: tuple[tuple[Symbol, Expr], ...]
    angle: Symbol


def _late_ends(_: Solution, held: _Late) -> tuple[Ending, ...]:
    """The ends: what no data show stays, all else relaxes at the rate of the edge, or slower."""
    response, bulk = held.response, held.bulk
    shift, decay = response.shift.to_sympy(), response.decay.to_sympy()
    early = Ending(-sympy.oo, sympy.oo, evidence=derived("the rates are not below zero"))
    if not shift + decay:
        stays = sympy.Add(*(a for a, _ in held.shares))
        limit = held.weight * sympy.Max(0, bulk.atom) * stays
        edge = bulk.centre - bulk.width
        power = Rational(-3, 2) + (sympy.degree(bulk.q, X) if stays else 0)
        if not stays and bulk.q.has(X):
            power = Rational(-3, 2)
        said = derived("the edge of the density")
        return (
            Ending(
                sympy.oo,
                limit,
                rate=-2 * edge / sympy_symbol("T"),
                condition=sentence("{} > 0", edge),
                evidence=said,
            ),
            Ending(
                sympy.oo, limit, exponent=power, condition=sentence("{} = 0", edge), evidence=said
            ),
            early,
        )
    if not decay:
        rate = -2 * shift / sympy_symbol("T")
        return Ending(sympy.oo, sympy.Integer(0), rate=rate), early
    x = bulk.centre + bulk.width * sympy.cos(held.angle)
    (alpha, _) = held.shares[1]
    density = held.ratios[1].subs(X, x) * response.limits(x)[1] * sympy.sin(held.angle) ** 2
    integral = sympy.Integral(density, (held.angle, 0, sympy.pi))
    limit = held.weight * bulk.width**2 / (2 * sympy.pi) * integral
    limit += held.weight * sympy.Max(0, bulk.atom) * alpha * response.limits(sympy.Integer(0))[1]
    return Ending(sympy.oo, limit, evidence=derived("the residual under decay at late times")), early


def _unknown_ends(_: Solution, __: None = None) -> tuple[Ending, ...]:
    reason = "the density of eigenvalues has no formula"
    return unknown(reason, 1), unknown(reason, -1)
