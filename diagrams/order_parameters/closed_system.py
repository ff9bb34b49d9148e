"""The closed system: order parameters with their equations, as a value."""

from __future__ import annotations

import fractions
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from diagrams.display import Displayed
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.tensors import Averaged, IndexFamily, tensor_letters
from diagrams.order_parameters.cutting import NewPiece, OrderParameter, Reduction, bare
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.batches import Batch
from diagrams.problems.friction import Friction
from diagrams.problems.problem import Problem, problem_names

if TYPE_CHECKING:
    import diagrams.order_parameters.fluctuations
    import diagrams.order_parameters.numbers
    import diagrams.order_parameters.restricting
    import diagrams.order_parameters.stability

Number = int | float | fractions.Fraction


@dataclass(frozen=True)
class ClosedSystem(Displayed):
    """Ordinary differential equations that a problem's order parameters obey, exactly.

    ``parameters`` are the order parameters, those that move first; ``equations[j]`` is ``T`` times
    the time derivative of the j-th, a combination of diagrams whose edges are order parameters
    (zero for constants of motion).  ``loss`` is the problem's observable in order parameters, and
    ``initial[j]`` the mean of the j-th at time zero, with Kronecker deltas between its indices.

    With a ``step``, the name of the learning rate, the right-hand sides are the mean change in
    one step of one-pass SGD divided by the step, given the weights; the step sees a ``batch``, or
    one fresh sample.  With ``friction`` the flow has momentum.  With a ``scaling``, exponents by
    name, only what leads is there, see :meth:`leading`.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> print(close(cp_problem(order=2, target="zero"), ["feature"]).text())
    Order parameters: CP model of order 2, all slots tied, zero target
    The prime is T d/dt; eliminated: feature.
    u_u[k1,k2] = sum[i1] u[k1,i1] u[k2,i1]
    u_u' = -4 u_u^2
    L = 1/2 tr(u_u^2)
    mean of u_u at t = 0: p*sigma**2 I
    evidence: exact: every merge counted; cut at the indices of feature, glued together again, and \
closed at every size
    """

    problem: Problem
    eliminated: tuple[IndexFamily, ...]
    parameters: tuple[OrderParameter, ...]
    equations: tuple[Combination, ...]
    loss: Combination
    initial: tuple[Combination, ...]
    step: str
    evidence: Evidence
    scaling: tuple[tuple[str, fractions.Fraction], ...] = ()
    batch: Batch | None = None
    friction: Friction | None = None

    @property
    def symbols(self) -> frozenset[str]:
        """The sizes, scales, step, size of a batch and friction that equations can hold."""
        size = () if self.batch is None else self.batch.count.symbols
        rubbed = () if self.friction is None else self.friction.strength.symbols
        return frozenset({*self.problem.symbols, self.step, *size, *rubbed} - {""})

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the order parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def averages(self) -> dict[str, Averaged]:
        """The averages of functions over inputs that equations and observable hold, by name."""
        combinations = (self.loss, *self.equations)
        tensors = {t.name: t for c in combinations for d, _ in c for t in d.tensors}
        laws = ((name, tensors[name].law) for name in sorted(tensors))
        return {name: law for name, law in laws if isinstance(law, Averaged)}

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise BadInput("order parameter", name, f"one of {', '.join(self.names)}")
        return self.names.index(name)

    def parameter(self, name: str) -> OrderParameter:
        """The order parameter of a name; raises :class:`~diagrams.errors.BadInput`."""
        return self.parameters[self._place(name)]

    def equation(self, name: str) -> Combination:
        """The right-hand side of an order parameter's equation, in order parameters."""
        return self.equations[self._place(name)]

    def reduce(self, observable: str | Combination) -> Combination:
        """Return an observable of the problem in order parameters.

        Raises :class:`~diagrams.errors.NotSolved` where they do not determine it, and
        :class:`~diagrams.errors.BadInput`.
        """
        return self.in_order_parameters(self.problem.with_observable(observable).observable)

    def in_order_parameters(self, value: Combination) -> Combination:
        """Return diagrams of the original tensors in order parameters.

        Raises :class:`~diagrams.errors.NotSolved` where they do not determine them.
        """
        try:
            return Reduction(self.parameters, frozenset(self.eliminated)).reduce(bare(value))
        except NewPiece as found:
            raise NotSolved(f"a piece is no order parameter: {found}") from None

    def restore(self, reduced: Combination) -> Combination:
        """Return a combination of order parameters as diagrams of the original tensors."""
        return Reduction(self.parameters, frozenset(self.eliminated)).restore(reduced)

    def leading(self, scaling: Mapping[str, Number]) -> ClosedSystem:
        """Return the terms that lead where symbols grow with the given exponents.

        Order parameters are held: theirs is the power zero.  Of all equations together the terms of
        the highest power stay, since they share one time; of the observable those of its own.

        Raises :class:`~diagrams.errors.BadInput` for a name that is no symbol of the system.

        >>> from diagrams.order_parameters.closing import close
        >>> from diagrams.problems.files import parse_problem
        >>> system = close(parse_problem('''
        ... families = {feature = "N"}
        ... tensors.w = {families = ["feature"], role = "trained", variance = "1/N"}
        ... tensors.x = {families = ["feature"], role = "frozen", variance = 1}
        ... model = {output = "w[i] x[i]", target = "0"}
        ... loss = {kind = "squared error", over = [], average = ["x"]}
        ... '''), step="eta")
        >>> print(system.equation("w_w"), "|", system.leading({"N": 1, "eta": -1}).equation("w_w"))
        (N*eta + 2*eta - 2) w_w[] | (N*eta - 2) w_w[]
        """
        exponents = {name: fractions.Fraction(value) for name, value in scaling.items()}
        for name in exponents:
            if name not in self.symbols:
                raise BadInput("scaling", name, f"the symbols {', '.join(sorted(self.symbols))}")
        names = ", ".join(f"{name}={value}" for name, value in exponents.items())
        words = f"{self.evidence.statement}; terms that lead for {names}, order parameters held"
        return replace(
            self,
            equations=_leading(self.equations, exponents),
            loss=_leading((self.loss,), exponents)[0],
            evidence=Evidence(Kind.DERIVED, words),
            scaling=tuple(exponents.items()),
        )

    # -- further results --------------------------------------------------------------

    def restrict(
        self, ansatz: Mapping[str, str]
    ) -> diagrams.order_parameters.restricting.RestrictedSystem:
        """Return the equations of a few numbers that order parameters are made of.

        ``ansatz`` gives every order parameter with its indices as a sum of Kronecker deltas
        whose coefficients are numbers, sizes, or new names: ``{"Q[k,l]": "q delta[k,l]",
        "M[k,m]": "0", "P[m,n]": "delta[m,n]"}``.  The new names are the variables of the result.

        Raises :class:`~diagrams.errors.NotSolved` where the flow leaves the ansatz, and
        :class:`~diagrams.errors.BadInput`.
        """
        from diagrams.order_parameters.restricting import restricted

        return restricted(self, ansatz)

    def integrate(
        self,
        at: Mapping[str, int | float | fractions.Fraction],
        until: int | float | fractions.Fraction,
        *,
        points: int = 11,
        start: Mapping[str, Any] | None = None,
        tolerance: float = 1e-9,
    ) -> diagrams.order_parameters.numbers.OrderParameterCurves:
        """Integrate the equations numerically up to the time ``until`` (in units of T).

        ``at`` holds the values of all sizes and scales.  ``start`` holds initial values, arrays
        with an axis for every index; an order parameter that is missing starts from its mean.
        Where the equations are those of a step, this is the limit of small steps of
        :meth:`iterate`, with the time ``step * (number of steps)``.
        See :func:`~diagrams.order_parameters.numbers.integrate_system`.
        """
        from diagrams.order_parameters.numbers import integrate_system

        return integrate_system(self, at, until, points, start or {}, tolerance)

    def average(
        self,
        at: Mapping[str, int | float | fractions.Fraction],
        until: int | float | fractions.Fraction,
        *,
        points: int = 11,
        draws: int | None = None,
        seed: int = 0,
        tolerance: float = 1e-9,
    ) -> diagrams.order_parameters.numbers.OrderParameterCurves:
        """Integrate the equations, averaged over initial tensors.

        From the means where averages follow them exactly; elsewhere over ``draws`` draws, from
        ``seed`` on, with a standard error.
        See :func:`~diagrams.order_parameters.averaging.average_system`.
        """
        from diagrams.order_parameters.averaging import average_system

        return average_system(self, at, until, points, draws, seed, tolerance)

    def iterate(
        self,
        at: Mapping[str, int | float | fractions.Fraction],
        steps: int,
        *,
        every: int = 1,
        start: Mapping[str, Any] | None = None,
    ) -> diagrams.order_parameters.numbers.OrderParameterCurves:
        """Apply the mean change of a step ``steps`` times; for systems derived with a step.

        See :func:`~diagrams.order_parameters.numbers.iterate_system`.
        """
        from diagrams.order_parameters.numbers import iterate_system

        return iterate_system(self, at, steps, every, start or {})

    def stable_rate(
        self, at: Mapping[str, int | float | fractions.Fraction], point: Mapping[str, Any]
    ) -> diagrams.order_parameters.stability.StableRate:
        """Return the largest rate at which steps are stable at a fixed point.

        See :func:`~diagrams.order_parameters.stability.stable_rate`.
        """
        from diagrams.order_parameters.stability import stable_rate

        return stable_rate(self, at, point)

    def fluctuations(
        self,
        at: Mapping[str, int | float | fractions.Fraction],
        steps: int,
        *,
        points: int = 6,
        start: Mapping[str, Any] | None = None,
        stages: int = 40,
    ) -> diagrams.order_parameters.fluctuations.FluctuationCurves:
        """Return mean and covariance of the order parameters under one-pass SGD, to order 1/N.

        See :func:`~diagrams.order_parameters.fluctuations.sgd_fluctuations`.
        """
        from diagrams.order_parameters.fluctuations import sgd_fluctuations

        return sgd_fluctuations(self, at, steps, points, start, stages)

    def rates(
        self, at: Mapping[str, int | float | fractions.Fraction], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The right-hand sides at given order parameters, as arrays."""
        from diagrams.order_parameters.numbers import rates_at

        return rates_at(self, at, values)

    def draw(
        self, at: Mapping[str, int | float | fractions.Fraction], seed: int = 0
    ) -> dict[str, Any]:
        """Draw the tensors once and return the order parameters' values, as arrays."""
        from diagrams.order_parameters.numbers import drawn

        return drawn(self, at, seed)

    # -- in print ---------------------------------------------------------------------

    def text(self) -> str:
        """Return the system as plain text."""
        return self.to_text()

    def latex(self) -> str:
        """Return the system as LaTeX, lines broken and aligned, for use inside ``align*``."""
        return self.to_latex()

    @property
    def symbol_names(self) -> tuple[str, ...]:
        """The names of all symbols in the equations: sizes, scales, tensors, order parameters."""
        own = tensor_letters(parameter.tensor for parameter in self.parameters)
        return tuple(dict.fromkeys((*problem_names(self.problem), *own, *sorted(self.symbols))))


def _leading(
    combinations: Sequence[Combination], exponents: Mapping[str, fractions.Fraction]
) -> tuple[Combination, ...]:
    """The terms of the highest power of all."""

    def power(powers: Mapping[str, fractions.Fraction]) -> fractions.Fraction:
        zero = fractions.Fraction(0)
        return sum((e * exponents.get(name, zero) for name, e in powers.items()), zero)

    found = [power(p) for combination in combinations for _, c in combination for p, _ in c]
    top = max(found, default=fractions.Fraction(0))
    return tuple(
        Combination.of(
            (diagram, Polynomial.monomial(value, powers))
            for diagram, coefficient in combination
            for powers, value in coefficient
            if power(powers) == top
        )
        for combination in combinations
    )


def opened(names: Sequence[str]) -> str:
    """Index names in brackets; nothing for none.

    >>> opened(["k", "l"]), opened([])
    ('[k,l]', '')
    """
    return f"[{','.join(names)}]" if names else ""
