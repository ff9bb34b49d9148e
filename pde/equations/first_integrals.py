"""Characteristic curves: first integrals of a vector field, found one after another.

Along dx_i/ds = Phi_i / Phi_clock (or Phi_i, when the clock is the curve's own time) the
variables are solved for in whatever order works: a variable whose rate contains only itself,
the clock and what is solved already is a scalar equation (triangular systems need no more);
variables that depend linearly on one another are a linear system; otherwise a conserved
quantity, by polynomial ansatz, removes one variable. Each step yields a constant of the motion
c = J(x) and a curve x_i = X_i(s; c).

>>> x, y = sympy.symbols("x y", positive=True)
>>> at = {x: sympy.Integer(2), y: sympy.Integer(3)}
>>> curves = characteristic_curves((x, y), (sympy.Integer(1), y), x, at, sympy.Integer(0))
>>> curves.integrals, curves.steps
((y*exp(-x),), ('y: linear',))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Dummy, Expr, Symbol

from pde.equations.conserved import conserved_quantities
from pde.equations.inversion import invert
from pde.equations.linear_systems import integrate_linear
from pde.equations.scalar_equations import integrate_scalar
from pde.errors import NoClosedFormError
from pde.expressions.sampling import numeric
from pde.expressions.statement import joined, message, sentence
from pde.pieces.roughness import in_pieces

Sample = Mapping[Symbol, Expr]
DEGREES = (1, 2, 3)
OPAQUE = (sympy.LambertW, sympy.Integral)  # curves that no further integration can use


@dataclass(frozen=True)
class Curves:
    """Characteristics x_i = X_i(s; c), c_j = J_j(x).

    ``clock_value`` is the value of s at the point x: the clock variable itself, or 0 when the
    clock is the curve's own time. ``sample`` gives values to everything, constants included.
    """

    clock: Symbol
    clock_value: Expr
    constants: tuple[Symbol, ...]
    integrals: tuple[Expr, ...]
    coordinates: tuple[tuple[Symbol, Expr], ...]
    speed: Expr
    sample: tuple[tuple[Symbol, Expr], ...]
    steps: tuple[str, ...]

    def along(self, expression: Expr) -> Expr:
        """Return an expression in the variables as a function of the clock and constants."""
        return expression.xreplace(dict(self.coordinates))

    def at_point(self, expression: Expr) -> Expr:
        """Return an expression in clock and constants as a function of the point."""
        values = dict(zip(self.constants, self.integrals, strict=True))
        return expression.xreplace({self.clock: self.clock_value, **values})


class _Search:
    """The state of one search (local to one call)."""

    def __init__(self, clock: Symbol, value: Expr, sample: Sample, lower: Expr) -> None:
        self.clock, self.value, self.lower = clock, value, lower
        self.sample = dict(sample)
        at = numeric(value, sample)
        self.sample[clock] = sympy.nsimplify(value.xreplace(dict(sample))) if at else value
        self.solved: dict[Symbol, Expr] = {}
        self.pending: list[tuple[Symbol, Expr]] = []
        self.constants: dict[Symbol, Expr] = {}
        self.steps: list[str] = []

    def constant(self, integral: Expr) -> Symbol:
        """Register c = J(s, x; earlier c) and return c, its sign taken from the sample."""
        at = numeric(integral, self.sample)
        if at is None:
            raise NoClosedFormError(
                sentence("the first integral {} is singular at the sample", integral)
            )
        real = abs(at.imag) < 1e-20
        name = f"c{len(self.constants) + 1}"
        if real and abs(at.real) > 1e-9:
            symbol = Dummy(name, positive=True) if at.real > 0 else Dummy(name, negative=True)
        else:
            symbol = Dummy(name, real=True) if real else Dummy(name)
        number = sympy.Float(at.real, 30)
        self.sample[symbol] = number if real else number + sympy.I * sympy.Float(at.imag, 30)
        self.constants[symbol] = integral.xreplace({self.clock: self.value, **self.constants})
        return symbol


def characteristic_curves(
    variables: Sequence[Symbol],
    field: Sequence[Expr],
    clock: Symbol | None,
    sample: Sample,
    lower: Expr,
) -> Curves:
    """Return the characteristic curves with the given clock variable (None: their own time).

    Raises NoClosedFormError, naming the step, if a variable cannot be solved for, and if the
    field has no component along the clock.
    """
    components = dict(zip(variables, (sympy.sympify(f) for f in field), strict=True))
    for component in components.values():
        if in_pieces(component):
            raise NoClosedFormError(
                sentence("{} is smooth in pieces: no curve has one formula", component)
            )
    if clock is not None and components[clock] == 0:
        raise NoClosedFormError(sentence("the field has no component along {}", clock))
    if clock is None:
        time, value = Dummy("tau", real=True), sympy.Integer(0)
        speed = sympy.Integer(1)
    else:
        time, value = Dummy(clock.name, **clock.assumptions0), clock
        speed = components[clock]
    search = _Search(time, value, sample, lower)
    if clock is not None:
        search.solved[clock] = time
    rates = {
        v: sympy.cancel(sympy.together(c / speed)) for v, c in components.items() if v != clock
    }
    rates = {v: r.xreplace(search.solved) for v, r in rates.items()}
    _solve(search, rates)
    for variable, expression in reversed(search.pending):
        search.solved[variable] = expression.xreplace(search.solved)
    return Curves(
        time,
        value,
        tuple(search.constants),
        tuple(search.constants.values()),
        tuple((v, search.solved[v]) for v in variables),
        speed,
        tuple(search.sample.items()),
        tuple(search.steps),
    )


def _solve(search: _Search, rates: dict[Symbol, Expr]) -> None:
    while rates:
        failures: list[str] = []
        progress = (
            _scalar(search, rates, failures)
            or _linear(search, rates, failures)
            or _reduced(search, rates, failures)
        )
        if not progress:
            raise NoClosedFormError(joined("; ", dict.fromkeys(failures)) or "no step applies")


def _needed(variable: Symbol, rates: Mapping[Symbol, Expr]) -> bool:
    """Return whether another variable's rate contains this one."""
    return any(rate.has(variable) for v, rate in rates.items() if v != variable)


