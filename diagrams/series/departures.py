"""Where two problems part: differences of their coefficients, order by order, and what leads.

Made for modular addition and its real *surrogate*, the identity target of scale
``p^(nu/2 - 1)``, which has the same norm and the same first coefficients (the paper, arXiv
2602.04548, studies the identity target).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial, printing_order
from diagrams.problems.cp import CPProblem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.series.expansion import expand

SHOWN_TERMS = 6


@dataclass(frozen=True)
class Departure(Displayed):
    """The coefficients of two problems, compared.

    ``differences[s]`` is ``Y_s`` of ``problem`` less that of ``surrogate``; ``leading[s]`` holds
    the Pareto-optimal terms of either that the other has not, or has with another coefficient:
    the monomial with coefficient one, the coefficient in ``problem``, that in ``surrogate``.
    """

    problem: Problem
    surrogate: Problem
    differences: tuple[Polynomial, ...]
    leading: tuple[tuple[tuple[Polynomial, Fraction, Fraction], ...], ...]
    evidence: Evidence

    @property
    def first(self) -> int | None:
        """The first order at which the coefficients differ, if any."""
        return next((s for s, found in enumerate(self.differences) if found), None)

    def __str__(self) -> str:
        lines = [f"{self.problem.title}, less {self.surrogate.title}"]
        for s, (difference, leading) in enumerate(zip(self.differences, self.leading, strict=True)):
            first = printing_order(difference, self.problem.sizes)[:SHOWN_TERMS]
            more = len(difference) - len(first)
            shown = Polynomial.from_terms(first)
            rest = f" + ({more} more term{'s' * (more > 1)})"
            lines.append(f"Y_{s}: {shown}" + rest * (more > 0))
            for term, own, other in leading:
                lines.append(f"     leading: {term} has {own}, in the surrogate {other}")
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def departure(problem: Problem, surrogate: Problem | None = None, terms: int = 4) -> Departure:
    """Return the differences ``Y_s(problem) - Y_s(surrogate)``, s = 0..terms.

    Without a ``surrogate``, that of modular addition (:func:`modular_surrogate`).

    Raises :class:`~diagrams.errors.BadInput`, also for problems of different sizes.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = departure(cp_problem(order=3, ties="asym", target="modular"), terms=3)
    >>> found.first, str(found.differences[3])
    (3, '36*p**3*H*sigma**6 - 36*p**2*H*sigma**6')
    """
    other = modular_surrogate(problem) if surrogate is None else surrogate
    if problem.sizes != other.sizes:
        raise BadInput("surrogate", ", ".join(other.sizes), f"sizes {', '.join(problem.sizes)}")
    own, theirs = expand(problem, terms), expand(other, terms)
    differences = []
    leading = []
    for mine, yours in zip(own, theirs, strict=True):
        differences.append(mine - yours)
        tops = [pareto_terms(polynomial, problem.sizes) for polynomial in (mine, yours)]
        powers = dict.fromkeys(power for top in tops for power, _ in top.terms)
        zero = Fraction(0)
        here, there = dict(mine.terms), dict(yours.terms)
        compared = [(power, here.get(power, zero), there.get(power, zero)) for power in powers]
        leading.append(
            tuple((Polynomial(((power, Fraction(1)),)), a, b) for power, a, b in compared if a != b)
        )
    statement = own.evidence.statement
    evidence = Evidence(Kind.EXACT, statement, terms)
    return Departure(problem, other, tuple(differences), tuple(leading), evidence)


def modular_surrogate(problem: Problem) -> Problem:
    """Return the real surrogate of modular addition: the identity target of scale p^(nu/2 - 1).

    Its target has the norm of modular addition, since both have squared norm ``p^(nu-1)``.

    Raises :class:`~diagrams.errors.BadInput` for any other problem.

    >>> from diagrams.problems.cp import cp_problem
    >>> problem = modular_surrogate(cp_problem(order=3, target="modular"))
    >>> print(problem.observable)
    (1/2*p) sum[i1] 1
    (-p**(1/2)) sum[k1;i1] u[k1,i1]^3
    (1/2) sum[k1,k2;i1,i2,i3] u[k1,i1] u[k1,i2] u[k1,i3] u[k2,i1] u[k2,i2] u[k2,i3]
    """
    if not isinstance(problem, CPProblem) or problem.target != "modular":
        raise BadInput("problem", problem.title, "a CP problem with target modular")
    indices = [f"i{slot}" for slot in range(1, problem.order + 1)]
    names = [tensor.name for tensor in problem.trained]
    slots = [name for name, d in zip(names, problem.ties, strict=True) for _ in range(d)]
    output = " ".join(f"{name}[k,{index}]" for name, index in zip(slots, indices, strict=True))
    tensors = "\n".join(
        f'{name} = {{families = ["hidden", "feature"], role = "trained", variance = "sigma^2"}}'
        for name in names
    )
    factor = "" if str(problem.scale) == "1" else f"{problem.scale} "
    listed = ", ".join(f'"{index}"' for index in indices)
    return parse_problem(
        f"""title = "identity target of scale {factor}p^({problem.order - 2}/2)"

[families]
hidden = {{size = "H", index = "k"}}
feature = {{size = "p", index = "i"}}

[tensors]
{tensors}

[model]
output = "{output}"
target = "({problem.scale}) * p^({problem.order - 2}/2) * delta[{",".join(indices)}]"

[loss]
kind = "squared error"
over = [{listed}]
decay = "{problem.decay}"
"""
    )
