"""From the equations of amplitudes to the loss: formulas, averages over eigenvalues, integrals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ends.ending import Ending, unknown
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.expressions.signs import proved_sign
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.grouping import Grouping, grouping, inserted, local, public
from diagrams.dynamics.petals.petal_equation import TIME
from diagrams.dynamics.road import Derivation
from diagrams.dynamics.roads.closed.closed import presented
from diagrams.dynamics.roads.closed.numbers import ByEquation
from diagrams.dynamics.roads.means.amplitudes import Amplitudes
from diagrams.dynamics.roads.means.invariants import ByOne, by_invariant
from diagrams.dynamics.roads.means.normal import Normal, OverNormals
from diagrams.dynamics.roads.means.riccati import Resting, Riccati, endings
from diagrams.dynamics.roads.spectra.algebraic import bulk_of
from diagrams.dynamics.roads.spectra.density import Band
from diagrams.dynamics.roads.spectra.planar import Planar
from diagrams.dynamics.roads.spectra.response import EIGENVALUE
from diagrams.dynamics.sentences import listed, sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.polynomials.polynomial import Polynomial, Powers, sympy_symbol
from diagrams.polynomials.spelling import fresh
from pde.equations.characteristics import numerical
from pde.equations.characteristics import solve as solve_equation
from pde.equations.first_order import FirstOrderEquation, InitialData

CLOCK = sympy_symbol("t") / sympy_symbol("T")


@dataclass(frozen=True)
class Found:
    """Amplitudes with the constant that is added to their loss, and how far they are certified.

    ``every_size`` says that nothing was left out.
    """

    amplitudes: Amplitudes
    constant: Polynomial
    evidence: Evidence
    every_size: bool = False


def solved(found: Found, asked: Face) -> Derivation:
    """Return the loss of certified amplitudes on a face.

    Raises :class:`~diagrams.errors.NotSolved` where functions of an eigenvalue have no formula.
    """
    taken = {*asked.regime.symbols, "T", "t"}
    eigenvalue = fresh("x", taken)
    held = _in_eigenvalue(found.amplitudes, eigenvalue)
    shown = _Symbols.of(held, {*taken, eigenvalue})
    steps = _steps(shown, found.evidence)
    if isinstance(held.measure, Normal):
        return _over_normals(shown, steps, found, held.measure, taken)
    names = (fresh("z", taken), fresh("P", {*taken, eigenvalue}))
    one = None if _is_elementary(held) else by_invariant(held, *names)
    if one is not None:
        made = _of_riccati(one, shown, steps, found)
    elif _is_elementary(held):
        known = solve_equation(_equation(shown))
        if known.expression is None:
            return _integrated(shown, steps, found)
        constant = local(_constant(found))
        numbers = ByEquation(known, _point(known.equation, shown), public(constant))
        made = presented(known, shown.starts, constant, numbers, found.evidence)
        named = (*made.definitions, *shown.groups.definitions())
        made = replace(made, steps=steps, definitions=named)
    elif held.measure is None:
        return _integrated(shown, steps, found)
    else:
        raise NotSolved("along the eigenvectors of one matrix: no formula for amplitudes")
    return made if held.measure is None else _averaged(made, found, eigenvalue, asked)


def _constant(found: Found) -> Expr:
    """The constant that is added to the loss itself, and not to an average of it."""
    return sympy.Integer(0) if found.amplitudes.measure else found.constant.to_sympy()


def _of_riccati(one: ByOne, symbols: _Symbols, steps: tuple[Step, ...], found: Found) -> Derivation:
    """The loss in two amplitudes, by one of ``z' = a + b z + c z^2``."""
    parts = dict(_by_power(one.velocity, (one.name,)))
    taken = {one.name, one.constant, "T", "t", *one.start.symbols, *one.velocity.symbols}
    taken |= {s.name for s in _equation(symbols).variables + _equation(symbols).parameters}
    taken |= {s.name for _, meaning in symbols.groups.definitions() for s in meaning.free_symbols}
    meanings: list[tuple[Symbol, Expr]] = []
    if len(one.invariant) > 1:
        meanings.append((Symbol(one.constant), local(one.invariant.to_sympy())))

    def named(letter: str, value: Expr) -> Expr:
        """A symbol for a sum; what is no sum stands for itself."""
        value = sympy.factor_terms(value)
        if not value.has(sympy.Add):
            return value
        symbol = Symbol(fresh(letter, taken), positive=True)
        taken.add(symbol.name)
        meanings.append((symbol, value))
        return symbol

    none = Polynomial()
    a, b, c = (
        named(letter, local(parts.get((Fraction(power),), none).to_sympy()))
        for power, letter in enumerate("abc")
    )
    start = named("s", sympy.factor(local(one.start.to_sympy())))
    r = named("r", sympy.sqrt(b**2 / 4 - a * c))
    amplitude = Riccati(a, b, c, start, r)
    own = [
        (Symbol(one.name), public(amplitude.at(TIME)).xreplace({sympy_symbol(TIME.name): CLOCK}))
    ]
    pair = zip(symbols.names, one.values, strict=True)
    own = [*((s, public(local(v.to_sympy()))) for s, v in pair), *own]
    inner = [(public(s), public(meaning)) for s, meaning in (*own, *reversed(meanings))]
    definitions = (*inner, *symbols.groups.definitions())
    formula = public(symbols.expression(symbols.found.loss)) + _constant(found)
    step = Step(
        "invariant",
        sentence("both by one, {}, as a difference of their squares is constant", Symbol(one.name)),
        tuple(sympy.Eq(s, meaning, evaluate=False) for s, meaning in inner),
    )
    *first, last = steps
    made = Derivation(
        "explicit",
        formula,
        ByFormula(inserted(formula, definitions)),
        Ends(endings),
        found.evidence,
        (*first, step, last),
        definitions,
    )
    if not _attracts(parts, one.constant):
        return made
    apart = {own[-1][0].name, one.constant, r.name if r.is_Symbol else ""}
    kept = [(local(s), local(m)) for s, m in definitions if s.name not in apart]
    plain = Riccati(*(inserted(value, kept) for value in (a, b, c, start, r)))
    limit = plain.at_rest(inserted(local(formula), kept), Symbol(one.name, positive=True))
    resting = Resting(amplitude, public(limit), local(one.invariant.to_sympy()))
    return replace(
        made, ends=Ends(endings, resting), existence=resting.existence, domain=resting.domain
    )


