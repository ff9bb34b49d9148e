"""Mean-field equations of a problem: derived, expanded, certified, integrated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from diagrams.display import Displayed
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.mean_fields.certificate import LEAST, Certificate, compared
from diagrams.mean_fields.equations import TreeEquations, tree_equations
from diagrams.mean_fields.forests import NotForest
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import MelonEquations, melon_equations
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, stated
from diagrams.scaling.leading import leading_terms
from diagrams.series.expansion import check_terms
from diagrams.series.levels import Levels, Proportion, proportions

if TYPE_CHECKING:
    from diagrams.mean_fields.curves import MeanFieldCurve
    from diagrams.mean_fields.two_times import TwoTimeFunctions

FIRST = 2
"""Orders that are looked at for whether anything is left at the order of the equations."""


UNCHECKED = Evidence(Kind.DERIVED, "read off the diagrams")


@dataclass(frozen=True)
class MeanField(Displayed):
    """The equations of a problem's limit of large sizes, and what was found with them.

    ``scaling`` is what every scaled symbol is in the large parameter ``symbol``.  ``derivatives``
    are the leading level of ``Y_0, ..`` of the observable, divided by ``symbol**exponent``.  On a
    ``regime`` there is neither; sizes are those of the problem, and all is what leads there.

    >>> from diagrams.problems.spec import load_problem
    >>> found = mean_field(load_problem(EXAMPLE), {"d": 1, "n": "delta*d"})
    >>> print(found.derivatives[1], "|", found.certify(3))
    -delta**2 - delta | equal to the exact leading coefficients through s = 3
    """

    problem: Problem
    symbol: str
    scaling: tuple[tuple[str, Polynomial], ...]
    equations: TreeEquations | MelonEquations
    derivatives: tuple[Polynomial, ...]
    evidence: Evidence
    certificate: Certificate | None = None
    curve: MeanFieldCurve | None = None
    regime: str = ""

    @property
    def kind(self) -> Literal["trees", "melons"]:
        """The class of the diagrams that lead."""
        return "trees" if isinstance(self.equations, TreeEquations) else "melons"

    def taylor(self, terms: int) -> tuple[Polynomial, ...]:
        """The derivatives ``Y_0, .., Y_terms`` at leading order, exactly.

        Raises :class:`~diagrams.errors.BadInput`.
        """
        check_terms(terms)
        if terms < len(self.derivatives):
            return self.derivatives[: terms + 1]
        return _derivatives(self.equations, terms)

    def certify(self, terms: int = LEAST) -> Certificate:
        """Compare the derivatives with those of :func:`diagrams.leading_terms` to an order.

        Raises :class:`~diagrams.errors.NotSolved` where there is nothing to compare at this order,
        and :class:`~diagrams.errors.BadInput`.
        """
        if self.regime:
            return self._on_regime(terms)
        exact = leading_terms(self.problem, terms, dict(self.scaling))
        return compared(self.taylor(terms), self.equations.exponent, exact)

    def _on_regime(self, terms: int) -> Certificate:
        """The certificate of a regime, which comes with its leading terms."""
        assert self.certificate is not None
        if terms > self.certificate.terms:
            allowed = f"up to {self.certificate.terms}, the orders that show the regime"
            raise BadInput("certify", terms, allowed)
        return replace(self.certificate, terms=terms)

    def integrate(self, times: Sequence[float], **at: Any) -> MeanFieldCurve:
        """Return the observable at some times, at numbers of all parameters.

        Raises :class:`~diagrams.errors.OutsideDomain` for times that no grid can bear, and
        :class:`~diagrams.errors.BadInput` for parameters without numbers.
        """
        from diagrams.mean_fields.curves import melon_curve, tree_curve

        if isinstance(self.equations, TreeEquations):
            return tree_curve(self.equations, times, at)
        return melon_curve(self.equations, times, at)

    def two_times(
        self, until: float, steps: int | None = None, waiting: Sequence[float] = (), **at: Any
    ) -> TwoTimeFunctions:
        """Return correlations and responses at two times, on a grid from 0 to a time.

        Its times are even, or, with ``waiting`` times, these and growing delays after each.

        Raises :class:`~diagrams.errors.OutsideDomain` where two grids do not agree, and
        :class:`~diagrams.errors.BadInput`.
        """
        from diagrams.mean_fields.two_times import two_time_functions

        return two_time_functions(self.equations, until, at, steps, waiting)

    def check_numbers(self, at: Mapping[str, Any]) -> None:
        """Raise :class:`~diagrams.errors.BadInput` unless just the parameters are given."""
        from diagrams.mean_fields.curves import numbers_of

        numbers_of(self.equations.parameters, at)

    def expanded(self, terms: int) -> MeanField:
        """The same with derivatives to an order."""
        return replace(self, derivatives=self.taylor(terms))

    def certified(self, terms: int = LEAST) -> MeanField:
        """The same with its certificate.

        Raises :class:`~diagrams.errors.NotSolved` where it does not hold.
        """
        found = _holding(self.certify(terms))
        statement = f"{self.evidence.statement}; {found}"
        return replace(
            self, certificate=found, evidence=Evidence(Kind.DERIVED, statement, found.terms)
        )

    def with_curve(self, curve: MeanFieldCurve) -> MeanField:
        """The same with a curve."""
        return replace(self, curve=curve)


def mean_field(problem: Problem, scaling: Mapping[str, Proportion]) -> MeanField:
    """Derive the mean-field equations of a problem's observable under a scaling.

    ``scaling`` as in :func:`diagrams.levels`: ``{"d": 1, "n": "delta*d"}``; every size has to
    grow.  All hypotheses are checked on the problem's diagrams: matrices form forests, and every
    weight keeps its order.

    Raises :class:`~diagrams.errors.NotSolved`, which names the cycle, the weight or the order
    where there are no such equations, and :class:`~diagrams.errors.BadInput`.
    """
    stated(problem)
    if any(diagram.legs for diagram, _ in problem.observable):
        raise BadInput("observable", problem.observed, "an observable without free indices")
    symbol, put = proportions(scaling)
    for name in put:
        if name not in problem.symbols and name != symbol:
            raise BadInput("scaling", name, f"symbols of the problem: {', '.join(problem.symbols)}")
    equations = _equations(problem, put, symbol)
    derivatives = _derivatives(equations, FIRST)
    if not any(derivatives):
        raise NotSolved(
            f"at order {symbol}**({equations.exponent}) the observable {problem.observed_name}"
            " vanishes: what is left of it are fluctuations, which mean-field equations do not hold"
        )
    found = MeanField(
        problem, symbol, tuple(sorted(put.items())), equations, derivatives, UNCHECKED
    )
    leading = "trees of matrices" if found.kind == "trees" else "melons of a squared product"
    said = f"read off the diagrams, {leading}; leading order in {symbol}"
    found = replace(found, evidence=Evidence(Kind.DERIVED, said))
    if isinstance(equations, MelonEquations) and equations.planar:
        found.certified(LEAST)  # melons are not all that leads: it differs
    return found


def derived_terms(
    problem: Problem, terms: int, scaling: Mapping[str, Proportion], certify: int = LEAST
) -> Levels:
    """Return what leads on a scaling: exactly to an order, and derived beyond it.

    ``Y_0, .., Y_certify`` are those of :func:`diagrams.leading_terms`.  The further ones, to
    ``Y_terms``, are Taylor coefficients of the equations of :func:`mean_field`, exact numbers in
    themselves; that they are those of the problem rests on the derivation, and on their being equal
    through ``certify``, an order from 3.  ``evidence`` says so.

    Raises :class:`~diagrams.errors.NotSolved` where there are no such equations, where they differ
    from exact coefficients, and where a further one vanishes at the order of the others, so that
    something else leads; and :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.spec import load_problem
    >>> found = derived_terms(load_problem(EXAMPLE), 5, {"d": 1, "n": "delta*d"})
    >>> print(found.leading(5)[1])
    -16*delta**6 - 240*delta**5 - 800*delta**4 - 800*delta**3 - 240*delta**2 - 16*delta
    >>> print(found.evidence.kind, found.evidence.checked_to)
    derived 3
    """
    check_terms(terms)
    if not LEAST <= check_terms(certify) < terms:
        raise BadInput("certify", certify, f"an order from {LEAST}, below the last one, {terms}")
    found = mean_field(problem, scaling)
    exact = leading_terms(problem, certify, scaling)
    derived, power = found.taylor(terms), found.equations.exponent
    held = _holding(compared(derived, power, exact))
    for s, further in enumerate(derived[certify + 1 :], certify + 1):
        if not further:
            raise NotSolved(
                f"Y_{s} vanishes at order {found.symbol}**({power}), all that its equations hold:"
                " what leads there has to come from whole coefficients"
            )
    rows = (*exact.rows, *(((power, further),) for further in derived[certify + 1 :]))
    statement = (
        f"exact to order {certify}; beyond, Taylor coefficients of equations that are"
        f" {found.evidence.statement}; these are {held}"
    )
    return replace(exact, rows=rows, evidence=Evidence(Kind.DERIVED, statement, certify))


def _holding(found: Certificate) -> Certificate:
    """A certificate that shows no difference; raises :class:`~diagrams.errors.NotSolved`."""
    if found.first_difference is not None:
        raise NotSolved(f"the mean-field equations are not those of the problem: {found}")
    return found


def _equations(
    problem: Problem, put: Mapping[str, Polynomial], symbol: str
) -> TreeEquations | MelonEquations:
    """The equations of the class that the diagrams belong to; both refusals where of none."""
    try:
        return tree_equations(problem, put, symbol)
    except NotForest as refused:
        if problem.functions:  # melons are made of entries
            raise
        try:
            return melon_equations(problem, put, symbol)
        except NotSolved as other:
            raise NotSolved(f"{refused.step}; and as melons: {other.step}") from None


def _derivatives(equations: TreeEquations | MelonEquations, terms: int) -> tuple[Polynomial, ...]:
    if isinstance(equations, TreeEquations):
        return taylor(equations, terms)
    return melon_taylor(equations, terms)


EXAMPLE = """
title = "Linear regression on Gaussian samples"
[families]
sample = { size = "n", index = "s" }
feature = { size = "d", index = "i" }
[tensors.w]
families = ["feature"]
role = "trained"
variance = 0
[tensors.X]
families = ["sample", "feature"]
role = "frozen"
variance = "1/d"
[tensors.t]
families = ["feature"]
role = "frozen"
variance = 1
[model]
output = "w[i] X[s,i]"
target = "t[i] X[s,i]"
[loss]
kind = "squared error"
over = ["s"]
[observables]
test = "1/(2*d) (w[i] - t[i]) (w[i] - t[i])"
"""
"""The text of a problem file, for examples."""
