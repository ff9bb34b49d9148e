r"""The modified loss: the flow that steps of descent follow up to the second power of the rate.

Backward error analysis (E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", chapter
IX) asks for a flow that passes through the points of the steps.  Let g be the gradient, H the
Hessian, both with the rates of the tensors, and ``u -> u + M(u)`` what the steps come to once they
have forgotten where they started: without momentum at once, with it after a few.  From
``w -> mu w - eta g``, ``u -> u + w`` and ``w = M`` of the point before,

    M(u) = mu M(v) - eta g(u + [mu M(v)]) ,   v = u - M(v)    (in brackets: Nesterov's),

``M = eta m_1 g + eta^2 m_2 H g + ..``, power by power; and the flow of ``f_0 + eta f_1`` moves
by ``eta f_0 + eta^2 (f_1 + f_0' f_0/2) + ..`` in the time eta, which has to be M.  Both orders are
gradients: ``H g = grad (V * V)/2``.  Without momentum it is ``V + (eta/4) V * V`` (D. Barrett and
B. Dherin, arXiv 2009.11162), with the heavy ball ``V/(1-mu) + eta (1+mu)/(4 (1-mu)^3) V * V``
(A. Ghosh and others, "Implicit regularization in heavy-ball momentum accelerated stochastic
gradient descent", ICLR 2023).  The next order is no gradient.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.graphs.combination import merge
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, check_drawn, no_sphere, stated
from diagrams.series.descent import check_momentum, check_rate


def modified(
    problem: Problem,
    rate: str | int | Fraction = "eta",
    *,
    momentum: str | int | Fraction = 0,
    nesterov: bool = False,
) -> Problem:
    """Return the problem whose gradient flow steps of descent follow to the first power of a rate.

    ``rate`` is a name or a number, ``momentum`` a number.  The observable is not changed.  Raises
    :class:`~diagrams.errors.BadInput`.

    A weight that learns zero, ``V = w^2/2``, has the rate ``-log(1 - eta)/eta = 1 + eta/2 + ..``:

    >>> from diagrams.problems.spec import parse_problem
    >>> one = parse_problem('''
    ... families = { unit = 1 }
    ... tensors.w = { families = ["unit"], role = "trained", variance = 1 }
    ... model = { output = "w[i]", target = "0" }
    ... loss = { kind = "squared error", over = ["i"] }
    ... ''')
    >>> print(modified(one).potential)
    (1/4*eta + 1/2) sum[k1] w[k1]^2
    """
    stated(problem)
    check_drawn(problem, "the modified loss is made by a merge of polynomials")
    no_sphere(problem)
    step = check_rate(problem, rate)
    kept = check_momentum(problem, momentum, str(step))
    if isinstance(kept, str):
        raise BadInput("momentum", momentum, "a number from 0 to below 1: it is divided by")
    if nesterov and not kept:
        raise BadInput("nesterov", True, "a momentum with it")
    eta = Polynomial.symbol(step) if isinstance(step, str) else Polynomial.constant(step)
    first = -1 / (1 - kept)  # (1 - mu) m_1 = -1
    second = -kept * first**2 - (kept * first if nesterov else 0)  # (1 - mu) m_2
    drift, bend = first, second / (1 - kept) - first**2 / 2
    slope = merge(problem.potential, problem.potential)
    return replace(problem, potential=-drift * problem.potential + -bend / 2 * eta * slope)
