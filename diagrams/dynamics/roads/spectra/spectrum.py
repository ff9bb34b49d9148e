"""Lazy faces whose kernel stays random: a loss averaged over the spectrum of the data.

Where the weights move little, the output moves linearly, by the kernel ``K`` of its derivatives.
Averaged over the weights, it may still hold the data: ``K = kappa X X^T`` for samples X.  Then each
eigenvector relaxes at its own rate, and the loss is an integral over the spectrum, whose moments
are planar pairings (:mod:`diagrams.dynamics.roads.spectra.planar`).  Their algebraic equation gives
the density: Marchenko and Pastur's for one matrix, others for products.  Without data in it the
kernel is one number, and the loss an exponential.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.kernels.frozen import OUTPUT, FrozenKernel, frozen_kernel
from diagrams.dynamics.roads.spectra.algebraic import Bulk, X, bulk_of, equations, unknowns
from diagrams.dynamics.roads.spectra.chains import Chains
from diagrams.dynamics.roads.spectra.contour import ByContour
from diagrams.dynamics.roads.spectra.density import Band
from diagrams.dynamics.roads.spectra.ends import Shares, endings_of_band, endings_of_density
from diagrams.dynamics.roads.spectra.finding import pruned, response_of
from diagrams.dynamics.roads.spectra.planar import Pair
from diagrams.dynamics.roads.spectra.response import Response
from diagrams.dynamics.sentences import listed, sentence
from diagrams.dynamics.solution import Ends, Kind
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence
from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.polynomials.spelling import fresh
from pde.expressions.statement import joined

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
        if isinstance(frozen_kernel(asked), FrozenKernel):
            return Inapplicable("the averaged kernel is a multiple of the identity")
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
    scaling, places = face.regime.scaling, set()
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
    scaling = face.regime.scaling
    parts = [
        leading_part(moments[0], scaling).to_sympy() / 2 * amplitude
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
    band = Band.of(bulk, {*face.regime.symbols, "T", "t"})
    centre, width, x = band.centre, band.width, band.eigenvalue
    weight = response.outside.to_sympy() / 2
    at_zero = response.amplitudes(sympy.Integer(0), CLOCK)
    atoms = [a * amplitude for (a, _), amplitude in zip(shares, at_zero, strict=True)]
    share, below = band.mass()
    atom = sympy.cancel(weight / below) * sympy.Max(0, share) * sympy.Add(*atoms)
    ratios = [sympy.cancel((a + b * X) / bulk.q) for a, b in shares]
    whole = sympy.factor(sum(ratios))
    kind: Kind = "quadrature"
    touching: Expr | None = None
    if not response.decay and not whole.has(X):
        kind = "explicit"
        argument = 2 * width * CLOCK
        plain = weight / bulk.slope * whole * bulk.width**2 / 4
        falling = sympy.exp(-2 * (centre + response.shift.to_sympy()) * CLOCK)
        smooth = sympy.besseli(0, argument) - sympy.besseli(2, argument)
        over = public(sympy.simplify(local(plain))) * falling * smooth
    else:
        amplitudes = response.amplitudes(x, CLOCK)
        square = sympy.sin(band.angle) ** 2
        shown = [ratio.subs(X, x) * square for ratio in ratios]
        if not response.decay:
            shown = [whole.subs(X, x) * square]
        over = band.over(weight, _weighed(zip(shown, amplitudes, strict=False)))
        if bulk.q.has(X):
            edge = [a * (2 * centre - x) / width**2 + b * square for a, b in shares]
            touching = band.over(weight, _weighed(zip(edge, amplitudes, strict=True)))
    formula = over + atom
    numbers = band.numbers(formula, touching)
    steps = (*_steps(response, X), band.step, Step("certificate", evidence.sentence))
    ends = Ends(endings_of_band, Shares(response, bulk, tuple(shares)))
    return Derivation(kind, formula, numbers, ends, evidence, steps, band.definitions)


def _weighed(pairs: Iterable[tuple[Expr, Expr]]) -> Expr:
    """Weights times amplitudes."""
    return sympy.Add(*(weight * amplitude for weight, amplitude in pairs))


def _implicit(face: Face, response: Response, evidence: Evidence) -> Derivation:
    """The loss over a density that algebraic equations fix."""
    if response.decay:
        raise NotSolved("the spectrum under decay: its algebraic equation has no closed solution")
    taken = {*face.regime.symbols, "T", "t"}
    x, density = Symbol(fresh("x", taken)), sympy.Function("rho")
    y = Symbol(fresh("y", {*taken, "x"}))
    rate = x + response.shift.to_sympy()
    formula = sympy.Integral(sympy.exp(-2 * rate * CLOCK) * density(x), (x, 0, sympy.oo)) / 2
    total, sides = _planar_sums(response, 1 / y)
    transform = sympy.Integral(density(x) / (y - x), (x, 0, sympy.oo))
    relations = (
        sympy.Eq(transform, public(total) / y, evaluate=False),
        *(sympy.Eq(s, public(side), evaluate=False) for s, side in sides.items()),
    )
    step = Step(
        "spectrum",
        sentence("the transform of the density {} is a sum over planar words", density),
        relations,
    )
    steps = (*_steps(response, X), step, Step("certificate", evidence.sentence))
    return Derivation(
        "quadrature",
        formula,
        ByContour(response),
        Ends(endings_of_density),
        evidence,
        steps,
        conditions=relations,
        domain="t >= 0",
        forward=True,
    )


def _planar_sums(response: Response, z: Expr) -> tuple[Expr, dict[Symbol, Expr]]:
    """The sum of both measures' moments, and the equations of the unknowns that are left in it.

    An unknown whose equation does not hold it is put in; those of the kernel alone are shared.
    """
    first, second = response.parts
    kernel = {0, *range(2, 2 + sum(len(w) - 1 for w, _ in first.kernel.terms))}
    total, sides, number = sympy.Integer(0), dict[Symbol, Expr](), count()
    shared: dict[Pair, Symbol] = {}
    for planar in (first, second):
        roots = [p for p in ((1, 0), (0, 0)) if planar.square.terms and p in planar.products]
        names: dict[Pair, Symbol] = {}
        for pair in dict.fromkeys(p for root in roots for p in unknowns(planar, root)):
            known = shared if set(pair) <= kernel else {}
            names[pair] = known.setdefault(pair, Symbol(f"M_{next(number)}", positive=True))
        sides |= {names[p]: side for p, side in equations(planar, names, local(z)).items()}
        for root in roots:
            share = 1 if root == (1, 0) else local(planar.square.of(()).to_sympy())
            total += local(planar.outside.to_sympy()) * share * names[root]
    while plain := next((s for s, side in sides.items() if not side.has(s)), None):
        meaning = sides.pop(plain)
        sides = {s: side.xreplace({plain: meaning}) for s, side in sides.items()}
        total = total.xreplace({plain: meaning})
    named = {s: Symbol(f"M_{k}") for k, s in enumerate(sides)}
    made = {named[s]: sympy.factor_terms(side).xreplace(named) for s, side in sides.items()}
    return sympy.factor_terms(total).xreplace(named), made


def _steps(response: Response, eigenvalue: Expr) -> tuple[Step, ...]:
    tau = Symbol("tau")
    output, target = OUTPUT(tau), Symbol("F")
    rate = response.shift.to_sympy() + eigenvalue
    change = -rate * (output - target) - response.decay.to_sympy() * output
    chains = (
        sentence("{} times {}", coefficient, listed((letter.tensor for letter in word), " ") or "1")
        for word, coefficient in response.kernel.terms
    )
    said = "averaged over the weights, the merge of two outputs is, as a product of matrices, {}"
    return (
        Step("kernel", sentence(said, joined(" + ", chains))),
        Step(
            "linear equation",
            sentence("along an eigenvector, of eigenvalue {}; {} = t/T", eigenvalue, tau),
            (sympy.Eq(output.diff(tau), change, evaluate=False),),
        ),
    )
