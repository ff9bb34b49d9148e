"""Why a problem stays unsolved: what every road says of it, as facts of the problem.

A road that does not apply names a fact of the problem that keeps it off (:class:`Inapplicable`);
one that applies and fails names the step (:class:`~diagrams.errors.NotSolved`).  The refusal of
:func:`~diagrams.dynamics.solving.solve` is made of these, those that came further first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Role
from diagrams.problems.problem import Problem
from pde.expressions.statement import joined


@dataclass(frozen=True)
class Inapplicable:
    """A road does not apply to a problem: the fact that keeps it off.

    ``what`` names what the fact keeps off, where that is more than the one road.
    """

    fact: str
    what: str = ""


@dataclass(frozen=True)
class Attempts:
    """What the roads tried so far said, by name, in the order in which they were tried.

    ``place`` says where they lead, where these are not all the roads there are.
    """

    failures: tuple[tuple[str, Inapplicable | NotSolved], ...] = ()
    place: str = ""

    def and_then(self, road: str, failure: Inapplicable | NotSolved) -> Attempts:
        """The attempts with one more."""
        return replace(self, failures=(*self.failures, (road, failure)))

    def refusal(self) -> NotSolved:
        """One refusal: the steps that failed; then the facts that keep several roads off.

        Where no road applies, all facts.

        >>> none = Attempts().and_then("the rings", Inapplicable("u has three indices"))
        >>> print(none.refusal())
        not solved: no road applies: the rings: u has three indices
        >>> print(none.and_then("the closure", NotSolved("it misses p at order 1")).refusal())
        not solved: it misses p at order 1
        """
        failed = [f.step for _, f in self.failures if isinstance(f, NotSolved)]
        facts: dict[str, dict[str, None]] = {}
        for road, failure in self.failures:
            if isinstance(failure, Inapplicable):
                facts.setdefault(failure.fact, {})[failure.what or road] = None
        steps = [
            ", ".join(roads) + ": " + fact
            for fact, roads in facts.items()
            if not failed or len(roads) > 1
        ]
        head = "" if failed else f"no road applies{self.place}: "
        return NotSolved(head + joined("; ", dict.fromkeys([*failed, *steps])))


def fact_of_matrices(problem: Problem) -> str:
    """What keeps a problem from being one of centred trained matrices between two families.

    Empty where nothing does.

    >>> from diagrams.problems.cp import cp_problem
    >>> fact_of_matrices(cp_problem(order=3)), fact_of_matrices(cp_problem(3, target="modular"))
    ('', 'F[feature,feature,feature] is structural, not trained')
    """
    checks: Sequence[Callable[[Problem], str]] = (_not_trained, _no_matrix, _not_centred)
    return next(filter(None, (check(problem) for check in checks)), "")


def _not_trained(problem: Problem) -> str:
    for tensor in problem.tensors:
        if tensor.role is Role.FROZEN:
            return sentence("{} is frozen and random, not trained", tensor)
        if tensor.role is Role.STRUCTURAL:
            return sentence("{} is structural, not trained", tensor)
    return "" if problem.trained else "no trained tensor is left in the loss"


def _no_matrix(problem: Problem) -> str:
    first = problem.trained[0]
    for tensor in problem.trained:
        if tensor.rank != 2:
            count = {0: "no index", 1: "one index"}.get(tensor.rank, f"{tensor.rank} indices")
            return sentence("{} has {}, and is no matrix", tensor, count)
        if len(set(tensor.families)) != 2:
            return sentence("both indices of {} are of one family", tensor)
        for family in tensor.families:
            if family.fixed:
                return sentence("an index of {} has {} values, for good", tensor, family.size)
        if set(tensor.families) != set(first.families):
            both = (first, tensor)
            return sentence("{} and {} have indices of different families", *both)
    return ""


def _not_centred(problem: Problem) -> str:
    for tensor in problem.trained:
        if not isinstance(tensor.law, Gaussian):
            return sentence("{} is not drawn from a Gaussian", tensor)
        if tensor.law.mean_value:
            return sentence("{} starts with the mean {}", tensor, tensor.law.mean_value)
    return ""
