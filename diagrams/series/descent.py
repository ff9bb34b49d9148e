"""Gradient descent with a finite rate: an averaged observable after k steps, exactly.

A step takes every trained entry u to ``u - eta r_u dV/du``, with the rate ``eta``, the learning
rate ``r_u`` of its tensor and the potential V, which gradient flow descends.  With the operator U
of a step (:mod:`diagrams.series.stepping`) an observable is, after k steps,

    E[L_k] = E[U^k L] = sum over m of binomial(k, m) E[(U - 1)^m L] ,

Newton's forward differences.  In powers of the rate it is ``sum_s eta^s c_s(k)`` with polynomials
``c_s`` of degree s in k; in the time ``t/T = k eta`` the same is a series with corrections,

    E[L] = sum_s (t/T)^s/s! (Y_s + eta Y_s^(1) + eta^2 Y_s^(2) + ..) ,

where ``Y_s`` is that of gradient flow.  The first correction is that of the flow down
``V + (eta/4) |grad V|^2``, the modified loss of backward error analysis (Barrett and Dherin,
"Implicit gradient regularization", arXiv 2009.11162).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import comb, factorial

from diagrams.campaign.running import Campaign
from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.polynomials.rationals import rational
from diagrams.polynomials.spelling import fresh, letter
from diagrams.problems.batches import Batch, read_batch, sampled
from diagrams.problems.problem import Problem, no_sphere, problem_names, stated
from diagrams.series.expansion import COUNTED, check_terms, holding
from diagrams.series.resting import averaged_at_rest
from diagrams.series.stepping import Momentum, differences, merges_of
from diagrams.series.ways import centred_for_merging
from diagrams.wick.group_law import coprime_part
from diagrams.wick.means import centred

STEPS_LIMIT = 1000
ENTRIES_LIMIT = 32
"""Entries in a diagram, where no power of the rate is left out."""

TIMES = ("T", "t")


@dataclass(frozen=True)
class Descent(Displayed):
    """``E[L_k]``, the mean of an observable after k steps of gradient descent.

    ``rate`` is the symbol of the rate, or its value.  ``differences[m]`` is the forward difference
    ``E[(U - 1)^m L]`` at k = 0, a polynomial in sizes, scales and the rate.  Where ``terms`` is
    ``None`` nothing is left out, for k up to ``steps``; else powers of the rate above ``terms``
    are, for every k.  ``sizes`` says in words for which sizes it holds, where group laws leave
    some out.  ``momentum`` is a symbol or a value too; ``nesterov`` says that slopes are taken
    ahead.  With a ``batch`` the mean is over batches as well.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = descent(cp_problem(order=2).with_observable("u[k,i]^2"), terms=1)
    >>> print(found.after(0)), print(found.power(1))
    p*H*sigma**2
    -4*k*p**2*H*sigma**4 - 4*k*p*H**2*sigma**4 - 4*k*p*H*sigma**4 + 4*k*p*H*sigma**2
    (None, None)
    """

    problem: Problem
    rate: str | Fraction
    steps: int
    terms: int | None
    differences: tuple[Polynomial, ...]
    evidence: Evidence
    sizes: tuple[str, ...] = field(default=(), compare=False, repr=False)
    momentum: str | Fraction = Fraction(0)
    nesterov: bool = False
    batch: Batch | None = None

    @property
    def count(self) -> str:
        """What the number of steps is called: ``k``, where the problem has no such symbol."""
        own = {str(self.rate), str(self.momentum), *batch_symbols(self.batch)}
        return letter("kjnm", {*self.problem.symbols, *own})

    @property
    def told(self) -> str:
        """The method in words."""
        name = "Nesterov momentum" if self.nesterov else "momentum"
        kept = f" and with the {name} {self.momentum}" if self.momentum else ""
        return kept + (f", in {self.batch}" if self.batch else "")

    def after(self, k: int) -> Polynomial:
        """``E[L_k]`` in sizes, scales and the rate.

        Raises :class:`~diagrams.errors.BadInput` for more steps than are known.
        """
        most = self.steps if self.terms is None else STEPS_LIMIT
        if not isinstance(k, int) or isinstance(k, bool) or not 0 <= k <= most:
            raise BadInput("k", k, f"an integer from 0 to {most}")
        return _sum(comb(k, m) * value for m, value in enumerate(self.differences))

    @property
    def losses(self) -> tuple[Polynomial, ...]:
        """``E[L_0], E[L_1], ..`` for all ``steps``."""
        return tuple(self.after(k) for k in range(self.steps + 1))

    def power(self, s: int) -> Polynomial:
        """The coefficient ``c_s`` of ``rate^s``, a polynomial of degree s in :attr:`count`.

        Raises :class:`~diagrams.errors.BadInput` outside ``0..terms``, and where none were asked
        for: what is exact for some numbers of steps is not for all.
        """
        k = Polynomial.symbol(self.count)
        total, binomial = Polynomial(), Polynomial.constant(1)
        for m, value in enumerate(self.differences[: self._known(s) + 1]):
            total = total + binomial * self._coefficient(value, s)
            binomial = binomial * (k - m) / (m + 1)
        return total

    def derivative(self, s: int) -> Polynomial:
        """``Y_s + rate Y_s^(1) + ..`` to the power ``terms - s`` of the rate.

        Raises :class:`~diagrams.errors.BadInput` as :meth:`power` does.

        >>> from diagrams.problems.cp import cp_problem
        >>> observed = cp_problem(order=2, target="zero").with_observable("u[k,i]^2")
        >>> print(descent(observed, terms=2).derivative(1).substitute({"p": 1, "H": 1, "sigma": 1}))
        -180*eta - 12
        """
        rate = Polynomial.symbol(str(self.rate))
        parts = []
        for above in range(self.terms - self._known(s) + 1 if self.terms is not None else 0):
            in_k = _coefficient(self.power(s + above), self.count, s)
            parts.append(factorial(s) * rate**above * in_k)
        return _sum(parts)

    def _known(self, s: int) -> int:
        if self.terms is None:
            raise BadInput("terms", None, "the highest power of the rate, in descent(terms=..)")
        if not isinstance(s, int) or isinstance(s, bool) or not 0 <= s <= self.terms:
            raise BadInput("s", s, f"an integer from 0 to {self.terms}")
        return s

    def _coefficient(self, value: Polynomial, s: int) -> Polynomial:
        return _coefficient(value, str(self.rate), s)


def descent_names(found: Descent) -> tuple[str, ...]:
    """The names of all symbols that formulas of a descent can hold, its own last."""
    own = (name for name in (found.rate, found.momentum) if isinstance(name, str))
    return (*problem_names(found.problem), found.count, *own, *batch_symbols(found.batch))


def descent(
    problem: Problem,
    *,
    steps: int | None = None,
    terms: int | None = None,
    rate: str | int | Fraction = "eta",
    momentum: str | int | Fraction = 0,
    nesterov: bool = False,
    batch: str | int | None = None,
    samples: str = "",
    replacement: bool = False,
    observable: str | Combination | None = None,
    max_memory: int | None = None,
) -> Descent:
    """Return the mean of an observable after k steps of gradient descent, exactly.

    A step takes every trained tensor u from ``u`` to ``u - rate r_u d(potential)/du``; the
    potential is the loss with its weight decay, the observable the loss without it, or another
    ``observable`` without free indices, see
    :meth:`~diagrams.problems.problem.Problem.with_observable`.

    ``steps``
        the highest k that is listed.  Without ``terms``, all powers of the rate are there; their
        number grows exponentially with k, so that only few steps can be asked for.
    ``terms``
        the highest power of the rate that is kept.  What is kept holds for every k.
    ``rate``
        a name that is no symbol of the problem, or a positive number (without ``terms``).
    ``momentum``
        how much of the last step is added to the next one (heavy ball): a name, or a number from
        0 to below 1.  ``nesterov`` takes the slope where
        that alone would lead.  Only
        with ``steps`` and without ``terms``, as coefficients are no polynomials in k then.
    ``batch``
        a name or a number: every step sees so many samples, and the mean is over them too.  They
        are of the family ``samples`` (the one that free indices of the loss are of, if there is
        one), drawn with ``replacement`` or as a random subset, anew in every step; or fresh ones,
        where the loss is averaged over data, see :mod:`diagrams.problems.batches`.

    Raises :class:`~diagrams.errors.BadInput`, and
    :class:`~diagrams.campaign.memory.MemoryLimitReached` above ``max_memory`` bytes.

    One weight that learns zero, ``L = w^2/2``, shrinks by ``1 - eta`` in a step:

    >>> from diagrams.problems.spec import parse_problem
    >>> text = '''
    ... [families]
    ... unit = { size = 1 }
    ... [tensors.w]
    ... families = ["unit"]
    ... role = "trained"
    ... variance = "v"
    ... [model]
    ... output = "w[i]"
    ... target = "0"
    ... [loss]
    ... kind = "squared error"
    ... over = []
    ... '''
    >>> print(descent(parse_problem(text), steps=1).after(1))
    1/2*v*eta**2 - v*eta + 1/2*v
    """
    stated(problem)
    if problem.functions:
        allowed = "polynomials: a step of finite size reaches all derivatives of a function at once"
        raise BadInput("step", "a model with functions", f"{allowed}; expand is the flow")
    if observable is not None:
        problem = problem.with_observable(observable)
    if any(diagram.legs for diagram, _ in problem.observable):
        raise BadInput("observable", problem.observed, "no free indices")
    no_sphere(problem)
    if steps is None and terms is None:
        raise BadInput("steps", None, "a number of steps, or terms for powers of the rate")
    checked = check_rate(problem, rate)
    if terms is not None:
        check_terms(terms)
        if not isinstance(checked, str):
            raise BadInput("rate", rate, "a name: terms are powers of a symbol")
    kept = check_momentum(problem, momentum, str(checked))
    if kept and terms is not None:
        allowed = "none with momentum: E[L_k] is no polynomial in k then; steps alone, all powers"
        raise BadInput("terms", terms, allowed)
    if nesterov and not kept:
        raise BadInput("nesterov", True, "a momentum with it")
    strength = Polynomial.symbol(kept) if isinstance(kept, str) else Polynomial.constant(kept)
    way = Momentum(strength, nesterov) if kept else None
    seen = None
    if batch is not None:
        seen = read_batch(problem, batch, samples, replacement, (str(checked), str(kept)))
    elif samples or replacement:
        raise BadInput("batch", None, "a number of samples, next to how they are drawn")
    count = _check_steps(problem, 0 if steps is None else steps, terms, way)
    used = {*problem.symbols, str(kept), *batch_symbols(seen)}
    symbol = checked if isinstance(checked, str) else fresh("eta", used)
    mark = fresh("z", {*used, symbol})
    campaign = Campaign(max_memory=max_memory)
    whole = campaign.limited(
        lambda: _averaged(
            problem, count if terms is None else terms, symbol, mark, terms, campaign, way, seen
        )
    )
    sizes = tuple(holding([whole]).values())
    evidence = Evidence(Kind.EXACT, "; ".join([COUNTED, *sizes]), terms)
    last = count if terms is None else terms
    rows = (_coefficient(coprime_part(whole), mark, m) for m in range(last + 1))
    if not isinstance(checked, str):
        rows = (row.substitute({symbol: checked}) for row in rows)
    means = tuple(rows)
    return Descent(problem, checked, count, terms, means, evidence, sizes, kept, nesterov, seen)


def batch_symbols(batch: Batch | None) -> tuple[str, ...]:
    """The symbols that a batch brings: the name of its size, if it has one."""
    return () if batch is None else batch.count.symbols


def check_rate(problem: Problem, rate: object) -> str | Fraction:
    """Return a rate: a name that is no symbol of a problem, or a positive number.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> check_rate(cp_problem(order=2), "1/50"), check_rate(cp_problem(order=2), "eta")
    (Fraction(1, 50), 'eta')
    """
    if isinstance(rate, str) and rate[:1].isalpha():
        check_symbol(rate, "rate")
        taken = {*problem.symbols, *TIMES}
        if rate in taken:
            raise BadInput("rate", rate, f"a name other than {', '.join(sorted(taken))}")
        return rate
    value = rational("rate", rate)
    if value <= 0:
        raise BadInput("rate", rate, "a plain symbol, or a positive number")
    return value


def check_momentum(problem: Problem, momentum: object, rate: str) -> str | Fraction:
    """Return a momentum: a name that is no symbol of a problem, or a number from 0 to below 1.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    if isinstance(momentum, str) and momentum[:1].isalpha():
        check_symbol(momentum, "momentum")
        taken = {*problem.coefficient_symbols, *TIMES, rate}
        if momentum in taken:
            raise BadInput("momentum", momentum, "a name that is neither the rate's nor a symbol's")
        return momentum
    value = rational("momentum", momentum)
    if not 0 <= value < 1:
        raise BadInput("momentum", momentum, "a plain symbol, or a number from 0 to below 1")
    return value


