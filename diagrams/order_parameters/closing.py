"""Closed equations of order parameters, derived by merging and cutting.

Gradient flow on a potential V moves an order parameter G by ``T dG/dt = -G * V``.  The merge leaves
the legs of G alone, and what comes out is cut at the eliminated indices again.  A piece that is
not known yet becomes an order parameter of its own, with an equation of its own; where no new one
arises, the equations are closed.  They are exact at every size, for every trajectory.  Steps of
one-pass SGD go the same way, with :func:`~diagrams.order_parameters.steps.mean_change` in place of
the merge; those equations are the mean change given the present weights.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.cutting import (
    LEG_LIMIT,
    NewPiece,
    OrderParameter,
    Reduction,
    bare,
    cut,
    leg_orders,
    ordered,
)
from diagrams.order_parameters.steps import change_in_a_step, inertial_change, speeds_of
from diagrams.polynomials.polynomial import check_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.batches import Batch, read_batch
from diagrams.problems.friction import Friction, read_friction
from diagrams.problems.losses import averaged
from diagrams.problems.problem import Problem, no_sphere, stated
from diagrams.wick.expectation import expectation
from diagrams.wick.input_averages import inputs_in

PARAMETER_LIMIT = 16
FEW = 8
"""Order parameters that are few: those of a search over all sets of families."""

DRAWN = "order parameters are products of tensors"

PIECE_WIDTH = 160
"""Characters of a piece in a refusal."""

EDGE_LIMIT = 12
"""Entries in one order parameter."""


def close(
    problem: Problem,
    eliminate: Collection[str] | None = None,
    step: str | None = None,
    batch: str | int | None = None,
    samples: str = "",
    replacement: bool = False,
    friction: str | int | Fraction | None = None,
) -> ClosedSystem:
    """Return the closed equations of a problem's order parameters.

    ``eliminate`` names the index families that diagrams are cut at; without it, those of the
    tensors that the loss is averaged over are tried, then all sets of families, largest first.
    Order parameters that are observables of the problem file have its names and prefactors.

    With ``step``, a name for the learning rate, the equations are the mean change in one step
    of one-pass SGD (of gradient descent, if nothing is averaged over), divided by the step.  A step
    sees one fresh sample, or a ``batch`` of them; or a batch of ``samples`` that are all there,
    drawn with ``replacement`` or as a subset, see :func:`~diagrams.series.descent.descent`.

    With ``friction``, a name or a number, the flow has momentum from rest, see
    :mod:`diagrams.problems.friction`; order parameters are made of velocities, too.

    Raises :class:`~diagrams.errors.NotSolved`, naming the piece that arose at which step, where
    the equations do not close; and :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="zero"), eliminate=["hidden"])
    >>> system.names, len(system.equation("u_u")), len(system.loss)
    (('u_u',), 1, 1)
    """
    stated(problem, DRAWN, averaged=True)
    families = {family.name: family for family in problem.families}
    if eliminate is not None:
        for name in eliminate:
            if name not in families:
                raise BadInput("eliminate", name, f"index families: {', '.join(sorted(families))}")
    if step is not None:
        check_symbol(step, "step")
        if step in problem.symbols or step in ("T", "t"):
            raise BadInput("step", step, "a name that is no symbol of the problem")
    seen = None
    if batch is not None or samples or replacement:
        if step is None or batch is None:
            raise BadInput("batch", batch, "a number of samples, and only with a step")
        seen = read_batch(problem, batch, samples, replacement, (step,))
    how = _Dynamics(step or "", seen, _friction(problem, friction, step))
    failures = []
    for found in _attempts(problem, families, eliminate, how):
        if isinstance(found, ClosedSystem):
            return found
        failures.append(found.step)
    left = len(failures) - 2
    others = f"; nor for {left} other set{'s' * (left > 1)} of families" * (left > 0)
    raise NotSolved("; ".join(failures[:2]) + others)


def closures(problem: Problem) -> Iterator[ClosedSystem]:
    """Return the closed equations of every set of eliminated families that has some of few.

    Raises :class:`~diagrams.errors.BadInput` for problems with functions or given entries.

    >>> from diagrams.problems.cp import cp_problem
    >>> [system.names for system in closures(cp_problem(order=2, target="zero"))]
    [('u_u',), ('u_u',), ('u',)]
    """
    stated(problem, DRAWN, averaged=True)
    families = {family.name: family for family in problem.families}
    for found in _attempts(problem, families, None, most=FEW):
        if isinstance(found, ClosedSystem):
            yield found
    yield _Derivation(problem, ()).run()


def _attempts(
    problem: Problem,
    families: dict[str, IndexFamily],
    eliminate: Collection[str] | None,
    how: _Dynamics | None = None,
    most: int = PARAMETER_LIMIT,
) -> Iterator[ClosedSystem | NotSolved]:
    """What every set of families comes to: closed equations, or the step that failed."""
    for chosen in _candidates(problem, families, eliminate):
        try:
            yield _Derivation(problem, chosen, how, most).run()
        except NotSolved as refusal:
            yield refusal


def _candidates(
    problem: Problem, families: dict[str, IndexFamily], eliminate: Collection[str] | None
) -> Iterator[tuple[IndexFamily, ...]]:
    if eliminate is not None:
        yield tuple(families[name] for name in sorted(set(eliminate)))
        return
    fresh = {f for t in problem.fresh for f in t.families}
    first = tuple(family for family in families.values() if family in fresh)
    if first:
        yield first
    for count in range(len(families), 0, -1):
        for chosen in combinations(families.values(), count):
            if chosen != first:
                yield chosen


@dataclass(frozen=True)
class _Dynamics:
    """What moves order parameters: a step of a size, with batches; or a flow, with momentum."""

    step: str = ""
    batch: Batch | None = None
    friction: Friction | None = None

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols that it brings."""
        size = () if self.batch is None else self.batch.count.symbols
        rubbed = () if self.friction is None else self.friction.strength.symbols
        return frozenset({self.step, *size, *rubbed} - {""})