def _attracts(parts: Mapping[tuple[Fraction, ...], Polynomial], constant: str) -> bool:
    """Whether ``a >= 0 > c``, whatever the sign of the constant of motion."""
    a, c = (parts.get((Fraction(k),), Polynomial()) for k in (0, 2))
    even = all(dict(p).get(constant, Fraction(0)) % 2 == 0 for p, _ in (*a.terms, *c.terms))
    signs = [proved_sign(local(value.to_sympy())) for value in (a, c)]
    return even and signs[0] in (0, 1) and signs[1] == -1


def _in_eigenvalue(held: Amplitudes, name: str) -> Amplitudes:
    """Amplitudes with a symbol for the eigenvalue, or for its root where roots occur."""
    x = Polynomial.symbol(name) ** (2 if _has_roots(held) else 1)
    return held.substituted({EIGENVALUE: x})


def _has_roots(held: Amplitudes) -> bool:
    powers = (dict(p).get(EIGENVALUE, Fraction(0)) for value in held.values for p, _ in value.terms)
    return any(power.denominator > 1 for power in powers)


def _averaged(made: Derivation, found: Found, name: str, asked: Face) -> Derivation:
    """A loss at one eigenvalue, averaged over all."""
    held = found.amplitudes
    assert isinstance(held.measure, Planar)
    bulk = bulk_of(held.measure)
    if bulk is None:
        raise NotSolved("the spectrum: the density of its eigenvalues has no formula")
    named = {s.name for s, _ in made.definitions}
    band = Band.of(bulk, {*asked.regime.symbols, "T", "t", name, *named})
    symbol = sympy_symbol(name)
    meaning = band.root if _has_roots(held) else band.eigenvalue
    within = (*made.definitions, (symbol, meaning))
    moving = (s for s, meaning in made.definitions if meaning.has(symbol))
    formula = sympy.factor_terms(made.formula)
    factor, value = formula.as_independent(symbol, *moving, as_Add=False)
    at_zero = sympy.Integer(0)
    if band.mass()[0]:
        inside = local(inserted(value, made.definitions))
        at_zero = public(sympy.limit(inside, Symbol(name, positive=True), 0, "+"))
    averaged, numbers = band.average(factor, value, at_zero, found.constant.to_sympy(), within)
    *first, last = made.steps
    return replace(
        made,
        kind="quadrature",
        formula=averaged,
        numbers=numbers,
        ends=Ends(_ends_of_average),
        steps=(*first, band.step, last),
        definitions=(*within, *band.definitions),
        conditions=(),
        domain="t >= 0",
        forward=True,
        existence=(),
    )


