"""The problem: an observable, the potential that gradient flow descends, and where it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import Self

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import functions_in, undifferentiated
from diagrams.graphs.laws import Drawn, Gram, Listed
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import (
    Averaged,
    Function,
    IndexFamily,
    Role,
    Tensor,
    parts_of,
    tensor_letters,
)
from diagrams.polynomials.polynomial import symbol_order
from diagrams.polynomials.spelling import order_letter
from diagrams.problems.observables import Quantity, Vocabulary

NOTHING = Combination()


@dataclass(frozen=True)
class Problem(Displayed):
    """What wickflow expands: ``d^s E[observable]/dt^s`` at time zero.

    Every trained tensor moves by ``du/dt = -(rate/T) d(potential)/du`` from its
    initial law; ``T`` is the unit of time.  ``observable`` is the loss unless stated
    otherwise, pure-target constant included; ``potential`` is the loss plus weight decay.

    ``title`` is one line for people.  ``spec`` is what :func:`diagrams.load_problem` reads
    back: a preset such as ``cp:order=4,ties=sym,target=identity`` or the whole text of a
    problem file.  ``facts`` are pairs of a name and a value that describe the problem in exports.

    ``quantities`` are what observables may be written with: output, target, and the observables
    of the problem file; ``declared`` are tensors that occur in those only.  ``observed`` says
    what ``observable`` is where it is not the loss, see :meth:`with_observable`.

    Where the loss is an average over ``fresh`` tensors (the data of a population loss),
    ``sampled`` is the potential of one sample: what is under the average.

    ``declared_symbols`` are sizes and scales in the order in which they were declared, which
    formulas and vectors of exponents follow; ``squared`` says that the loss is a sum of squared
    errors, so that it is never negative where the scales ``signs`` of its prefactors are not;
    ``rows`` the families that may be the width, see
    :func:`~diagrams.problems.width.summed_families`, and ``width`` the one that the file names.

    A problem under other names than those of its ``spec`` has it under its own in ``written``, with
    pairs of a symbol there and here: what reads the declaration again, as a simulation does, reads
    that one.
    """

    title: str
    spec: str
    observable: Combination
    potential: Combination
    facts: tuple[tuple[str, str], ...] = ()
    quantities: tuple[Quantity, ...] = ()
    declared: tuple[Tensor, ...] = ()
    observed: str = ""
    fresh: tuple[Tensor, ...] = ()
    sampled: Combination = NOTHING
    signs: tuple[str, ...] = ()
    declared_symbols: tuple[str, ...] = ()
    squared: bool = False
    rows: tuple[IndexFamily, ...] = ()
    width: IndexFamily | None = None
    written: tuple[Problem, tuple[tuple[str, str], ...]] | None = field(
        default=None, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        functions = self.functions
        if functions:
            from diagrams.wick.sites import check_symbols  # SymPy, which loads slowly

            check_symbols(functions, self.symbols)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors of observable and potential, as declared; others behind them, by name.

        In the place of function nodes stand the tensors that they are of.
        """
        found = {
            part.name: part
            for diagram, _ in (*self.observable, *self.potential)
            for tensor in diagram.tensors
            for part in parts_of(tensor)
        }
        declared = [tensor.name for tensor in self.declared if tensor.name in found]
        names = dict.fromkeys((*declared, *sorted(found)))
        return tuple(found[name] for name in names)

    @property
    def functions(self) -> frozenset[Tensor]:
        """The function nodes of observable and potential."""
        return functions_in(diagram for diagram, _ in (*self.observable, *self.potential))

    @property
    def lines(self) -> tuple[Tensor, ...]:
        """What diagrams are drawn of: tensors, and function nodes without their derivatives."""
        nodes = {undifferentiated(node) for node in self.functions}
        return (*self.tensors, *sorted(nodes, key=lambda node: node.name))

    @property
    def vocabulary(self) -> Vocabulary:
        """What the text of an observable may be made of."""
        known = self.quantities
        if not self.observed and all(quantity.name != "loss" for quantity in known):
            known = (Quantity("loss", (), (), self.observable), *known)
        symbols = [s for _, coefficient in self.potential for s in coefficient.symbols]
        return Vocabulary.of((*self.declared, *self.tensors), known, symbols)

    @property
    def named_observables(self) -> tuple[Quantity, ...]:
        """The observables of the problem file."""
        return tuple(quantity for quantity in self.quantities if quantity.text)

    def quantity(self, observable: str) -> Quantity:
        """Return what a text means: a name such as ``loss``, a sum, or ``name[i,j] = sum``.

        Raises :class:`~diagrams.errors.BadInput`.
        """
        if not isinstance(observable, str):
            allowed = "a name, or a sum of products of tensor entries"
            raise BadInput("observable", type(observable).__name__, allowed)
        words = self.vocabulary
        head, equals, text = observable.partition("=")
        if equals:
            return words.define(head, " " * (len(head) + 1) + text, "observable")
        if observable.strip() in words.quantities:
            return words.quantities[observable.strip()]
        return replace(words.define("observed", observable, "observable"), name=observable.strip())

    def with_observable(self, observable: str | Combination) -> Self:
        """Return the problem with another observable; what is descended stays.

        ``observable`` is the name of one (``loss``, ``output``, those of the problem file), a
        text in the language of :mod:`diagrams.problems.observables`, such as
        ``star(output, output)`` or ``kernel[i,j] = star(output[i], output[j])``, or diagrams.

        Raises :class:`~diagrams.errors.BadInput`.

        >>> from diagrams.problems.cp import cp_problem
        >>> print(cp_problem(order=2).with_observable("u[k,i]^2").observable)
        (1) sum[k1;i1] u[k1,i1]^2
        """
        words = self.vocabulary
        kept = tuple(words.quantities.values())
        if isinstance(observable, Combination):
            chosen, observed = observable, "G"
        else:
            quantity = self.quantity(observable)
            chosen, observed = words.diagrams(quantity), " ".join(observable.split())
        declared = tuple(words.tensors.values())
        observed = "" if observed == "loss" else observed
        return replace(
            self, observable=chosen, observed=observed, quantities=kept, declared=declared
        )

    @property
    def observed_name(self) -> str:
        """How the observable is written in ``E[..]``: ``L`` for the loss."""
        return self.observed.partition("=")[0].strip() or "L"

    @property
    def expected(self) -> str:
        """What is expanded in time: ``E[L]``, ``E[kernel]``, or a cumulant."""
        name = self.observed_name
        return name if name.startswith("cumulant(") else f"E[{name}]"

    @property
    def trained(self) -> tuple[Tensor, ...]:
        """The tensors that gradient flow moves."""
        return tuple(tensor for tensor in self.tensors if tensor.role is Role.TRAINED)

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """All index families in the order of their sizes, see :meth:`in_order`."""
        found = {
            family for diagram, _ in (*self.observable, *self.potential) for family in diagram.nodes
        } | {family for tensor in self.tensors for family in tensor.families}
        tensors = (*self.declared, *self.tensors)
        slots = [family for tensor in tensors for family in tensor.families]
        places = {name: place for place, name in enumerate(self.declared_symbols)}
        last = len(places)
        first = {family: place for place, family in reversed(list(enumerate(slots)))}
        return tuple(
            sorted(found, key=lambda f: (places.get(f.size, last), last and first.get(f, 0), f))
        )

    @property
    def sizes(self) -> tuple[str, ...]:
        """Size symbols of the index families, sorted."""
        return tuple(sorted({family.size for family in self.families if not family.fixed}))

    @property
    def scaled(self) -> tuple[str, ...]:
        """The sizes that a scaling has to name: not those of sums inside functions alone.

        Such a sum is known by inner products of inputs, whatever the size.
        """
        laws = (node.law for node in self.functions)
        summed = {
            law.weights.families[law.summed]
            for law in laws
            if isinstance(law, Function) and law.inputs is not None
        }
        kept = {family.size for family in self.families if family not in summed}
        return tuple(size for size in self.sizes if size in kept)

    def in_order(self, names: Collection[str]) -> tuple[str, ...]:
        """Some symbols in the order of the problem: sizes first, as declared; others by name.

        >>> from diagrams.problems.cp import cp_problem
        >>> cp_problem(order=4, scale="theta").in_order({"sigma", "theta", "H", "p"})
        ('p', 'H', 'theta', 'sigma')
        """
        places = {name: place for place, name in enumerate(self.declared_symbols)}
        sizes = {family.size for family in self.families}
        last = len(places)
        return tuple(
            sorted(names, key=lambda n: (n not in sizes, places.get(n, last), symbol_order(n)))
        )

    def weights(self, values: Mapping[str, int | float | Fraction]) -> int:
        """How many entries the trained tensors have together, at values of the sizes.

        >>> from diagrams.problems.cp import cp_problem
        >>> cp_problem(order=3, ties="2+1").weights({"p": 10, "H": 3})
        60
        """
        return sum(
            prod(int(f.size if f.fixed else values[f.size]) for f in tensor.families)
            for tensor in self.trained
        )

    def work(self, values: Mapping[str, int | float | Fraction]) -> float:
        """What a step of a run costs, about: the weights times the largest size."""
        sizes = {name: values[name] for name in self.sizes}
        return float(self.weights(sizes) * max(sizes.values()))

    @property
    def positive(self) -> frozenset[str]:
        """The symbols whose values are positive: sizes, and those of variances.

        The size of a family that was averaged away may stay in a coefficient.
        """
        laws = [tensor.law for tensor in self.tensors]
        spread = [s for law in laws if isinstance(law, Drawn) for s in law.variance.symbols]
        averaged = [family.size for family in self.averaged if not family.fixed]
        return frozenset((*self.sizes, *spread, *averaged))

    @property
    def averaged(self) -> tuple[IndexFamily, ...]:
        """The families of data over which the loss is an average, in order."""
        found = (family for tensor in self.fresh for family in tensor.families)
        return tuple(dict.fromkeys(found))

    @property
    def symbols(self) -> tuple[str, ...]:
        """All sizes and scales that the problem is written in, in reading order.

        Coefficients hold no others, and may hold fewer.
        """
        found = set(self.sizes)
        for _, coefficient in (*self.observable, *self.potential):
            found.update(coefficient.symbols)
        for tensor in self.tensors:
            found.update(tensor.rate.symbols)
            if isinstance(tensor.law, Drawn | Gram | Listed | Spectrum):
                found.update(tensor.law.symbols)
        for node in {t for d, _ in (*self.observable, *self.potential) for t in d.tensors}:
            if isinstance(node.law, Function | Averaged):
                found.update(node.law.symbols)
        return tuple(sorted(found, key=symbol_order))

    @property
    def power_laws(self) -> tuple[Tensor, ...]:
        """The vectors that are power laws, whose sums are symbols of their own."""
        laws = ((tensor, tensor.law) for tensor in (*self.tensors, *self.fresh))
        return tuple(t for t, law in laws if isinstance(law, Spectrum) and law.power is not None)

    @property
    def coefficient_symbols(self) -> tuple[str, ...]:
        """All symbols that coefficients can hold: those of the problem, and sums of power laws."""
        sums = (t.law.named_sums for t in self.power_laws if isinstance(t.law, Spectrum))
        return (*self.symbols, *(name for names in sums for name in names))

    @property
    def order_letter(self) -> str:
        """What the order of a coefficient is called: none of the problem's symbols."""
        return order_letter(self.symbols)

    def to_dict(self) -> dict[str, object]:
        """Return the problem as plain data for JSON: title, spec and facts."""
        observed = {"observable": self.observed} if self.observed else {}
        return {"title": self.title, "spec": self.spec, **dict(self.facts), **observed}

    def __str__(self) -> str:
        return "\n".join(
            [
                self.title,
                *(f"  {name}: {value}" for name, value in self.facts),
                f"observable {self.observed} =" if self.observed else "loss L =",
                *(f"  {line}" for line in self.observable.lines),
            ]
        )