def _check_steps(
    problem: Problem, steps: object, terms: int | None, momentum: Momentum | None
) -> int:
    """Return a number of steps whose diagrams are not too large, all powers of the rate kept."""
    if not isinstance(steps, int) or isinstance(steps, bool) or not 0 <= steps <= STEPS_LIMIT:
        raise BadInput("steps", steps, f"an integer from 0 to {STEPS_LIMIT}")
    if terms is not None or entries_of(problem, steps) <= ENTRIES_LIMIT:
        return steps
    least = next(k for k in range(steps) if entries_of(problem, k + 1) > ENTRIES_LIMIT)
    few = "0" if not least else f"an integer from 0 to {least}"
    raise BadInput(
        "steps",
        steps,
        f"{few}, as diagrams of more steps have more than {ENTRIES_LIMIT} entries"
        + "; any number with terms, the highest power of the rate to keep" * (momentum is None),
    )


def entries_of(problem: Problem, steps: int) -> int:
    """How many entries the diagrams of an observable have after some steps, at most.

    >>> from diagrams.problems.cp import cp_problem
    >>> [entries_of(cp_problem(order=2), steps) for steps in (0, 1, 2)]
    [4, 12, 36]
    """
    first = max((len(diagram.edges) for diagram, _ in problem.observable), default=0)
    each = max((len(diagram.edges) for diagram, _ in problem.potential), default=2) - 2
    return first + max(each, 0) * merges_of(problem, steps)


