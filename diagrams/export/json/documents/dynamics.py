"""Closed equations and solutions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from diagrams.export.json.documents.parts import (
    Batch,
    Clock,
    Count,
    Diagram,
    Evidence,
    Line,
    OfProblem,
    Part,
    Polynomial,
    ProblemData,
    Provenance,
    Rational,
    Symbol,
    TimeScale,
    said,
)


class Factor(Part):
    """An order parameter, or an average of functions, at numbered indices."""

    name: str
    indices: list[Count]


class Product(Part):
    """Equal index numbers are one index, summed unless it is free."""

    coefficient: Polynomial
    factors: list[Factor]
    free: list[Count]


Sum = Annotated[list[Product], said("A sum of products of order parameters.")]


class OrderParameter(Part):
    """An order parameter and its equation."""

    name: str
    indices: list[str]
    symmetric: bool
    constant: bool
    prefactor: Polynomial
    definition: Diagram
    initial_mean: Sum
    equation: Sum
    equation_text: str
    equation_latex: str


class AveragedFunction(Part):
    """A derivative of a function of ``factor * sum_i weights[k,i] inputs[i]``."""

    function: str
    derivative: Count
    weights: Symbol
    inputs: Symbol
    factor: Polynomial


class FunctionAverage(Part):
    """A product of functions averaged over their Gaussian inputs.

    name: what factors of sums call it; its indices are those of the functions, in their order
    closed: the average in closed form, in entries of the covariance of the arguments; null where
      none is known
    """

    name: str
    functions: list[AveragedFunction]
    text: str
    closed: str | None


class Restriction(Part):
    """The equations of a few numbers that the order parameters are made of."""

    ansatz: dict[str, str]
    by_variable: dict[str, Polynomial] = field(name="equations")
    loss: Polynomial
    evidence: Evidence


class Curves(Part):
    """Numerical values; the time comes first in every array. null is not finite.

    start: what was integrated: given initial values, the means of order parameters where averages
      follow them exactly, the means where they do not (loss is not the average then), or draws
    draws: draws of initial tensors that values are averaged over; 0 for one trajectory
    standard_error: standard error of loss over the draws
    """

    times: list[float]
    loss: list[float | None]
    values: dict[str, list[Any]] = field(name="order_parameters")
    error: Annotated[float, Meta(ge=0)]
    start: Literal["given", "exact", "means", "draws"]
    draws: Count
    loss_error: list[float | None] | None = field(name="standard_error")
    evidence: Evidence


class ClosedSystem(OfProblem, kw_only=True):
    """Closed ordinary differential equations of order parameters, exact at every size.

    step: the name of the learning rate of one-pass SGD; null for gradient flow
    friction: of a flow with momentum: u' = u_dot, u_dot' = -friction u_dot - rate dV/du
    scaling: exponents with which symbols grow; equations and loss then hold what leads
    """

    eliminated: Annotated[list[str], said("index families that do not occur any more")]
    step: str | None
    scaling: dict[Symbol, Rational] | UnsetType = UNSET
    batch: Batch | UnsetType = UNSET
    friction: Line | UnsetType = UNSET
    convention: Annotated[str, said("what the right-hand sides are")]
    order_parameters: list[OrderParameter]
    loss: Sum
    averages: list[FunctionAverage] | UnsetType = UNSET
    restriction: Restriction | UnsetType = UNSET
    curves: Curves | UnsetType = UNSET


class Scaled(Part):
    """What a symbol was put to."""

    symbol: Symbol
    monomial: Polynomial


class MeanFieldDerivative(Part):
    """Y_s at leading order."""

    s: Count
    terms: Polynomial


class MeanFieldDifference(Part):
    """The first order at which derived and exact coefficients part."""

    s: Count
    derived: Line
    exact: Line


class MeanFieldCertificate(Part):
    """Derived coefficients held against the exact leading ones.

    equal_through: the highest order through which they agree; null if none
    held_out: the orders that agree and went into nothing
    """

    equal_through: Count | None
    held_out: list[Count]
    first_difference: MeanFieldDifference | None


class MeanFieldCurve(Part):
    """The observable in numbers, divided by the power of the large parameter."""

    times: Annotated[list[float], Meta(min_length=1)]
    values: Annotated[list[float], Meta(min_length=1)]
    errors: list[Annotated[float, Meta(ge=0)]]
    method: Line


class MeanField(OfProblem, kw_only=True):
    """Mean-field equations at two times, of one site for every family.

    taylor: the leading level of Y_0, .., divided by symbol^exponent
    """

    kind: Annotated[Literal["trees", "melons"], said("the class of the leading diagrams")]
    regime: Annotated[str | None, said("the regime that these are the equations of, if of one")]
    symbol: Annotated[Symbol | None, said("the large parameter; null on a regime")]
    scaling: Annotated[list[Scaled], said("what sizes and scales were put to")]
    exponent: Annotated[Rational, said("the power of the large parameter in the observable")]
    equations_latex: str
    taylor: list[MeanFieldDerivative]
    certificate: MeanFieldCertificate | None
    curve: MeanFieldCurve | None


class Ending(Part):
    """What happens at an end; formulas as SymPy prints them, t_c a time without a formula.

    of: whose limit it is: loss where it was proved for E[L] itself; formula where it is that of the
      formula, the limit of large sizes at a fixed time, from which the loss may part at late times
    approach: the leading term of the formula minus its limit; of the formula if infinite
    rate: that of an exponential without weight: log|formula - limit| grows like rate t
    roots: symbols that stand for the least positive root of a polynomial
    """

    time: str
    limit: Annotated[str | UnsetType, said("missing if it is not known")] = UNSET
    of: Literal["loss", "formula"] | UnsetType = UNSET
    approach: str | UnsetType = UNSET
    exponent: Annotated[str | UnsetType, said("its power of |t|, or of |t - t_c|")] = UNSET
    rate: str | UnsetType = UNSET
    roots: dict[str, str] | UnsetType = UNSET
    condition: str | UnsetType = UNSET
    reason: Annotated[str | UnsetType, said("why the limit is not known")] = UNSET
    latex: str | UnsetType = UNSET
    evidence: Evidence | UnsetType = UNSET


class Step(Part):
    """A step of a derivation."""

    name: str
    text: str
    formulas: list[str]


class Value(Part):
    """A number as decimal text, and a bound on its error."""

    value: str
    error: str
    error_bound: str | UnsetType = UNSET


class Lateral(Part):
    """The lateral Borel sum beyond the domain: bulk and density of spikes; neither is the loss."""

    real: Value
    imaginary: Value
    spike_time: Annotated[str, said("when the first coordinate blows up, typically")]
    evidence: Evidence


class Sample(Part):
    """The closure for a finite sample of drawn coordinates; another gives another number.

    spike_time: when the first coordinate of the sample takes off; null: not seen
    """

    value: str
    error: Annotated[str, said("that of the integration")]
    coordinates: int
    seed: int
    spike_time: str | None
    evidence: Evidence


class Solved(Part, kw_only=True):
    """A regime with its solution, or with the step that failed.

    expression: the formula with all definitions inserted, as SymPy prints it
    definitions: what the grouped parameters stand for, as LaTeX
    conditions: equations that define what the formula contains, as LaTeX
    endings: what happens at both ends of the times of the solution
    """

    kind: Literal["explicit", "implicit", "quadrature", "ode", "mean_field", "unsolved"]
    regime: Line
    condition: Annotated[str | UnsetType, said("the scaling conditions of the regime")] = UNSET
    condition_latex: str | UnsetType = UNSET
    time_scale: TimeScale | UnsetType = UNSET
    clock: Clock | UnsetType = UNSET
    expression_latex: Annotated[str, said("empty if unsolved")]
    expression: str | UnsetType = UNSET
    definitions: dict[str, str] | UnsetType = UNSET
    conditions: list[str] | UnsetType = UNSET
    domain: str
    endings: list[Ending] | UnsetType = UNSET
    failure: Annotated[str | UnsetType, said("the step that failed, if unsolved")] = UNSET
    notes: list[str] | UnsetType = UNSET
    steps: list[Step] | UnsetType = UNSET
    evidence: Evidence


class SolutionCurve(Part):
    """E[L(t)] at several times, as decimal text, each with a bound on its error."""

    times: Annotated[list[Rational], Meta(min_length=2)]
    values: Annotated[list[str], Meta(min_length=2)]
    errors: Annotated[list[str], Meta(min_length=2)]
    error_bound: str


class EscapeLaw(Part):
    """The median time as slope log size + constant, where all sizes grow with this one."""

    size: str
    slope: float
    constant: float


class Escape(Part):
    """How runs leave a plateau of the means: rates of growth, and when half of the way is done.

    typical_until: the time from which on the means are not typical
    quartiles: when a quarter and three quarters of the runs have done half of the way
    """

    rates: Annotated[list[float], Meta(min_length=1)]
    plateau: float
    end: float
    typical: float = field(name="typical_until")
    time: float = field(name="median_time")
    quartiles: Annotated[list[float], Meta(min_length=2, max_length=2)]
    law: EscapeLaw | None
    evidence: Evidence


class FiniteSizes(Part):
    """E[L] to the next order in the sizes, and the standard deviation of L over runs.

    refusal: why there are none; the lists are empty then
    escape: how runs leave the plateau that the solution stays on, if it does
    """

    times: Annotated[list[Rational], Meta(min_length=2)]
    mean: list[float]
    mean_errors: list[float]
    deviation: list[float]
    refusal: str
    evidence: Evidence
    escape: Escape | UnsetType = UNSET


class Solution(Solved, tag_field="schema", tag="wickflow.solution/1", kw_only=True):
    """E[L(t)] on a face of a problem: formula, domain, evidence, derivation, and its value."""

    problem: ProblemData
    value: Annotated[str | UnsetType, said("E[L(t)] as decimal text, if asked for")] = UNSET
    error: Annotated[str | UnsetType, said("a bound on the error of the value")] = UNSET
    error_bound: Annotated[str | UnsetType, said("how the bound was obtained")] = UNSET
    curve: SolutionCurve | UnsetType = UNSET
    finite_sizes: FiniteSizes | UnsetType = UNSET
    lateral: Lateral | UnsetType = UNSET
    sample: Sample | UnsetType = UNSET
    provenance: Provenance
