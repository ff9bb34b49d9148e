"""The loss of a problem file: squared errors, linear forms, averages over fresh data, weight decay.

One table ``[loss]`` is one squared error of the output of ``[model]`` against its target, or that
output itself, summed (an energy).  An array of tables ``[[loss]]`` is a sum of terms; each is a
squared error or a linear form, with an output of its own where it has any, or a weight decay.  A
term may be averaged over frozen random tensors (``average``): the loss is then the *population*
loss, a polynomial in the tensors that are left, and what stands under the average is the loss of
one sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from diagrams.errors import BadInput, Missing
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Drawn
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems import grammar
from diagrams.problems.entry_laws import is_positive
from diagrams.problems.forms import POWERS, Form, check_sides, keys_of, sides_of
from diagrams.problems.indices import families_of
from diagrams.problems.products import Entry, Term
from diagrams.problems.toml_tables import TomlTable
from diagrams.wick.expectation import expectation
from diagrams.wick.input_averages import averaged_over_inputs, inputs_in

DECAY = "weight decay"
ALONE = "summed alone"
"""The fact that names the indices that are summed over one entry: a slip of the pen, perhaps."""

LOSSES_LIMIT = 16
AVERAGED_LIMIT = 16
"""Entries of averaged tensors in a product: 15!! pairings at most, collected as they grow."""


@dataclass(frozen=True)
class LossTerm:
    """A prefactor times a squared error or a linear form, averaged over some tensors."""

    form: Form
    prefactor: Polynomial
    averaged: tuple[Tensor, ...] = ()

    def sample(self) -> Combination:
        """The term before it is averaged, as diagrams."""
        return self.form.expand(self.prefactor)

    def mean(self) -> Combination:
        """The term as diagrams, averaged."""
        return averaged(self.sample(), self.averaged, self.form.loss)


@dataclass(frozen=True)
class Loss:
    """A sum of terms, and the weight decay of every trained tensor.

    ``shared`` is the first term whose output is that of the table ``model``.
    """

    terms: tuple[LossTerm, ...]
    decays: tuple[tuple[Tensor, Polynomial], ...] = ()
    shared: LossTerm | None = None

    @property
    def fresh(self) -> tuple[Tensor, ...]:
        """The tensors that the loss is averaged over, by name."""
        found = {tensor.name: tensor for term in self.terms for tensor in term.averaged}
        return tuple(found[name] for name in sorted(found))

    @property
    def squared(self) -> bool:
        """Whether every term is a squared error."""
        return all(term.form.squared for term in self.terms)

    @property
    def signs(self) -> tuple[str, ...]:
        """The symbols of the prefactors of squared errors: they weigh, and are positive."""
        squared = (term for term in self.terms if term.form.squared)
        return tuple(sorted({name for term in squared for name in term.prefactor.symbols}))

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """All entries, each with the field in which it stands."""
        for term in self.terms:
            yield from term.form.entries()

    def sides(self) -> Iterator[tuple[list[Entry], list[IndexFamily]]]:
        """All outputs and targets: their entries, and the families of their free indices."""
        for term in self.terms:
            families = term.form.index_families()
            free = [families[name] for name in term.form.over]
            for terms in term.form.sides.values():
                yield [entry for one in terms for entry in one.entries], free

    def mean(self) -> Combination:
        """The loss as diagrams."""
        return Combination.of(pair for term in self.terms for pair in term.mean())

    def sample(self) -> Combination:
        """The loss of one sample, before it is averaged."""
        return Combination.of(pair for term in self.terms for pair in term.sample())

    def decay(self) -> Combination:
        """``sum of strength/2 |u|^2`` as diagrams."""
        return Combination.of(
            (Diagram.of(*[(u, [f"i{slot}" for slot in range(u.rank)])] * 2), strength / 2)
            for u, strength in self.decays
        )

    def facts(self) -> list[tuple[str, str]]:
        """What the file says about the loss, for exports."""
        found: list[tuple[str, str]] = []
        for number, term in enumerate(self.terms, 1):
            mark = "" if self.shared and len(self.terms) == 1 else f" {number}"
            free = ", ".join(term.form.over) or "no index"
            found.append((f"loss{mark}", f"{term.form.kind} over {free}"))
            if term.averaged:
                names = ", ".join(tensor.name for tensor in term.averaged)
                found[-1] = (f"loss{mark}", f"{found[-1][1]}, averaged over {names}")
            found.append((f"prefactor{mark}", str(term.prefactor)))
        alone = {
            f"{name} in {where}": None
            for term in self.terms
            for where, names in term.form.alone(inside=False).items()
            for name in names
        }
        if alone:
            found.append((ALONE, ", ".join(alone)))
        strengths = {strength for _, strength in self.decays}
        if len(strengths) < 2:
            return [*found, ("decay", str(*strengths) if strengths else "0")]
        return [*found, *((f"decay {u.name}", str(strength)) for u, strength in self.decays)]


def averaged(combination: Combination, over: tuple[Tensor, ...], field: str) -> Combination:
    """The mean over some tensors; refuses products with too many entries of them."""
    if not over:
        return combination
    for diagram, _ in combination:
        found = sum(count for tensor, count in diagram.edge_counts().items() if tensor in over)
        if found > AVERAGED_LIMIT:
            names = ", ".join(tensor.name for tensor in over)
            value = f"a product with {found} entries of {names}"
            raise BadInput(f"{field}.average", value, f"at most {AVERAGED_LIMIT} averaged entries")
    return expectation(averaged_over_inputs(combination, over), over)


def kind_of(table: object, field: str, options: tuple[str, ...]) -> str | None:
    """The kind of a term of the loss, looked at before any other key: which ones it has follows.

    ``None`` where it is missing; raises :class:`~diagrams.errors.BadInput` for an unknown one.
    """
    if not isinstance(table, dict) or "kind" not in table:
        return None
    return TomlTable(field, table).choice("kind", options)


def read_loss(
    top: TomlTable,
    tensors: Mapping[str, Tensor],
    families: Mapping[str, IndexFamily],
    refused: Mapping[str, str],
    coupling: Polynomial = ONE,
) -> Loss:
    """The loss of a file, what it fits multiplied; raises :class:`~diagrams.errors.BadInput`."""
    reader = _Reader(top, tensors, families, refused, coupling)
    value = top.values["loss"]
    loss = reader.several(value) if isinstance(value, list) else reader.one()
    families_of(loss.entries(), {name: tensor.families for name, tensor in tensors.items()})
    for number, term in enumerate(loss.terms, 1):
        for where, entry in term.form.entries():
            tensor = tensors.get(entry.tensor)
            if tensor in loss.fresh and tensor not in term.averaged:
                allowed = f"{entry.tensor} in the average of term {number} too: it is averaged over"
                raise BadInput(f"{where}, {entry.place}", str(entry), f"{allowed} in another term")
    return loss


@dataclass(frozen=True)
class _Reader:
    """One reading of the tables ``model`` and ``loss``."""

    top: TomlTable
    tensors: Mapping[str, Tensor]
    families: Mapping[str, IndexFamily]
    refused: Mapping[str, str]
    coupling: Polynomial

    @property
    def trained(self) -> list[Tensor]:
        return [tensor for tensor in self.tensors.values() if tensor.role is Role.TRAINED]

    def one(self) -> Loss:
        """The loss as one table, of the output in ``[model]``."""
        kind = kind_of(self.top.values["loss"], "loss", tuple(POWERS))
        table = self.top.table("loss", *keys_of(kind, alone=True))
        if "model" not in self.top.values:
            raise Missing("model", "missing", f"a table with {' and '.join(sides_of(kind))}")
        strength = self.strength(table, "decay", "0")
        term = self.term(table, self.model())
        return Loss((term,), tuple((u, strength) for u in self.trained), term)

    def several(self, value: list[object]) -> Loss:
        """The loss as an array of tables."""
        if not 1 <= len(value) <= LOSSES_LIMIT:
            allowed = f"a table, or an array of 1 to {LOSSES_LIMIT} tables"
            raise BadInput("loss", f"{len(value)} terms", allowed)
        terms: list[LossTerm] = []
        strengths = dict.fromkeys(self.trained, Polynomial())
        shared: LossTerm | None = None
        for number, item in enumerate(value, 1):
            field = f"loss[{number}]"
            kind = kind_of(item, field, (*POWERS, DECAY))
            if kind == DECAY:
                table = TomlTable.of(item, field, ("kind", "strength"), ("tensors",))
                for u in self.decayed(table):
                    strengths[u] = strengths[u] + self.strength(table, "strength", "0")
                continue
            own = sides_of(kind) if isinstance(item, dict) and "output" in item else ()
            required, optional = keys_of(kind)
            table = TomlTable.of(item, field, (*required, *own), optional)
            if not own and "model" not in self.top.values:
                raise Missing(table.name("output"), "missing", "a text, or a table model")
            term = self.term(table, table if own else self.model())
            terms.append(term)
            shared = shared if own or shared is not None else term
        if not terms:
            allowed = f"at least one term whose kind is {' or '.join(map(repr, POWERS))}"
            raise BadInput("loss", DECAY, allowed)
        if shared is None and "model" in self.top.values:
            raise BadInput("model", "a table", "no table model, where every term has an output")
        return Loss(tuple(terms), tuple(strengths.items()), shared)

    def model(self) -> TomlTable:
        """The table of the output, with a target where a squared error shares it."""
        loss = self.top.values["loss"]
        terms = loss if isinstance(loss, list) else [loss]
        shared = [t.get("kind") for t in terms if isinstance(t, dict) and "output" not in t]
        return self.top.table("model", max(map(sides_of, {*shared} & {*POWERS}), key=len))

    def decayed(self, table: TomlTable) -> list[Tensor]:
        """The tensors that decay: those that are named, or all that are trained."""
        if "tensors" not in table.values:
            return self.trained
        names = table.texts("tensors")
        for place, name in enumerate(names):
            known = ", ".join(tensor.name for tensor in self.trained)
            if name not in known.split(", ") or name in names[:place]:
                raise BadInput(table.name("tensors"), name, f"trained tensors, each once: {known}")
        return [self.tensors[name] for name in names]

    def strength(self, table: TomlTable, key: str, default: str) -> Polynomial:
        value = table.monomial(key, default, self.refused)
        sizes = {family.size for family in self.families.values()}
        plain = not value.symbols or str(value) in value.symbols
        if str(value) in sizes or not plain:
            raise table.refusal(key, "a number, or one symbol that is no size")
        return value

    def coupled(self, term: Term) -> Term:
        return replace(term, coefficient=self.coupling * term.coefficient)

    def term(self, table: TomlTable, model: TomlTable) -> LossTerm:
        """A squared error, whose prefactor weighs, or a linear form, whose prefactor has a sign."""
        kind = table.choice("kind", tuple(POWERS))
        squared = POWERS[kind] == 2
        prefactor = table.monomial("prefactor", "1/2" if squared else "1", self.refused)
        if not prefactor or (squared and not is_positive(prefactor)):
            sign = "with a positive coefficient" if squared else "that is not zero"
            raise table.refusal("prefactor", f"a monomial {sign}")
        ranks = {tensor.name: tensor.rank for tensor in self.tensors.values()}
        output, *targets = (
            grammar.parse_sum(model.text(side), model.name(side), ranks, self.refused)
            for side in sides_of(kind)
        )
        moving = {tensor.name for tensor in self.trained}
        fitted = tuple(
            t if moving & {e.tensor for e in t.entries} else self.coupled(t) for t in output
        )
        sides = (fitted, *(tuple(map(self.coupled, target)) for target in targets))
        over = table.texts("over") if "over" in table.values else ()
        form = Form(kind, sides, over, self.tensors, model.field, table.field)
        check_sides(form)
        form.index_families()
        term = LossTerm(form, prefactor, self.averaged(table, form))
        for inputs in inputs_in(term.sample()) - set(term.averaged):
            allowed = f"{inputs.name} too: functions of random inputs are averaged over these"
            raise BadInput(table.name("average"), [one.name for one in term.averaged], allowed)
        return term

    def averaged(self, table: TomlTable, form: Form) -> tuple[Tensor, ...]:
        """The tensors under ``average``: frozen, random, and in this term."""
        if "average" not in table.values:
            return ()
        names = table.texts("average")
        used = {entry.tensor for _, entry in form.entries()}
        for place, name in enumerate(names):
            tensor = self.tensors.get(name)
            if tensor is not None and tensor.role is Role.TRAINED:
                allowed = f"frozen random tensors; {name} is trained: it moves"
                raise BadInput(table.name("average"), name, allowed)
            frozen = tensor is not None and tensor.role is Role.FROZEN
            if not frozen or name not in used or name in names[:place]:
                allowed = "frozen random tensors of output and target, each once"
                raise BadInput(table.name("average"), name, allowed)
        if names and any(
            not isinstance(self.tensors[name].law, Drawn | Spectrum)
            for name in used
            if name in self.tensors
        ):
            raise BadInput(table.name("average"), list(names), "no group law in the same term")
        return tuple(self.tensors[name] for name in names)