def _is_elementary(held: Amplitudes) -> bool:
    """Whether each equation is linear, of Riccati or of Bernoulli, given those before it."""
    known: set[str] = set()
    waiting = dict(zip(held.names, held.velocities, strict=True))
    while waiting:
        for name, velocity in waiting.items():
            powers = {dict(p).get(name, Fraction(0)) for p, _ in velocity.terms}
            alone = not known & set(velocity.symbols)
            riccati = powers <= {0, 1, 2} and (alone or not {0, 2} <= powers)
            if not set(velocity.symbols) & waiting.keys() - {name} and (
                riccati or (len(powers) == 2 and 1 in powers)
            ):
                known.add(name)
                del waiting[name]
                break
        else:
            return False
    return True


@dataclass(frozen=True)
class _Symbols:
    """The symbols of the amplitudes, and names for coefficients of several terms."""

    found: Amplitudes
    names: tuple[Symbol, ...]
    groups: Grouping

    @staticmethod
    def of(found: Amplitudes, taken: Collection[str], grouped: bool = True) -> _Symbols:
        """New names for the amplitudes, and for the coefficients of their powers."""
        names = tuple(Symbol(fresh(name, set(taken)), positive=True) for name in found.names)
        values = (found.loss, *found.velocities)
        coefficients = [c for value in values for _, c in _by_power(value, found.names)]
        return _Symbols(found, names, grouping(coefficients if grouped else (), ""))

    def expression(self, value: Polynomial) -> Expr:
        """A polynomial in amplitudes, all symbols positive."""
        return sympy.Add(
            *(
                self.groups.expression(c)
                * sympy.Mul(
                    *(z ** sympy.Rational(p) for z, p in zip(self.names, powers, strict=True))
                )
                for powers, c in _by_power(value, self.found.names)
            )
        )

    @property
    def starts(self) -> dict[Symbol, Expr]:
        """The amplitudes at the start."""
        values = (local(start.to_sympy()) for start in self.found.starts)
        return dict(zip(self.names, values, strict=True))


def _by_power(
    value: Polynomial, names: Sequence[str]
) -> Iterator[tuple[tuple[Fraction, ...], Polynomial]]:
    """The coefficient of each power of some symbols."""
    groups: dict[tuple[Fraction, ...], list[tuple[Powers, Fraction]]] = {}
    for powers, c in value.terms:
        own = dict(powers)
        key = tuple(own.pop(name, Fraction(0)) for name in names)
        groups.setdefault(key, []).append((tuple(own.items()), c))
    for key, terms in groups.items():
        yield key, Polynomial.from_terms(terms)


def _equation(symbols: _Symbols) -> FirstOrderEquation:
    """The loss after a time, as a function of the amplitudes at its beginning."""
    field = tuple(-symbols.expression(v) for v in symbols.found.velocities)
    loss = symbols.expression(symbols.found.loss)
    return FirstOrderEquation(
        (TIME, *symbols.names),
        (sympy.Integer(1), *field),
        initial=InitialData(TIME, sympy.Integer(0), loss),
    )


def _point(equation: FirstOrderEquation, symbols: _Symbols) -> tuple[tuple[str, Expr], ...]:
    """What every symbol of the equation stands for, in plain symbols."""
    own = [(s.name, public(value)) for s, value in symbols.starts.items()]
    defined = symbols.groups.definitions()
    plain = [sympy_symbol(s.name) for s in equation.parameters]
    others = [(s.name, inserted(s, defined)) for s in plain]
    return (*own, *others, (TIME.name, CLOCK))


