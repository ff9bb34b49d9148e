r"""Mean-field equations of melons: squared sums over rows of products of three and more factors.

The output ``f_I = sum_k prod_c u^c[k, i_c]`` is summed over so many rows that it acts back on
every factor as Gaussian noise.  Of the diagrams that two such vertices make, those lead in which
all their lines join the same two: the melons.  With C_c the correlation of a factor in units of
its variance, R_c its response, F that of ``f - target`` in units of its scale:

    F = R_f (h prod C + w) R_f^T,  R_f = delta + K + K*K + ..
    K = -sum_c kappa_c R_c prod_{c' != c} C_c'
    d_t R_c = delta - Sigma_c * R_c - decay_c R_c
    d_t C_c = -Sigma_c * C_c - decay_c C_c + D_c * R_c^T,  D_c = noise_c F prod_{c' != c} C_c'
    Sigma_c = stiff_c R_f prod_{c' != c} C_c'
              - sum_{c' != c} back_cc' F R_c' prod_{c'' != c, c'} C_c''

With two factors planar diagrams lead, of which melons are the first: they part at s = 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter

from diagrams.errors import NotSolved
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.mean_fields.trees import is_atom
from diagrams.polynomials.evaluation import float_at
from diagrams.polynomials.polynomial import Polynomial, as_polynomial
from diagrams.problems.problem import Problem
from pde.expressions.statement import sentence


class NotMelons(NotSolved):
    """Diagrams without the square of a sum over rows of products."""


@dataclass(frozen=True)
class Factor:
    """Factors of one law: ``count`` of them, and the weights of their equations.

    ``back`` has the weight for each kind of factor c'; a kind's own stands for its twins.
    """

    names: tuple[str, ...]
    kappa: Polynomial
    stiff: Polynomial
    back: tuple[Polynomial, ...]
    noise: Polynomial
    decay: Polynomial

    @property
    def count(self) -> int:
        """How many factors there are of this law."""
        return len(self.names)


@dataclass(frozen=True)
class MelonEquations:
    """The equations at leading order: kinds of factors, the start of F, and what is observed.

    ``observable`` times F(t, t) is what is observed, at order ``exponent`` in ``symbol``.  With a
    target on the diagonal there are its ``coupling`` to a coordinate, the ``overlap`` of the mean
    output with it, and ``diagonal``, the weight of what the mean output lacks, squared.
    """

    symbol: str
    put: tuple[tuple[str, Polynomial], ...]
    factors: tuple[Factor, ...]
    start: Polynomial
    target: Polynomial
    observable: Polynomial
    exponent: Fraction
    coupling: Polynomial = Polynomial()  # noqa: RUF009 -- an immutable value
    overlap: Polynomial = Polynomial()  # noqa: RUF009
    diagonal: Polynomial = Polynomial()  # noqa: RUF009

    @property
    def planar(self) -> bool:
        """Whether there are two factors only, so that melons are not all that leads."""
        return sum(factor.count for factor in self.factors) == 2

    @property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """All polynomials of the equations."""
        own = [(f.kappa, f.stiff, *f.back, f.noise, f.decay) for f in self.factors]
        single = (self.start, self.target, self.observable)
        diagonal = (self.coupling, self.overlap, self.diagonal)
        return (*single, *diagonal, *(p for row in own for p in row))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Proportions and scales: the symbols that need numbers."""
        return tuple(sorted({n for p in self.polynomials for n in p.symbols if not is_atom(n)}))


class MelonNumbers:
    """The parameters of melon equations as numbers, for what integrates them."""

    def __init__(self, equations: MelonEquations, values: Mapping[str, float]) -> None:
        def at(value: Polynomial) -> float:
            return float_at(value, values)

        self.factors = equations.factors
        self.count = [f.count for f in self.factors]
        self.kappa = [at(f.kappa) for f in self.factors]
        self.stiff = [at(f.stiff) for f in self.factors]
        self.back = [[at(b) for b in f.back] for f in self.factors]
        self.noise = [at(f.noise) for f in self.factors]
        self.decay = [at(f.decay) for f in self.factors]
        self.start, self.target = at(equations.start), at(equations.target)
        self.weight = at(equations.observable)


