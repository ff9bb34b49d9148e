"""Series, levels and tables of diagrams."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from diagrams.export.json.documents.parts import (
    Batch,
    Count,
    Diagram,
    Document,
    Evidence,
    Line,
    Name,
    OfProblem,
    Part,
    Polynomial,
    Positive,
    ProblemData,
    Provenance,
    Rational,
    Symbol,
    said,
)


class Derivative(Part):
    """Y_s."""

    s: Count
    terms: Polynomial


class FunctionOf(Part):
    """A function of one of the arguments, numbered from 0."""

    name: Symbol
    derivative: Count
    argument: Count


class Average(Part):
    """The average of a product of functions of centred Gaussian arguments.

    covariance: that of the arguments, in symbols of the problem
    """

    symbol: Symbol
    functions: list[FunctionOf]
    covariance: list[list[Polynomial]]


class Expansion(OfProblem, kw_only=True):
    """Exact Taylor coefficients Y_s = T^s d^s E[L]/dt^s at t = 0.

    friction: of a flow with momentum, u'' + friction u' = -rate dV/du: a symbol, a number, or one
      over t
    averages: what the symbols of Gaussian averages of functions stand for
    values: the numbers of Y_0, .. at given sizes and scales, in decimals where roots occur
    """

    convention: str | UnsetType = UNSET
    friction: Line | UnsetType = UNSET
    derivatives: list[Derivative]
    averages: list[Average] | UnsetType = UNSET
    values: list[Annotated[str, Meta(pattern="^-?[0-9]")]] | UnsetType = UNSET


class Step(Part):
    """The mean after k steps."""

    k: Count
    terms: Polynomial


class Descent(OfProblem, kw_only=True):
    """E[L] after k steps of gradient descent, u -> u - rate r_u dV/du, by powers of the rate.

    Without powers, nothing is left out of the steps.  With them, what has a higher power of the
    rate is; E[L] = sum_s rate^s powers[s] for every number of steps, and
    E[L] = sum_s (t/T)^s/s! derivatives[s] in the time t/T = count rate.

    rate: its name, a key of powers; or its value
    momentum: likewise, of the last step that is added to the next one
    nesterov: whether the slope is taken where momentum alone would lead
    """

    convention: str | UnsetType = UNSET
    rate: Line
    momentum: Line | UnsetType = UNSET
    nesterov: bool | UnsetType = UNSET
    batch: Batch | UnsetType = UNSET
    steps: Annotated[list[Step], Meta(min_length=1, max_length=1001)]
    count: Annotated[Symbol | UnsetType, said("the name of the number of steps in powers")] = UNSET
    powers: Annotated[list[Derivative], Meta(min_length=1)] | UnsetType = UNSET
    derivatives: list[Derivative] | UnsetType = UNSET


class OpenDiagram(Part):
    """A diagram with its coefficient."""

    diagram: Diagram
    coefficient: Polynomial


class OpenDerivative(Part):
    """Y_s as a combination of diagrams."""

    s: Count
    diagrams: list[OpenDiagram]


class OpenSeries(OfProblem, kw_only=True):
    """Exact Taylor coefficients of an observable with free indices: combinations of diagrams."""

    convention: str | UnsetType = UNSET
    indices: Annotated[list[Name], said("names of the free indices, leg by leg")]
    kept: Annotated[list[Name], said("frozen tensors that were not averaged over")]
    derivatives: list[OpenDerivative]


class Scaled(Part):
    """What a size or a scale was put to."""

    symbol: Symbol
    monomial: Polynomial


class Level(Part):
    """What comes with one power of the large parameter."""

    exponent: Rational
    terms: Polynomial


class LeveledDerivative(Part):
    """Y_s by levels."""

    s: Count
    levels: list[Level]


class Levels(Document, kw_only=True):
    """Exact Taylor coefficients by powers of one large parameter, highest first."""

    problem: ProblemData | UnsetType = UNSET
    convention: str | UnsetType = UNSET
    symbol: Annotated[Symbol, said("the large parameter")]
    scaling: Annotated[list[Scaled], said("what sizes and scales were put to")]
    derivatives: list[LeveledDerivative]
    averages: list[Average] | UnsetType = UNSET
    left_out: Annotated[Rational | None, said("the highest exponent that was left out; null: none")]
    leading_only: Annotated[bool, said("only the highest level of every order is there")] = False
    evidence: Evidence
    provenance: Provenance | UnsetType = UNSET


class DiagramClass(Part):
    """An isomorphism class of diagrams.

    symmetry_factor: order of the automorphism group on nodes and half-edges
    contractions: number of Wick pairings; 0 if some tensor occurs an odd number of times
    """

    diagram: Diagram
    coefficient: Polynomial
    symmetry_factor: Positive
    contractions: Count
    average: Annotated[Polynomial, said("the expectation of the diagram")]
    leading: Annotated[Polynomial, said("the Pareto-optimal terms of the average")]


class DiagramOrder(Part):
    """The classes of one order."""

    s: Count
    classes: list[DiagramClass]


class Diagrams(Document):
    """Isomorphism classes of diagrams by order; Y_s is the sum of coefficient times average."""

    problem: ProblemData
    orders: Annotated[list[DiagramOrder], Meta(min_length=1)]
    provenance: Provenance