def _friction(problem: Problem, given: object, step: str | None) -> Friction | None:
    if given is None:
        return None
    found = read_friction(given, problem.coefficient_symbols)
    if step is not None or found.over_time or inputs_in(problem.sampled):
        allowed = "a constant, for the flow of polynomials: equations do not hold the time"
        raise BadInput("friction", given, allowed)
    no_sphere(problem)
    return found


class _Derivation:
    """One attempt: order parameters are found until there is no new one."""

    def __init__(
        self,
        problem: Problem,
        eliminated: Sequence[IndexFamily],
        how: _Dynamics | None = None,
        most: int = PARAMETER_LIMIT,
    ) -> None:
        self.problem, self.how, self.most = problem, how or _Dynamics(), most
        self.step, self.batch, self.friction = self.how.step, self.how.batch, self.how.friction
        self.speeds = speeds_of(problem) if self.friction else {}
        self.eliminated = tuple(eliminated)
        self.families = frozenset(eliminated)
        self.parameters: list[OrderParameter] = []
        self.named = dict(self._named())
        words = problem.vocabulary
        symbols = {*problem.symbols, *self.how.symbols, "T", "t", "tr"}
        self.taken = symbols | (set(words.quantities) - set(self.named))

    def run(self) -> ClosedSystem:
        loss = bare(self.problem.observable)
        for combination in (loss, bare(self.problem.potential)):
            self._reduced(combination, "the loss")
        equations: dict[str, Combination] = {}
        while pending := [g for g in self.parameters if g.moves and g.name not in equations]:
            parameter = pending[0]
            number = len(equations) + 1
            change = bare(self._change(parameter))
            equations[parameter.name] = self._reduced(
                change, f"step {number}, the equation of {parameter.name}"
            )
            restored = self._reduction().restore(equations[parameter.name])
            if bare(restored) != change:
                raise NotSolved(f"pieces of the equation of {parameter.name} do not fit together")
        moving = [g for g in self.parameters if g.moves]
        constant = [g for g in self.parameters if not g.moves]
        order = sorted(moving, key=self._file_order) + sorted(constant, key=self._file_order)
        return ClosedSystem(
            problem=self.problem,
            eliminated=self.eliminated,
            parameters=tuple(order),
            equations=tuple(equations.get(g.name, Combination()) for g in order),
            loss=self._reduction().reduce(loss),
            initial=tuple(expectation(g.value) for g in order),
            step=self.step,
            batch=self.batch,
            friction=self.friction,
            evidence=self._evidence(),
        )

    def _file_order(self, parameter: OrderParameter) -> int:
        names = list(self.named)
        return names.index(parameter.name) if parameter.name in names else len(names)

    def _evidence(self) -> Evidence:
        names = ", ".join(family.name for family in self.eliminated)
        if self.step:
            words = "mean change in one step given the weights, every Wick contraction counted; "
        else:
            words = "every merge counted; "
        words += f"cut at the indices of {names}, glued together again, and closed at every size"
        return Evidence(Kind.EXACT, words)

    def _change(self, parameter: OrderParameter) -> Combination:
        """``T dG/dt``, or the mean change in one step over the step."""
        if self.friction is not None:
            strength = self.friction.strength
            return inertial_change(parameter.value, self.problem.potential, self.speeds, strength)
        fresh = self.problem.fresh
        if not self.step and inputs_in(self.problem.sampled):  # functions: merge, then average
            merged = merge(parameter.value, self.problem.sampled)
            return Combination() - averaged(merged, fresh, "loss")
        if not self.step:
            return Combination() - merge(parameter.value, self.problem.potential)
        return change_in_a_step(self.problem, parameter.value, self.step, self.batch)

    # -- pieces become order parameters -------------------------------------------------

    def _reduction(self) -> Reduction:
        return Reduction(tuple(self.parameters), self.families)

    def _reduced(self, combination: Combination, where: str) -> Combination:
        """A combination in order parameters, those that are new added to the list."""
        while True:
            try:
                return self._reduction().reduce(combination)
            except NewPiece as found:
                self.parameters.append(self._parameter(found.piece, where))

    def _parameter(self, piece: Diagram, where: str) -> OrderParameter:
        names = ", ".join(family.name for family in self.eliminated)
        written = str(piece)
        written = written if len(written) <= PIECE_WIDTH else written[: PIECE_WIDTH - 3] + "..."
        refused = f"eliminating {names}: {where} brings the new piece {written}"
        if len(piece.legs) > LEG_LIMIT:
            raise NotSolved(f"{refused}, which has more than {LEG_LIMIT} free indices")
        if len(piece.edges) > EDGE_LIMIT:
            raise NotSolved(f"{refused}, which has more than {EDGE_LIMIT} entries")
        if len(self.parameters) >= self.most:
            raise NotSolved(f"{refused} after {self.most} others: they do not close")
        for parameter in self.named.values():
            if leg_orders(piece, parameter.definition):
                return parameter
        piece = ordered(piece, self._order)
        return OrderParameter(self._new_name(piece), piece)

    @property
    def _order(self) -> list[str]:
        """The names of tensors in reading order: trained ones first, as declared."""
        tensors = (*self.problem.trained, *self.speeds.values(), *self.problem.tensors)
        return [tensor.name for tensor in tensors]

    def _new_name(self, piece: Diagram) -> str:
        used = self.taken | {g.name for g in self.parameters} | set(self.named)
        letters = sorted((edge.tensor.name for edge in piece.edges), key=self._order.index)
        if len(letters) == 1 and len(piece.nodes) == len(piece.legs):
            return fresh(letters[0], used)
        used |= {*self._order}
        if len(letters) == 2:
            return fresh("_".join(letters), used)
        number = 1
        while f"G{number}" in used:
            number += 1
        return f"G{number}"

    def _named(self) -> Iterator[tuple[str, OrderParameter]]:
        """Observables of the problem file that are one piece each."""
        for quantity in self.problem.named_observables:
            value = self.problem.vocabulary.diagrams(quantity)
            if len(value) != 1 or any(family in self.families for family in quantity.families):
                continue
            diagram, coefficient = value.terms[0]
            legs = diagram.legs
            if not coefficient.is_monomial or len(set(legs)) < len(legs):
                continue
            found = cut(diagram, self.families)
            whole = len(found.pieces) == 1 and len(set(found.pieces[0][1])) == len(legs)
            if whole and str(found.factor) == "1" and len(found.pieces[0][0].legs) == len(legs):
                yield quantity.name, OrderParameter(quantity.name, diagram, coefficient)