@dataclass(frozen=True)
class _Model:
    """What the diagrams say: rows, factors with their cells, and the coefficients."""

    rows: IndexFamily
    cells: tuple[tuple[Tensor, IndexFamily], ...]
    square: Polynomial
    observed: Polynomial
    target: Polynomial
    diagonal: Polynomial
    decays: Mapping[str, Polynomial]


def _is_square(diagram: Diagram) -> bool:
    """Whether a diagram is the sum of squares of the entries of one tensor, as a decay is."""
    return len(diagram.edges) == 2 and diagram.edges[0] == diagram.edges[1]


def melon_clock(problem: Problem, put: Mapping[str, Polynomial], symbol: str) -> Fraction:
    """The power of the large parameter by which time has to be stretched for rates of order one."""
    model = _model(problem)
    rates = []
    if model.diagonal:
        one = model.cells[0][0]
        deviations = _deviations(one, len(model.cells) - 2)
        rates.append(one.rate * model.square * model.diagonal * deviations)
    for tensor, _ in model.cells:
        kernel, stiff = model.rows.count, as_polynomial(1)
        for other, cell in model.cells:
            if other != tensor:
                kernel = kernel * _law(other).variance
                stiff = stiff * _law(other).variance * cell.count
        decay = model.decays.get(tensor.name, Polynomial())
        rates += [tensor.rate * v for v in (model.square * kernel, model.square * stiff, decay)]
    others = {name: value for name, value in put.items() if name != symbol}
    powers = [dict(p) for rate in rates for p, _ in rate.substitute(others).terms]
    return max((p.get(symbol, Fraction(0)) for p in powers), default=Fraction(0))


def melon_equations(
    problem: Problem,
    put: Mapping[str, Polynomial],
    symbol: str,
    clock: Fraction = Fraction(0),
) -> MelonEquations:
    """Derive the equations of a problem at leading order of a scaling.

    ``clock`` is a power of the large parameter that time is stretched by.

    Raises :class:`~diagrams.errors.NotSolved` where its diagrams are none of a squared product, or
    a weight has no limit.
    """
    model = _model(problem)

    def order(value: Polynomial) -> Fraction:
        return max((dict(p).get(symbol, Fraction(0)) for p, _ in value.terms), default=Fraction(0))

    def scaled(value: Polynomial) -> Polynomial:
        return value.substitute({n: v for n, v in put.items() if n != symbol})

    def kept(value: Polynomial, name: str) -> Polynomial:
        """What is of order one; a positive power is a refusal."""
        found = scaled(value)
        if order(found) > 0:
            told = sentence("the {} is of order {}**({})", name, symbol, str(order(found)))
            advice = "; other rates, variances or sizes may do"
            raise NotSolved("not of order one: " + told + advice)
        return _at_order(found, symbol, Fraction(0))

    tensors = [tensor for tensor, _ in model.cells]
    variance = {t.name: _law(t).variance for t in tensors}
    spread = {t.name: variance[t.name] * cell.count for t, cell in model.cells}
    slow = Polynomial.monomial(1, {symbol: -clock})
    rate = {t.name: 2 * (model.square * t.rate * slow) for t in tensors}
    entries = as_polynomial(1)
    for _, cell in model.cells:
        entries = entries * cell.count
    start = model.rows.count * _product(variance, ())
    scale = max(order(scaled(value)) for value in (start, model.target) if value)
    unit = Polynomial.monomial(1, {symbol: scale})
    inverse = Polynomial.monomial(1, {symbol: -scale})
    kinds: dict[tuple[object, ...], list[Tensor]] = {}
    for tensor, cell in model.cells:
        decay = model.decays.get(tensor.name, Polynomial())
        key = (variance[tensor.name], spread[tensor.name], tensor.rate, decay, cell.count)
        kinds.setdefault(key, []).append(tensor)
    names = [[t.name for t in group] for group in kinds.values()]
    factors = []
    for own in names:
        one, r = own[0], rate[own[0]]
        tensor = next(t for t in tensors if t.name == one)
        twin = own[1] if len(own) > 1 else ""
        back = []
        for other in names:
            its = twin if other is own else other[0]
            weight = Polynomial()
            if its:
                sizes = {t.name: cell.count for t, cell in model.cells}
                weight = r * rate[its] * sizes[its] * unit * _product(spread, (one, its))
            back.append(kept(weight, _of("memory of", tensor)))
        lost = variance[one] ** -1 if variance[one] else Polynomial()
        moved = r * r * unit * _product(spread, (one,)) * lost
        decay = 2 * (model.decays.get(one, Polynomial()) * _rate_of(tensors, one) * slow)
        factors.append(
            Factor(
                tuple(own),
                kept(r * model.rows.count * _product(variance, (one,)), _of("kernel of", tensor)),
                kept(r * _product(spread, (one,)), _of("rate of", tensor)),
                tuple(back),
                kept(moved, _of("noise on", tensor)),
                kept(decay, _of("decay of", tensor)),
            )
        )
    whole = scaled(model.observed * entries * unit)
    lacking = Polynomial()
    coupling = overlap = Polynomial()
    if model.diagonal:
        if len(names) > 1:
            raise NotSolved("a target on the diagonal, and factors of several laws")
        one = names[0][0]
        count = len(tensors)
        coupling = kept(rate[one] * model.diagonal * _deviations(tensors[0], count - 2), "target")
        mean = model.rows.count * _deviations(tensors[0], count) * model.diagonal**-1
        overlap = kept(mean, "mean output") if coupling else overlap
        cells = model.cells[0][1].count
        lacking = scaled(model.observed * model.diagonal * model.diagonal * cells)
    top = max(order(whole), order(lacking)) if lacking else order(whole)
    return MelonEquations(
        symbol,
        tuple(sorted(put.items())),
        tuple(factors),
        _at_order(scaled(start * inverse), symbol, Fraction(0)),
        _at_order(scaled(model.target * inverse), symbol, Fraction(0)),
        _at_order(whole, symbol, top),
        top,
        coupling,
        overlap,
        _at_order(lacking, symbol, top),
    )