def _finish(search: _Search, rates: dict[Symbol, Expr], found: Mapping[Symbol, Expr]) -> None:
    search.solved.update(found)
    for variable in found:
        rates.pop(variable)
    for variable, rate in rates.items():
        if rate.has(*found):
            rates[variable] = sympy.powsimp(rate.xreplace(dict(found)))


def _scalar(search: _Search, rates: dict[Symbol, Expr], failures: list[str]) -> bool:
    ready = [v for v, r in rates.items() if not (r.free_symbols & set(rates)) - {v}]
    for variable in sorted(ready, key=lambda v: rates[v].count_ops()):
        placeholder = Dummy("c")
        try:
            found = integrate_scalar(
                rates[variable], search.clock, variable, placeholder, search.sample, search.lower
            )
            if found.curve is None or (found.curve.has(*OPAQUE) and _needed(variable, rates)):
                raise NoClosedFormError(
                    sentence("{} = c is not solvable for {}", found.first_integral, variable)
                )
            constant = search.constant(found.first_integral)
        except NoClosedFormError as error:
            failures.append(message(error))
            continue
        curve = found.curve.xreplace({placeholder: constant})
        if found.name not in ("quadrature", "linear"):
            again = invert(found.first_integral, variable, constant, search.sample)
            if again is not None and again.count_ops() < curve.count_ops():
                curve = again
        search.steps.append(sentence("{}: {}", variable, found.name))
        _finish(search, rates, {variable: curve})
        return True
    return False


def _linear(search: _Search, rates: dict[Symbol, Expr], failures: list[str]) -> bool:
    for block in _closed_blocks(rates):
        try:
            _use_linear(search, rates, block, "linear system")
        except (NoClosedFormError, sympy.PolynomialError, NotImplementedError) as error:
            failures.append(message(error))
            continue
        return True
    return False


def _use_linear(
    search: _Search, rates: dict[Symbol, Expr], block: Sequence[Symbol], step: str
) -> None:
    placeholders = [Dummy("c") for _ in block]
    found = integrate_linear(
        [rates[v] for v in block], search.clock, block, placeholders, search.lower
    )
    constants = [search.constant(integral) for integral in found.first_integrals]
    names = dict(zip(placeholders, constants, strict=True))
    search.steps.append(joined(", ", (sentence("{}", v) for v in block)) + ": " + step)
    curves = (curve.xreplace(names) for curve in found.curves)
    _finish(search, rates, dict(zip(block, curves, strict=True)))


