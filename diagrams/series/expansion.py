"""The time expansion: exact Taylor coefficients of an averaged observable.

``Y_s = T^s d^s E[L]/dt^s`` at ``t = 0``, so that ``E[L(t)] ~ sum_s Y_s (t/T)^s / s!``.  Gradient
flow gives ``dG/dt = -(1/T) G * V`` for the potential ``V`` (the loss plus weight decay), hence
``Y_s = (-1)^s E[(..(L * V) * ..) * V]`` with ``s`` merges.  (arXiv 2602.04548, Theorem 3.1;
sign included.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from diagrams.campaign.cache import Store, digest
from diagrams.campaign.running import Campaign, Progress
from diagrams.campaign.workers import workers
from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.laws import GroupLaw, Shaped
from diagrams.graphs.moment_problem import moments_at
from diagrams.polynomials.average_symbols import averages_in, kept_data, kept_from_data
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.rationals import rational
from diagrams.problems.friction import Friction
from diagrams.problems.problem import Problem, stated
from diagrams.series.averages import check_inputs, numbers, with_numbers
from diagrams.series.power_laws import is_exact, power_sums
from diagrams.series.ways import derivatives
from diagrams.wick.group_law import at_size, coprime_part, divisors_in

if TYPE_CHECKING:
    import sympy

TERMS_LIMIT = 200

ENGINE_VERSION = 2
"""Raised whenever a coefficient could come out differently; part of every key of a store."""


SHOWN = 30
"""Digits of values that are not exact."""

COUNTED = "every diagram merged and every Wick contraction counted, in integers"
"""How coefficients are known."""


@dataclass(frozen=True)
class Series(Displayed):
    """The exact coefficients ``Y_0, .., Y_S`` of a problem, with their evidence.

    ``sizes`` says in words for which sizes they hold, where group laws leave some out.
    ``friction`` is that of a flow with momentum, see :mod:`diagrams.series.inertia`.

    >>> from diagrams.problems.cp import cp_problem
    >>> series = expand(cp_problem(order=2, ties="sym", target="zero"), terms=1)
    >>> series.derivative(0)
    H**2*p*sigma**4/2 + H*p**2*sigma**4/2 + H*p*sigma**4/2
    """

    problem: Problem
    coefficients: tuple[Polynomial, ...]
    evidence: Evidence
    sizes: tuple[str, ...] = field(default=(), compare=False, repr=False)
    friction: Friction | None = None

    @property
    def terms(self) -> int:
        """The highest order ``S`` that is known."""
        return len(self.coefficients) - 1

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of the problem, and that of friction if it has one."""
        own = () if self.friction is None else self.friction.strength.symbols
        return (*self.problem.symbols, *own)

    @property
    def told(self) -> str:
        """The momentum of the flow in words; nothing without."""
        return f" with momentum and the friction {self.friction}" if self.friction else ""

    def coefficient(self, s: int) -> Polynomial:
        """``Y_s`` as an exact polynomial; raises ``BadInput`` outside ``0..terms``."""
        if not isinstance(s, int) or not 0 <= s < len(self.coefficients):
            raise BadInput("s", s, f"an integer from 0 to {self.terms}")
        return self.coefficients[s]

    def __getitem__(self, s: int) -> Polynomial:
        return self.coefficient(s)

    def values(self, at: Mapping[str, int | str | Fraction]) -> tuple[sympy.Expr, ...]:
        """Return ``Y_0, .., Y_S`` at numbers for all symbols, exactly.

        Rational, or with roots where half-integer powers are; to 30 digits where sums of power laws
        are rounded.  Raises
        :class:`~diagrams.errors.BadInput` for symbols that are missing or unknown, for sizes
        that are not positive, and for moments that no law has.

        >>> from diagrams.problems.cp import cp_problem
        >>> series = expand(cp_problem(order=2, ties="sym"), terms=1)
        >>> series.values({"p": 2, "H": 3, "sigma": "1/2"})
        (5/8, -27/4)
        """
        import sympy

        averages = averages_in(self.coefficients)
        known = (*self.symbols, *averages)
        for name in at:
            if name not in known:
                raise BadInput("at", name, "values of " + ", ".join(known))
        given = {name: rational(f"at, {name}", value) for name, value in at.items()}
        names = {name for polynomial in self.coefficients for name in polynomial.symbols}
        sums = power_sums(self.problem, names, given)
        rounded = bool(sums) and not is_exact(self.problem, names, given)
        given |= sums
        for polynomial in self.coefficients:
            for name in polynomial.symbols:
                if name not in given and name not in averages:
                    raise BadInput("at", f"no value of {name}", "values of " + ", ".join(known))
        for name in self.problem.sizes:
            if name in given and given[name] <= 0:
                raise BadInput(f"at, {name}", str(given[name]), "a positive number: a size")
        for tensor in self.problem.tensors:
            if isinstance(tensor.law, Shaped) and tensor.law.shape.symbols <= set(given):
                moments_at(tensor.law.shape, given, f"tensors.{tensor.name}.moments")
        check_inputs(self.problem, given)
        exact = {
            sympy_symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in given.items()
        }
        found = tuple(y.to_sympy().xreplace(exact) for y in self.coefficients_at(given))
        if averages:
            known_numbers = numbers(self.coefficients, given)
            return tuple(with_numbers(y, known_numbers) for y in found)
        return tuple(sympy.N(y, SHOWN) for y in found) if rounded else found

    def coefficients_at(self, sizes: Mapping[str, Fraction]) -> tuple[Polynomial, ...]:
        """The coefficients that hold at these sizes.

        Where group laws are, those of a series hold for sizes coprime to some integers only.
        The sums of power laws are put in.
        Raises :class:`~diagrams.errors.BadInput` for a group of no integral order.
        """
        laws = (t for t in self.problem.tensors if isinstance(t.law, GroupLaw))
        groups = sorted({tensor.families[0].size for tensor in laws})
        for size in groups:
            value = sizes[size]
            if len(groups) == 1 and value.denominator == 1 and self.friction is None:
                return value_at(self.problem, self.terms, size, int(value))
            raise BadInput(
                f"at, {size}", value, "one size with a group law, an integer; no momentum"
            )
        names = {name for polynomial in self.coefficients for name in polynomial.symbols}
        sums = power_sums(self.problem, names, sizes)
        return tuple(y.substitute(sums) for y in self.coefficients) if sums else self.coefficients

    def derivative(self, s: int) -> sympy.Expr:
        """``Y_s`` as a SymPy expression in the plain symbols of sizes and scales."""
        return self.coefficient(s).to_sympy()

    def __len__(self) -> int:
        return len(self.coefficients)

    def __iter__(self) -> Iterator[Polynomial]:
        return iter(self.coefficients)

    def __str__(self) -> str:
        return self.to_text(80)