def _averaged(
    problem: Problem,
    last: int,
    rate: str,
    mark: str,
    terms: int | None,
    campaign: Campaign,
    momentum: Momentum | None,
    batch: Batch | None,
) -> Polynomial:
    """``sum over m of mark^m E[(U - 1)^m L]``: one average of one observable, all at rest."""
    symbols = (Polynomial.symbol(rate), Polynomial.symbol(mark))
    seen, start = None, centred_for_merging(problem)
    if batch is not None:
        seen = sampled(problem, batch)
        part = centred_for_merging(replace(problem, potential=seen.potential)).potential
        seen = replace(seen, potential=part, redrawn=tuple(map(centred, seen.redrawn)))
    whole = differences(start, last, *symbols, terms, campaign, momentum, seen)
    return averaged_at_rest(problem, whole, campaign)


def _coefficient(polynomial: Polynomial, symbol: str, power: int) -> Polynomial:
    """What multiplies a power of a symbol."""
    return Polynomial.from_terms(
        (tuple((name, e) for name, e in powers if name != symbol), coefficient)
        for powers, coefficient in polynomial.terms
        if dict(powers).get(symbol, 0) == power
    )


def _sum(parts: Iterable[Polynomial]) -> Polynomial:
    return Polynomial.from_terms(term for part in parts for term in part.terms)