def _deviations(tensor: Tensor, count: int) -> Polynomial:
    """A power of the standard deviation at the start, which has to be rational."""
    variance = _law(tensor).variance
    try:
        return variance ** Fraction(count, 2)
    except ValueError:
        told = sentence("the power {}/2 of the variance {} is not rational", count, str(variance))
        raise NotSolved(told + "; a scale in place of the number may do") from None


def _product(values: Mapping[str, Polynomial], without: Sequence[str]) -> Polynomial:
    total = as_polynomial(1)
    for name, value in values.items():
        total = total if name in without else total * value
    return total


def _at_order(value: Polynomial, symbol: str, order: Fraction) -> Polynomial:
    """What stands at a power of the large parameter, without it."""
    return Polynomial.from_terms(
        (tuple(pair for pair in powers if pair[0] != symbol), number)
        for powers, number in value.terms
        if dict(powers).get(symbol, Fraction(0)) == order
    )


def _rate_of(tensors: Sequence[Tensor], name: str) -> Polynomial:
    return next(t.rate for t in tensors if t.name == name)


def _law(tensor: Tensor) -> Gaussian:
    assert isinstance(tensor.law, Gaussian)
    return tensor.law


# -- what the diagrams are --------------------------------------------------------------------


def _model(problem: Problem) -> _Model:
    """Read a squared product of different factors off the diagrams."""
    for rows in problem.families:
        squares = [(d, c) for d, c in problem.potential if _pairs(d, rows) is not None]
        if len(squares) == 1:
            diagram, square = squares[0]
            cells = _pairs(diagram, rows) or ()
            return _completed(problem, rows, diagram, square, cells)
    raise NotMelons(
        "no diagram of the potential is the square of a sum over rows of products of trained"
        " matrices, one cell each"
    )