def _linear_on_levels(
    search: _Search, rates: dict[Symbol, Expr], block: Sequence[Symbol], quantity: Expr
) -> bool:
    """Use that a system is linear where a conserved polynomial is constant, as a vortex is."""
    if len(block) < 2 or not quantity.is_polynomial(*block):
        return False
    level = Dummy("c")
    try:
        plain = {v: _on_level(rates[v], quantity - level, block) for v in block}
        if any(sympy.diff(r, v).has(*block) for r in plain.values() for v in block):
            return False
        constant = search.constant(quantity)
        reduced = {**rates, **{v: r.xreplace({level: constant}) for v, r in plain.items()}}
        _use_linear(search, reduced, block, sentence("linear where {} is constant", quantity))
    except (NoClosedFormError, sympy.PolynomialError, NotImplementedError):
        return False
    rates.clear()
    rates.update(reduced)
    return True


def _on_level(rate: Expr, relation: Expr, block: Sequence[Symbol]) -> Expr:
    """Return a rate with numerator and denominator reduced by a polynomial relation."""
    parts = sympy.fraction(sympy.together(rate))
    top, bottom = (sympy.reduced(part, [relation], *block)[1] for part in parts)
    return sympy.cancel(top / bottom)


def _closed_blocks(rates: Mapping[Symbol, Expr]) -> list[list[Symbol]]:
    """Return the sets of variables closed under dependence, smallest first."""
    blocks: list[list[Symbol]] = []
    for start in rates:
        block, queue = {start}, [start]
        while queue:
            for other in rates[queue.pop()].free_symbols & set(rates) - block:
                block.add(other)
                queue.append(other)
        ordered = [v for v in rates if v in block]
        if len(ordered) > 1 and ordered not in blocks:
            blocks.append(ordered)
    return sorted(blocks, key=len)


def _reduced(search: _Search, rates: dict[Symbol, Expr], failures: list[str]) -> bool:
    for block in _closed_blocks(rates) or [list(rates)]:
        variables = [search.clock, *block]
        field = [sympy.Integer(1), *(rates[v] for v in block)]
        if search.value == 0 and not any(rates[v].has(search.clock) for v in block):
            variables, field = variables[1:], field[1:]
        tried: set[Expr] = set()
        for degree in DEGREES:
            for quantity in conserved_quantities(field, variables, degree):
                if quantity in tried or not quantity.has(*block):
                    continue
                tried.add(quantity)
                if _linear_on_levels(search, rates, block, quantity):
                    return True
                if _use(search, rates, block, quantity):
                    return True
    failures.append(
        sentence(
            "no usable conserved quantity of degree {} for {}", DEGREES[-1], sympy.Tuple(*rates)
        )
    )
    return False


def _by_cardano(curve: Expr) -> bool:
    """Return whether a root holds another one: no rate with it can be integrated."""
    roots = [p for p in curve.atoms(sympy.Pow) if p.exp.is_Rational and not p.exp.is_Integer]
    return any(
        p.exp.q > 2 and any(q != p and p.base.has(q) for q in roots if q.free_symbols)
        for p in roots
    )


def _use(
    search: _Search, rates: dict[Symbol, Expr], block: Sequence[Symbol], quantity: Expr
) -> bool:
    if quantity.has(sympy.log) and all(
        a.is_Rational for a in (t.as_coeff_Mul()[0] for t in sympy.Add.make_args(quantity))
    ):
        terms = [t.as_coeff_Mul() for t in sympy.Add.make_args(quantity)]
        if all(isinstance(log, sympy.log) for _, log in terms):
            scale = sympy.ilcm(1, *(a.q for a, _ in terms))
            quantity = sympy.Mul(*(log.args[0] ** (a * scale) for a, log in terms))
    placeholder = Dummy("c")
    options = []
    for variable in block:
        if quantity.has(variable):
            curve = invert(quantity, variable, placeholder, search.sample)
            if curve is None or _by_cardano(curve):
                continue
            if not (curve.has(*OPAQUE) and _needed(variable, rates)):
                options.append(
                    (
                        curve.has(sympy.sqrt, sympy.LambertW),
                        curve.count_ops(),
                        str(variable),
                        variable,
                        curve,
                    )
                )
    if not options:
        return False
    *_, variable, curve = min(options, key=lambda o: o[:3])
    constant = search.constant(quantity)
    again = invert(quantity, variable, constant, search.sample)
    curve = again if again is not None else curve.xreplace({placeholder: constant})
    search.steps.append(sentence("{}: conserved quantity {}", variable, quantity))
    search.pending.append((variable, curve))
    rates.pop(variable)
    for other, rate in rates.items():
        if rate.has(variable):
            rates[other] = sympy.cancel(sympy.together(rate.xreplace({variable: curve})))
    return True