def _integrated(symbols: _Symbols, steps: tuple[Step, ...], held: Found) -> Derivation:
    """The loss in amplitudes: one as the inverse of an integral, several as functions of time."""
    equation = _equation(symbols)
    solved = numerical(equation, ("amplitudes without a formula",))
    constant = held.constant.to_sympy()
    numbers = ByEquation(solved, _point(equation, symbols), constant)
    found, names, starts = symbols.found, symbols.names, symbols.starts
    loss = public(symbols.expression(found.loss))
    velocities = [public(symbols.expression(v)) for v in found.velocities]
    plain = [public(name) for name in names]
    if len(names) == 1:
        (amplitude,), (velocity,) = plain, velocities
        inner = Symbol(fresh("x", {s.name for s in velocity.free_symbols}))
        integrand = 1 / sympy.factor(velocity.xreplace({amplitude: inner}))
        time = sympy.Integral(integrand, (inner, public(starts[names[0]]), amplitude))
        conditions: tuple[sympy.Basic, ...] = (sympy.Eq(time, CLOCK, evaluate=False),)
    else:
        moving = {s: sympy.Function(s.name)(TIME) for s in plain}
        loss = loss.xreplace(moving)
        pairs = zip(plain, velocities, names, strict=True)
        listed_ = [
            (sympy.Eq(moving[s].diff(TIME), velocity.xreplace(moving), evaluate=False), start)
            for s, velocity, name in pairs
            for start in [sympy.Eq(moving[s].func(0), public(starts[name]), evaluate=False)]
        ]
        conditions = (*(e for pair in listed_ for e in pair), sympy.Eq(TIME, CLOCK))
    return Derivation(
        "implicit" if len(names) == 1 else "ode",
        sympy.factor_terms(loss) + constant,
        numbers,
        Ends(_ends_unknown),
        held.evidence,
        steps,
        symbols.groups.definitions(),
        conditions,
        domain="all t to which the amplitudes can be followed",
    )


def _over_normals(
    symbols: _Symbols, steps: tuple[Step, ...], held: Found, measure: Normal, taken: Collection[str]
) -> Derivation:
    """The loss in amplitudes, averaged over normal variables that they start from."""
    made = _integrated(symbols, steps, replace(held, constant=Polynomial()))
    found = symbols.found
    measure = measure.among({s for value in found.values for s in value.symbols})
    named = {name: Symbol(fresh(f"x{k}", set(taken))) for k, name in enumerate(measure.names, 1)}

    def put(value: Expr) -> Expr:
        own = {s: named[s.name] for s in value.free_symbols if s.name in named}
        return value.xreplace(own)

    average = measure.average(put(made.formula), list(named.values()))
    law = Step(
        "normal variables", sentence("of the means at the start: {}", listed(named.values()))
    )
    return replace(
        made,
        kind="ode",
        formula=average + held.constant.to_sympy(),
        numbers=OverNormals(
            found.names, found.velocities, found.starts, found.loss, measure, held.constant
        ),
        ends=Ends(_ends_over_normals),
        steps=(law, *(replace(s, formulas=tuple(map(put, s.formulas))) for s in made.steps)),
        definitions=tuple((s, put(meaning)) for s, meaning in made.definitions),
        conditions=tuple(put(condition) for condition in made.conditions),
        domain="t >= 0",
        forward=True,
    )


def _ends_over_normals(_: Solution, __: None = None) -> tuple[Ending, ...]:
    reason = "the loss is an average over normal variables"
    return unknown(reason, 1), unknown(reason, -1)


def _ends_unknown(_: Solution, __: None = None) -> tuple[Ending, ...]:
    reason = "the amplitudes have no formula"
    return unknown(reason, 1), unknown(reason, -1)


def _steps(symbols: _Symbols, evidence: Evidence) -> tuple[Step, ...]:
    found, plain = symbols.found, [public(name) for name in symbols.names]
    said = (
        sentence("{} of {}, at the start {}", name, listed(map(_owner, owners)), start.to_sympy())
        for name, owners, start in zip(plain, found.owners, found.starts, strict=True)
    )
    tau = public(TIME)
    moving = {s: sympy.Function(s.name)(tau) for s in plain}
    equations = tuple(
        sympy.Eq(
            moving[s].diff(tau),
            public(symbols.expression(v)).xreplace(moving),
            evaluate=False,
        )
        for s, v in zip(plain, found.velocities, strict=True)
    )
    return (
        Step("amplitudes", sentence("of patterns of order parameters: {}", listed(said, "; "))),
        Step("equations", sentence("{} = t/T", tau), equations),
        Step("certificate", evidence.sentence),
    )


def _owner(parameter: OrderParameter) -> object:
    """What an amplitude multiplies: a tensor, or a piece of a diagram."""
    edges = parameter.definition.edges
    return edges[0].tensor if len(edges) == 1 else parameter.definition


def _ends_of_average(_: Solution, __: None = None) -> tuple[Ending, ...]:
    reason = "the loss is an average over eigenvalues"
    return unknown(reason, 1), unknown(reason, -1)