def problem_names(problem: Problem) -> tuple[str, ...]:
    """The names of all symbols that formulas of a problem can hold.

    >>> from diagrams.problems.cp import cp_problem
    >>> problem_names(cp_problem(order=2, decay="lambda"))
    ('p', 'H', 'lambda', 'sigma', 'u[]')
    """
    return (*problem.symbols, *tensor_letters(problem.tensors))


def stated(problem: object, drawn: str = "", averaged: bool = False) -> None:
    """Raise :class:`~diagrams.errors.BadInput` unless it is a problem.

    With ``drawn``, which says why, also for one with functions or given entries: what is asked for
    is there for polynomials in entries that are drawn, fixed or structural only.  Functions that
    are averaged over their inputs are refused unless ``averaged`` is set.

    >>> stated(2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: problem: 2 is not allowed; allowed: a problem, as cp_problem or ...
    """
    if not isinstance(problem, Problem):
        raise BadInput("problem", problem, "a problem, as cp_problem or load_problem gives it")
    if drawn:
        check_drawn(problem, drawn)
    if not averaged:
        check_inputs(problem)


def check_drawn(problem: Problem, reason: str) -> None:
    """Raise :class:`~diagrams.errors.BadInput` for a problem with functions or given entries."""
    names = [f"the function {node.law.name}" for node in problem.functions]  # type: ignore[union-attr]
    names += [
        f"the given tensor {tensor.name}"
        for tensor in problem.tensors
        if isinstance(tensor.law, Gram | Listed)
    ]
    if names:
        allowed = f"polynomials in entries that are drawn: {reason}; expand and simulate take both"
        raise BadInput("problem", min(names), allowed)


def check_inputs(problem: Problem) -> None:
    """Raise :class:`~diagrams.errors.BadInput` for functions averaged over their inputs."""
    laws = (tensor.law for d, _ in problem.potential + problem.observable for tensor in d.tensors)
    found = {str(part.name) for law in laws if isinstance(law, Averaged) for part in law.parts}
    for tensor in problem.fresh:
        if tensor.name in found:
            allowed = "polynomials there: a function averaged over inputs is no polynomial of the"
            allowed += " weights but a function of their overlaps, which close follows"
            raise BadInput("loss.average", f"functions of {tensor.name}", allowed)


def no_sphere(problem: Problem) -> None:
    """Raise :class:`~diagrams.errors.BadInput` for steps from a sphere, which would leave it."""
    for tensor in problem.trained:
        if tensor.sphere:
            allowed = f"a problem without one: a step of {tensor.name} leaves the sphere; the flow"
            raise BadInput(f"tensors.{tensor.name}.constraint", "sphere", f"{allowed} stays on it")
