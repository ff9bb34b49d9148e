"""Problem files: a model, a target and a loss, written in TOML.

::

    title = "Two-layer linear network, random teacher"

    [families]                       # index families: name = size symbol
    hidden  = "N"                    # or  {size = "N", index = "k"}  with a letter for print
    feature = "d"

    [tensors.W]
    families = ["hidden", "feature"] # one for every index
    role     = "trained"             # or "frozen": random, but not moved (data, teacher);
                                     # or "structural", see below
    variance = "1/d"                 # monomial in sizes and scales; 0 for none
    mean     = {pattern = "constant", value = "gamma"}  # or "delta"; default zero
    law      = "gaussian"            # or "rademacher", "uniform", "fixed"; or, in its place,
                                     # moments = [0, 1, 0, "kappa"]; diagrams.problems.entry_laws
                                     # "haar": orthogonal, of the size of the family  group
    values   = ["c", "-1"]           # in place of all of these: given entries, or
    gram     = "K"                   # inner products of given inputs; diagrams.problems.given
    rate     = "N"                   # learning rate of a trained tensor; default 1
    constraint = "sphere"            # it only turns: diagrams.problems.spheres; default none

    [model]
    output = "a[k] W[k,i]"           # what the trained tensors make
    target = "t[i]"                  # frozen tensors and numbers; "0" for none

    [loss]
    kind      = "squared error"      # or "linear"
    over      = ["i"]                # the free indices of output and target; may be []
    prefactor = "1/2"                # default 1/2
    decay     = "lambda"             # weight decay, a number or a scale; default 0
    average   = ["x"]                # frozen tensors to average the loss over; default none

    [observables]                    # optional; see diagrams.problems.observables
    norm          = "W[k,i]^2 / N"
    "kernel[i,j]" = "star(output[i], output[j])"

The loss is ``L = prefactor * sum over the free indices of (output - target)^2``; or, of
``kind = "linear"``, which has no target, ``L = prefactor * sum of output`` with a prefactor of any
sign, 1 unless stated.  Every trained tensor ``u`` descends ``L + (decay/2) |u|^2`` at its own rate.
An index that is not free is summed over the term it stands in, whether it stands there once or
more; a free index that a term lacks makes the term constant in it.  An index name belongs to one
family in the whole file, that of the slots it stands in.

With ``average`` the loss is its mean over these tensors: a population loss.  A sum of losses is
an array of tables, each with an output and a target of its own (or those of the model)::

    [[loss]]
    kind   = "squared error"
    output = "W[k,i] x[i]"
    target = "z[k]"
    over   = ["k"]

    [[loss]]
    kind     = "weight decay"
    strength = "lambda"
    tensors  = ["W"]                 # default: all trained tensors

A *structural* tensor is neither drawn nor moved.  Its entries are 1 where a linear relation
holds modulo the size of its indices' family, else 0; here ``[i + j = l modulo p]``::

    [tensors.F]
    families     = ["feature", "feature", "feature"]
    role         = "structural"
    law          = "group"
    coefficients = [1, 1, -1]        # one integer for every index

or it is a vector of fixed entries, a *spectrum*, by its values, a power law or sums of powers::

    [tensors.l]
    families = ["feature"]
    role     = "structural"
    law      = "spectrum"
    values   = "i^(-alpha/2)"        # or [1, "1/2", ..]; or sums = [0, "s2", 0, "s4"]

At the top ``width = "hidden"`` names the family that is the width, where several may be.

Every family and every tensor must be used, trained tensors in the output (and in observables)
only.  ``T`` and ``t`` are time and no scales.  The language of monomials, output and target is
that of :mod:`diagrams.problems.grammar`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence

from diagrams.errors import BadInput, shown
from diagrams.graphs.combination import Combination
from diagrams.graphs.tensors import Role, Tensor, parts_of
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems.forms import check_use, sides_of
from diagrams.problems.indices import no_symbols
from diagrams.problems.losses import Loss, read_loss
from diagrams.problems.observables import Quantity, Vocabulary, entries_of
from diagrams.problems.problem import Problem
from diagrams.problems.products import Entry
from diagrams.problems.spheres import on_spheres
from diagrams.problems.symbols import check_indices, declared_symbols
from diagrams.problems.tensor_tables import described, read_families, read_tensors
from diagrams.problems.toml_tables import FILE_LIMIT, NAMES_LIMIT, TomlTable, line_of, read_toml
from diagrams.problems.width import read_width, summed_families


def read_problem(path: str | os.PathLike[str]) -> Problem:
    """Read a TOML problem file.

    Raises :class:`~diagrams.errors.BadInput` when ``path`` is no readable regular file of at
    most 64 KiB in UTF-8, and whenever :func:`parse_problem` does.
    """
    field = "problem file"
    try:
        name = os.fsdecode(path)
        regular = stat.S_ISREG(os.stat(name).st_mode)
        if regular:
            with open(name, "rb") as file:
                data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise BadInput(field, name, f"the path of a readable TOML file ({reason})") from None
    except (TypeError, ValueError):
        raise BadInput(field, path, "the path of a TOML file") from None
    if not regular:
        raise BadInput(field, name, "a regular file, no directory and no device")
    if len(data) > FILE_LIMIT:
        raise BadInput(field, name, f"a file of at most {FILE_LIMIT} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{field} {shown(name)}, byte {error.start + 1}"
        raise BadInput(where, data[error.start : error.end], "UTF-8 text") from None
    return parse_problem(text, name)


def parse_problem(text: str, name: str = "text") -> Problem:
    """Return the problem that the TOML ``text`` describes; ``name`` is for messages only.

    The value keeps the whole text as ``spec``; reading that again gives an equal problem.

    Raises :class:`~diagrams.errors.BadInput` naming the field, the value and what is allowed.

    >>> print(parse_problem('''
    ... families = {feature = "d"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = 0}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = "1/d"}
    ... model = {output = "w[i] x[i]", target = "1"}
    ... loss = {kind = "squared error", over = []}
    ... ''').observable)
    (1/2) 1
    (-1) sum[k1] w[k1] x[k1]
    (1/2) sum[k1,k2] w[k1] w[k2] x[k1] x[k2]
    """
    try:
        return _parsed(text, name)
    except BadInput as refusal:
        line = line_of(text, refusal.field)
        if line is None:
            raise
        raise refusal.at(f"line {line} of the file") from None


def coupled(problem: Problem, symbol: str) -> Problem | None:
    """Return the problem of the same file with what it fits times a symbol, which counts it.

    That is all of the target, and what the output holds without trained tensors.  ``None`` where
    the problem is not as its file has it.
    """
    if "\n" not in problem.spec or problem.observed or problem.written is not None:
        return None
    found = _parsed(problem.spec, "text", Polynomial.symbol(symbol))
    return found if parse_problem(problem.spec) == problem else None


def reread(problem: Problem, field: str) -> Loss:
    """Return the loss of a problem as its file has it, in terms.

    Raises :class:`~diagrams.errors.BadInput`, naming a field, where it was not read from one.
    """
    if "\n" not in problem.spec:
        raise BadInput(field, problem.title, "a problem that was read from a file")
    top = TomlTable("", read_toml(problem.spec, "text"))
    families = read_families(top)
    tensors = read_tensors(top, families)
    return read_loss(top, tensors, families, no_symbols(families.values(), tensors))


def _parsed(text: str, name: str, coupling: Polynomial = ONE) -> Problem:
    required, optional = ("families", "tensors", "loss"), ("model", "title", "observables", "width")
    top = TomlTable.of(read_toml(text, name), "", required, optional)
    families = read_families(top)
    tensors = read_tensors(top, families)
    trained = [tensor for tensor in tensors.values() if tensor.role is Role.TRAINED]
    loss = read_loss(top, tensors, families, no_symbols(families.values(), tensors), coupling)
    check_indices(loss, tensors, families)
    entries = [entry for _, entry in loss.entries()]
    if "observables" not in top.values:
        check_use(entries, tensors, families)
    observable, decay = loss.mean(), loss.decay()
    rows = summed_families(loss.sides(), tensors, tuple(families.values()))
    given = _given_quantities(loss, observable)
    scales = [s for _, strength in loss.decays for s in strength.symbols]
    quantities = _observables(top, tensors, given, scales)
    entries += [entry for quantity in quantities for entry in _entries(quantity)]
    check_use(entries, tensors, families)
    moving = {part for d, _ in observable for tensor in d.tensors for part in parts_of(tensor)}
    if moving.isdisjoint(trained):
        where = loss.terms[0].form
        value = _written(top)["output"] if loss.shared else "loss"
        allowed = "an output that depends on trained tensors"
        raise BadInput(f"{where.model}.output", value, allowed)
    return Problem(
        title=_title(top, loss),
        spec=text,
        observable=observable,
        potential=on_spheres(observable + decay),
        facts=(
            ("model", "tensor network"),
            *_written(top).items(),
            *loss.facts(),
            *((f"family {name}", f"size {family.size}") for name, family in families.items()),
            *([("width", top.text("width"))] if "width" in top.values else []),
            *((f"tensor {name}", described(tensor)) for name, tensor in tensors.items()),
            *((f"observable {q.head}", q.text) for q in quantities),
        ),
        quantities=(*given, *quantities),
        declared=tuple(tensors.values()),
        fresh=loss.fresh,
        sampled=on_spheres(loss.sample() + decay) if loss.fresh else Combination(),
        signs=loss.signs,
        declared_symbols=declared_symbols(top, families, rows),
        squared=loss.squared,
        rows=rows,
        width=read_width(top, families),
    )


def _written(top: TomlTable) -> dict[str, str]:
    """Output and target as the file writes them; those of several terms are numbered."""
    tables, loss = {"": top.values.get("model")}, top.values["loss"]
    if "model" not in top.values and isinstance(loss, list):
        tables = {f" {number}": term for number, term in enumerate(loss, 1)}
    return {
        f"{side}{mark}": " ".join(table[side].split())
        for mark, table in tables.items()
        if isinstance(table, dict)
        for side in ("output", "target")
        if side in table
    }


def _title(top: TomlTable, loss: Loss) -> str:
    """The title of the file, or one made of what it fits."""
    if "title" in top.values:
        title = top.text("title")
        if not title.isprintable() or not 0 < len(title) <= 200:
            raise top.refusal("title", "one line of 1 to 200 printable characters")
        return title
    if loss.shared is None or len(loss.terms) > 1:
        return f"Sum of {len(loss.terms)} {'squared errors' if loss.squared else 'terms'}"
    written = _written(top)
    title = f"Squared error of {written['output']} against {written.get('target')}"
    if not loss.squared:
        title = f"Linear loss of {written['output']}"
    return title if len(title) <= 100 else title[:97] + "..."


# -- observables -----------------------------------------------------------------


def _given_quantities(loss: Loss, mean: Combination) -> tuple[Quantity, ...]:
    """Output and target with their free indices, and the loss; terms by number if several.

    What is averaged over stands in outputs and targets, and in ``sample_loss``, as a fresh sample.
    """
    found: list[Quantity] = []
    for number, term in enumerate(loss.terms, 1):
        form = term.form
        families = form.index_families()
        free = tuple(families[name] for name in form.over)
        mark = "" if term is loss.shared else f"_{number}"
        for side, terms in zip(sides_of(form.kind), form.written, strict=True):
            found.append(Quantity(f"{side}{mark}", form.over, free, terms))
        if len(loss.terms) > 1:
            found.append(Quantity(f"loss_{number}", (), (), term.mean()))
    found.append(Quantity("loss", (), (), mean))
    if loss.fresh:
        found.append(Quantity("sample_loss", (), (), loss.sample()))
    return tuple(found)


def _observables(
    top: TomlTable,
    tensors: Mapping[str, Tensor],
    given: tuple[Quantity, ...],
    scales: Sequence[str],
) -> tuple[Quantity, ...]:
    """The observables of the file; each may be made of those before it."""
    if "observables" not in top.values:
        return ()
    value = top.values["observables"]
    if not isinstance(value, dict) or len(value) > NAMES_LIMIT:
        raise top.refusal("observables", f"a table of at most {NAMES_LIMIT} names")
    table = TomlTable("observables", value)
    words = Vocabulary.of(tensors.values(), given, scales)
    texts = {head: " ".join(table.text(head).split()) for head in value}
    return words.define_all(texts, table.field)


def _entries(quantity: Quantity) -> list[Entry]:
    return [] if isinstance(quantity.source, Combination) else list(entries_of(quantity.source))