def _pairs(diagram: Diagram, rows: IndexFamily) -> tuple[tuple[Tensor, IndexFamily], ...] | None:
    """For the square: two rows, every cell with one edge of one trained matrix to each of both."""
    both = [n for n, family in enumerate(diagram.nodes) if family == rows]
    cells = [n for n in range(len(diagram.nodes)) if n not in both]
    if len(both) != 2 or 2 * len(cells) != len(diagram.edges):
        return None
    found = []
    for cell in cells:
        edges = [edge for edge in diagram.edges if cell in edge.nodes]
        ends = sorted(n for edge in edges for n in edge.nodes if n != cell)
        if ends != both or len({e.tensor for e in edges}) != 1 or not _plain(edges[0]):
            return None
        found.append((edges[0].tensor, diagram.nodes[cell]))
    return tuple(sorted(found, key=lambda pair: pair[0].name))


def _plain(edge: Edge) -> bool:
    tensor = edge.tensor
    gaussian = isinstance(tensor.law, Gaussian) and tensor.law.mean is Mean.ZERO
    return tensor.role is Role.TRAINED and tensor.rank == 2 and gaussian


def _completed(
    problem: Problem,
    rows: IndexFamily,
    diagram: Diagram,
    square: Polynomial,
    cells: tuple[tuple[Tensor, IndexFamily], ...],
) -> _Model:
    """The rest of potential and observable: a random target, decay; all else is refused."""
    names = [tensor.name for tensor, _ in cells]
    if len(cells) < 2:
        raise NotSolved("a square of one factor is no square of a product")
    if len(set(names)) < len(names):
        twice = next(tensor for tensor, _ in cells if names.count(tensor.name) > 1)
        raise NotSolved(
            _of("", twice) + " stands in several factors: its trace modes move faster than the rest"
            " by a power of the size, and rule every coefficient"
        )
    target, diagonal, decays = Polynomial(), Polynomial(), {}
    for other, coefficient in problem.potential:
        trained = [edge for edge in other.edges if edge.tensor.role is Role.TRAINED]
        if other == diagram or not trained:
            continue
        tensor = other.edges[0].tensor
        if _is_square(other) and tensor.name in names:
            decays[tensor.name] = coefficient
            continue
        every = sorted(e.tensor.name for e in trained) == sorted(names) and square.is_monomial
        if every and len(other.edges) == len(trained) and len(other.nodes) == 2:
            diagonal = coefficient * (-2 * square) ** -1
            continue
        frozen = [edge for edge in other.edges if edge.tensor.role is Role.FROZEN]
        whole = sorted(e.tensor.name for e in trained) == sorted(names) and len(frozen) == 1
        if not whole or not square.is_monomial or len(set(frozen[0].nodes)) < len(cells):
            raise NotSolved(sentence("neither a square, a random target nor a decay: {}", other))
        law = frozen[0].tensor.law
        if not isinstance(law, Gaussian):
            raise NotSolved(_of("the entries of", frozen[0].tensor) + " are not Gaussian")
        if law.mean is not Mean.ZERO:
            raise NotSolved(
                _of("the target", frozen[0].tensor) + sentence(" has a mean: {}", other)
            )
        ratio = coefficient * (2 * square) ** -1
        target = target + ratio * ratio * law.variance
    observed = _observed(problem, diagram, square)
    return _Model(rows, cells, square, observed, target, diagonal, decays)


def _of(words: str, tensor: Tensor) -> str:
    """Words and the name of a tensor, as one sentence."""
    return sentence(f"{words} {{}}" if words else "{}", tensor, spell=attrgetter("name"))


def _observed(problem: Problem, diagram: Diagram, square: Polynomial) -> Polynomial:
    """The coefficient of the square in what is observed, all of it in proportion."""
    own = problem.observable.coefficient(diagram)

    def moving(value: Combination) -> list[tuple[Diagram, Polynomial]]:
        trained = [(d, c) for d, c in value if any(e.tensor.role is Role.TRAINED for e in d.edges)]
        return [(d, c) for d, c in trained if not _is_square(d)]

    known = Combination.of((d, c * own) for d, c in moving(problem.potential))
    told = moving(problem.observable)
    if not own or known != Combination.of((d, c * square) for d, c in told):
        raise NotSolved(f"the observable {problem.observed_name} is not the loss that is descended")
    return own