def expand(
    problem: Problem,
    terms: int,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    store: Store | None = None,
    max_memory: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    observable: str | Combination | None = None,
) -> Series:
    """Return ``Y_0, .., Y_terms`` of a problem, exactly.

    ``observable`` takes the place of the loss, see
    :meth:`~diagrams.problems.problem.Problem.with_observable`; those with free indices are for
    :func:`~diagrams.series.open_series.expand_open`.

    ``jobs`` processes of this machine share the work, or the workers of any ``executor`` of
    the ``concurrent.futures`` kind; results do not depend on it.  With a ``store`` nothing
    computed is lost: finished orders are read from it, and an interrupted run goes on where
    it stopped.  ``max_memory`` is in bytes; ``progress`` is told what is going on.

    Raises :class:`~diagrams.errors.BadInput` for a number of terms that is no integer >= 0,
    and :class:`~diagrams.campaign.memory.MemoryLimitReached`.
    """
    stated(problem)
    check_terms(terms)
    if observable is not None:
        problem = problem.with_observable(observable)
    if any(diagram.legs for diagram, _ in problem.observable):
        raise BadInput("observable", problem.observed, "no free indices; else expand_open")
    known = [_remembered(store, problem, s) for s in range(terms + 1)]
    if all(polynomial is not None for polynomial in known):
        return _series(problem, [p for p in known if p is not None])

    def coefficients(campaign: Campaign) -> Iterator[Polynomial]:
        for s, polynomial in enumerate(derivatives(problem, terms, campaign)):
            campaign.tell(Progress(s, terms, 1, 1))
            kept = known[s] is None and _remember(store, problem, s, polynomial)
            if store is not None and kept and s == terms:
                store.resumable = True  # a run of several series has one less to do
            yield polynomial

    with nullcontext(executor) if executor is not None else workers(jobs, max_memory) as pool:
        campaign = Campaign(pool, jobs, store, max_memory, progress)
        return _series(problem, campaign.limited(lambda: list(coefficients(campaign))))


def _series(problem: Problem, exact: Sequence[Polynomial]) -> Series:
    """The series of exact coefficients, for sizes coprime to the divisors of group laws."""
    sizes = tuple(f"{words}, other {size} by value_at" for size, words in holding(exact).items())
    evidence = Evidence(Kind.EXACT, "; ".join([COUNTED, *sizes]), len(exact) - 1)
    return Series(problem, tuple(map(coprime_part, exact)), evidence, sizes)


def holding(exact: Sequence[Polynomial]) -> dict[str, str]:
    """For which values of the sizes of group laws the coprime parts of polynomials hold."""
    found = {}
    for size, divisors in divisors_in(exact).items():
        product = lcm(*divisors)
        odd = f" ({size} odd)" * (product == 2)
        found[size] = f"exact for {size} coprime to {product}{odd}"
    return found


def value_at(problem: Problem, terms: int, size: str, value: int) -> tuple[Polynomial, ...]:
    """``Y_0, .., Y_terms`` at an integer value of a size, exactly.

    For problems with a group law this holds for every value, whether it is coprime to the
    divisors that :func:`expand` leaves out or not.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> problem = cp_problem(order=3, ties="sym", target="modular")
    >>> print(value_at(problem, 1, "p", 2)[1])
    -1296*H**2*sigma**10 - 33264*H*sigma**10 - 108*H*sigma**4
    """
    check_terms(terms)
    if size not in problem.sizes:
        raise BadInput("size", size, " or ".join(problem.sizes))
    exact = list(derivatives(problem, terms))
    return tuple(at_size(polynomial, size, value) for polynomial in exact)


def _order_key(problem: Problem, s: int) -> str:
    return digest("Y", ENGINE_VERSION, problem.observable, problem.potential, s)


def _remembered(store: Store | None, problem: Problem, s: int) -> Polynomial | None:
    """``Y_s`` as an earlier run left it in a store."""
    payload = None if store is None else store.get(_order_key(problem, s))
    if payload is None:
        return None
    try:
        return kept_from_data(json.loads(payload), f"Y_{s}")
    except ValueError:
        return None


def _remember(store: Store | None, problem: Problem, s: int, polynomial: Polynomial) -> bool:
    """Keep ``Y_s``; returns whether it is kept."""
    data = json.dumps(kept_data(polynomial)).encode()
    return store is not None and store.put(_order_key(problem, s), data)


def check_terms(terms: object) -> int:
    """Return ``terms`` if it is an order that can be asked for."""
    if not isinstance(terms, int) or isinstance(terms, bool) or not 0 <= terms <= TERMS_LIMIT:
        raise BadInput("terms", terms, f"an integer from 0 to {TERMS_LIMIT}")
    return terms
