"""Predictions, simulations and solutions held against each other."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from diagrams.export.json.documents.parts import (
    Batch,
    Count,
    Curve,
    Evidence,
    Exponents,
    Least,
    Line,
    OfProblem,
    Part,
    Polynomial,
    Positive,
    Rational,
    Real,
    said,
)


class Prediction(Part):
    """What is judged."""

    source: Literal["expression", "function", "table"]
    description: Line


class Leads(Part):
    """A face that rules at the sizes, and the last order up to which its leading terms are met."""

    regime: Line
    through: Annotated[int, Meta(ge=-1)]


class Departure(Part):
    """A level of a difference: 1 leads at large size, 2 is the first correction, and so on."""

    number: Rational = field(name="level")
    relative: list[str] = field(name="relative_size")
    terms: Polynomial = field(name="difference")


class Measurement(Part):
    """A coefficient in numbers at one set of sizes.

    amplification: by how much relative errors of the data are larger in the coefficient
    """

    sizes: Exponents
    exact: Real | None
    predicted: Real | None
    difference: Real | None
    uncertainty: Real | None
    amplification: Real | None


class OrderComparison(Part):
    """One order of a prediction held against the exact one.

    difference: prediction minus exact; null where it is not known as one
    levels_judged: how many levels of Y_s, leading first, are larger than the uncertainty
    lower_orders_given: whether the orders below were taken to be exact to judge this one
    """

    s: Count
    verdict: Literal["agrees", "differs", "undetermined"]
    exact: Annotated[Polynomial, said("Y_s")]
    difference: Polynomial | None
    departures: Annotated[list[Departure], said("the difference by levels")]
    judged: Annotated[int, Meta(ge=0, le=10**6)] = field(name="levels_judged")
    lower_given: bool = field(name="lower_orders_given")
    measured: Annotated[list[Measurement], said("empty for formulas")]
    note: Line


class Check(OfProblem, kw_only=True):
    """A prediction of E[L(t)] held against the exact Taylor coefficients, order by order.

    regime: the face whose leading terms were compared; null: whole coefficients
    agrees_through: the last order up to which all agree; -1 for none
    leading_through: the same of leading terms that are known to be right
    """

    prediction: Prediction
    convention: str
    outcome: Literal[
        "agrees",
        "agrees at leading order",
        "wrong in an order",
        "wrong in a size level",
        "undecidable",
    ]
    headline: Annotated[str, said("the outcome in one line")]
    regime: Line | None
    leads: Leads | None
    agrees_through: Annotated[int, Meta(ge=-1)]
    leading_through: Annotated[int, Meta(ge=-1)]
    departs_at: Annotated[Count | None, said("the first order that differs; null: none does")]
    orders: Annotated[list[OrderComparison], Meta(min_length=1)]
    summary: list[str]
    hints: Annotated[list[Line], said("slips that would account for what differs")]


class Quantile(Part):
    """A quantile over seeds, interpolated linearly."""

    level: Annotated[str, Meta(pattern="^[0-9]+(/[1-9][0-9]*)?$")]
    values: Curve


class Observable(Part):
    """Curves of an observable."""

    mean: Annotated[Curve, said("mean over seeds")]
    standard_error: Annotated[Curve, said("standard error of the mean")]
    values: Annotated[list[Curve], said("one curve for every seed; null from its blow-up on")]


class BlowUp(Part):
    """When the weights of a seed become infinite, and the bracket of that time."""

    time: Real
    lower: Real
    upper: Real


class Accuracy(Part):
    """Largest change of the losses of the first seeds when the tolerance is a hundredth."""

    seeds: Positive
    absolute: Least
    relative: Least


class Simulation(OfProblem, kw_only=True):
    """Losses under gradient flow from random initial weights, and observables.

    The flow is du/dt = -(rate/T) d(L + (decay/2)|u|^2)/du; for CP problems L(t) = 1/2 |f - F|^2.
    With a step it is gradient descent, u -> u - step rate d(L + (decay/2)|u|^2)/du.

    sizes: values of all sizes and scales, of the inverse learning rate T, and for CP problems of
      the standard deviation sigma of the initial weights
    tolerance: bound on the error of a step, relative to the norm of the weights; 0 for descent
    step: the rate of gradient descent, whose k-th step has the time k step T
    momentum: how much of the last step of descent is added to the next one
    nesterov: whether the slope is taken where momentum alone would lead
    friction: of a flow with momentum, u'' + friction u' = -rate dV/du: a number, or one over t
    times: of all curves, from zero outwards
    losses: one curve for every seed; null from its blow-up on
    observables: those that were asked for, by their texts
    steps: steps that every seed took, rejected ones included
    """

    sizes: Annotated[dict[str, float], Meta(extra_json_schema={"required": ["T"]})]
    root: Annotated[Count, said("the seed that all runs derive from")]
    tolerance: Annotated[float, Meta(ge=0)]
    step: Annotated[float, Meta(gt=0, le=1e300)] | UnsetType = UNSET
    momentum: Annotated[float, Meta(gt=0, lt=1)] | UnsetType = UNSET
    nesterov: bool | UnsetType = UNSET
    batch: Batch | UnsetType = UNSET
    friction: Line | UnsetType = UNSET
    times: Annotated[list[Real], Meta(min_length=1)]
    mean: Annotated[Curve, said("mean over seeds; null where a seed has blown up")]
    standard_error: Annotated[Curve, said("that of the mean; null for one seed")]
    median: Annotated[Curve, said("median over seeds")]
    quantiles: list[Quantile]
    losses: Annotated[list[Curve], Meta(min_length=1)]
    observables: dict[Line, Observable] | UnsetType = UNSET
    blow_ups: Annotated[list[BlowUp | None], said("null for a seed that reaches the end")]
    steps: list[Annotated[int, Meta(ge=0, le=10**9)]]
    accuracy: Annotated[Accuracy | None, said("null if not measured")]


class Theory(Part):
    """The solution of the regime.

    values: E[L(t)] at the times of the simulation; null from the end
    """

    regime: Line
    kind: Line
    formula_latex: Line = field(name="expression_latex")
    domain: Line
    values: Annotated[list[Real | None], Meta(min_length=1)]
    ends: Annotated[Real | None, said("the time at which it ends, if within the window")]
    refusal: Annotated[Line, said("what it says of times beyond its end; empty if there are none")]
    evidence: Evidence


class ShortTimes(Part):
    """The exact series at the sizes: E[L(t)] ~ sum_s Y_s (t/T)^s/s!.

    derivatives: Y_0, Y_1, .. at the sizes
    leaves: when the smallest term is one per cent of the sum or of its change, in the window
    """

    derivatives: Annotated[list[Real], Meta(min_length=1, max_length=201)]
    T: Annotated[float, Meta(ge=1e-300, le=1e300)]
    values: Annotated[Curve, said("the sum of the terms before the smallest one, where drawn")]
    leaves: float | None


class SizePoint(Part):
    """The deviation at one size.

    share: what the terms of the regime make up of the exact leading coefficients there
    """

    size: Annotated[Positive, said("the value of the lead")]
    sizes: dict[str, Real]
    seeds: Positive
    deviation: Least
    error: Least | None = field(name="standard_error")
    time: Annotated[Real, said("where the difference is largest")]
    share: Real | UnsetType | None = UNSET


class SizeDeviation(Part):
    """A deviation at a size."""

    size: Positive
    deviation: Real


class ExactDeviation(Part):
    """How far an exact Y_s is from its leading part, as a part of the latter."""

    order: Annotated[int, Meta(ge=0, le=200)] = field(name="s")
    parts: list[SizeDeviation] = field(name="deviations")
    needed: Real | None = field(name="size_for_one_percent")


class SizeScaling(Part, kw_only=True):
    """The deviation along a scaling of the regime.

    least_size: from where on the exact Y_0 is within one per cent of the range of the solution
    exponent: a of a power law lead^(-a) through the deviations; null: none holds
    """

    lead: Annotated[Line, said("the size that the others follow")]
    scaling: Annotated[Exponents, said("exponents of the lead by symbol")]
    points: Annotated[list[SizePoint], Meta(min_length=1)]
    exact: list[ExactDeviation] | UnsetType = UNSET
    least: Real | UnsetType | None = field(default=UNSET, name="least_size")
    exponent: float | None
    exponent_error: float | None
    needed: float | None = field(name="size_for_one_percent")
    verdict: str


class Agreement(OfProblem, kw_only=True):
    """A simulation held against the solution of a regime and against the exact series.

    At one set of sizes, and along a scaling of the regime.

    statistic: the curve that is compared: the median for t < 0
    deviation: its largest difference from the solution, as a part of the range of the solution
    ratio: simulated over solved, both without a constant that dwarfs the rest
    """

    regime: Annotated[Line, Meta(min_length=1)]
    statistic: Literal["mean", "median"]
    deviation: float | None
    theory: Annotated[Theory | None, said("null if the regime is not solved")]
    unsolved: Annotated[Line, said("the step that failed; empty if the regime is solved")]
    ratio: Curve
    series: Annotated[ShortTimes | None, said("null if it was not asked for")]
    sizes: Annotated[SizeScaling | None, said("null if not asked for or not to be had")]
    notes: list[Line]
    simulation: Annotated[Simulation, said("the simulation at the sizes asked for")]
