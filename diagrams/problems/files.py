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
    rate     = "N"                   # learning rate of a trained tensor; default 1

    [model]
    output = "a[k] W[k,i]"           # what the trained tensors make
    target = "t[i]"                  # frozen tensors and numbers; "0" for none

    [loss]
    kind      = "squared error"
    over      = ["i"]                # the free indices of output and target; may be []
    prefactor = "1/2"                # default 1/2
    decay     = "lambda"             # weight decay, a number or a scale; default 0

    [observables]                    # optional; see diagrams.problems.observables
    norm          = "W[k,i]^2 / N"
    "kernel[i,j]" = "star(output[i], output[j])"

The loss is ``L = prefactor * sum over the free indices of (output - target)^2``; every trained
tensor ``u`` descends ``L + (decay/2) |u|^2`` at its own rate.  An index that is not free is
summed over the term it stands in, whether it stands there once or more; a free index that a
term lacks makes the term constant in it.  An index name belongs to one family in the whole
file, that of the slots it stands in.

A *structural* tensor is neither drawn nor moved.  Its entries are 1 where a linear relation
holds modulo the size of its indices' family, else 0; here ``[i + j = l modulo p]``::

    [tensors.F]
    families     = ["feature", "feature", "feature"]
    role         = "structural"
    law          = "group"
    coefficients = [1, 1, -1]        # one integer for every index

Every family and every tensor must be used, trained tensors in the output (and in observables)
only.  ``T`` and ``t`` are time and no scales.  The language of monomials, output and target is
that of :mod:`diagrams.problems.grammar`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from diagrams.algebra import Combination
from diagrams.diagram import Diagram
from diagrams.errors import BadInput, shown
from diagrams.problems import grammar
from diagrams.problems.grammar import Entry
from diagrams.problems.indices import no_symbols
from diagrams.problems.observables import Quantity, Vocabulary, entries_of
from diagrams.problems.problem import Problem
from diagrams.problems.squared_error import SquaredError, check_sides, check_use
from diagrams.problems.tensor_tables import described, is_positive, read_families, read_tensors
from diagrams.problems.toml_tables import FILE_LIMIT, NAMES_LIMIT, Table, line_of, read_toml
from diagrams.tensors import Role, Tensor


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
        allowed = f"{refusal.allowed} (line {line} of the file)"
        raise BadInput(refusal.field, refusal.value, allowed) from None


def _parsed(text: str, name: str) -> Problem:
    required, optional = ("families", "tensors", "model", "loss"), ("title", "observables")
    top = Table.of(read_toml(text, name), "", required, optional)
    families = read_families(top)
    tensors = read_tensors(top, families)
    trained = [tensor for tensor in tensors.values() if tensor.role is Role.TRAINED]
    model = top.table("model", ("output", "target"))
    loss = top.table("loss", ("kind", "over"), ("prefactor", "decay"))
    refused = no_symbols(families.values(), tensors)
    loss.choice("kind", ("squared error",))
    prefactor = loss.monomial("prefactor", "1/2", refused)
    if not is_positive(prefactor):
        raise loss.refusal("prefactor", "a monomial with a positive coefficient")
    decay = loss.monomial("decay", "0", refused)
    if str(decay) in {family.size for family in families.values()} or not (
        not decay.symbols or str(decay) in decay.symbols
    ):
        raise loss.refusal("decay", "a number, or one symbol that is no size")
    ranks = {tensor.name: tensor.rank for tensor in tensors.values()}
    squared = SquaredError(
        grammar.parse_sum(model.text("output"), "model.output", ranks, refused),
        grammar.parse_sum(model.text("target"), "model.target", ranks, refused),
        loss.texts("over"),
        tensors,
    )
    check_sides(squared)
    if "observables" not in top.values:
        check_use(squared, families)
    observable = squared.expand(prefactor)
    given = _given_quantities(squared, observable)
    quantities = _observables(top, tensors, given, decay.symbols)
    used = [entry for quantity in quantities for entry in _entries(quantity)]
    check_use(squared, families, used)
    if not any(tensor in diagram.tensors for diagram, _ in observable for tensor in trained):
        raise model.refusal("output", "an output that depends on trained tensors")
    squares = [Diagram.of(*[(u, list(map(str, range(u.rank))))] * 2) for u in trained]
    written = {side: " ".join(model.text(side).split()) for side in ("output", "target")}
    title = f"Squared error of {written['output']} against {written['target']}"
    title = title if len(title) <= 100 else title[:97] + "..."
    if "title" in top.values:
        title = top.text("title")
        if not title.isprintable() or not 0 < len(title) <= 200:
            raise top.refusal("title", "one line of 1 to 200 printable characters")
    return Problem(
        title=title,
        spec=text,
        observable=observable,
        potential=observable + Combination.of((square, decay / 2) for square in squares),
        facts=(
            ("model", "tensor network"),
            *written.items(),
            ("loss", f"squared error over {', '.join(squared.over) or 'no index'}"),
            ("prefactor", str(prefactor)),
            ("decay", str(decay)),
            *((f"family {name}", f"size {family.size}") for name, family in families.items()),
            *((f"tensor {name}", described(tensor)) for name, tensor in tensors.items()),
            *((f"observable {q.head}", q.text) for q in quantities),
        ),
        quantities=(*given, *quantities),
        declared=tuple(tensors.values()),
    )


# -- observables -----------------------------------------------------------------


def _given_quantities(squared: SquaredError, loss: Combination) -> tuple[Quantity, ...]:
    """Output and target with their free indices, and the loss."""
    families = squared.index_families()
    free = tuple(families[name] for name in squared.over)
    return (
        Quantity("output", squared.over, free, squared.output),
        Quantity("target", squared.over, free, squared.target),
        Quantity("loss", (), (), loss),
    )


def _observables(
    top: Table,
    tensors: Mapping[str, Tensor],
    given: tuple[Quantity, ...],
    scales: tuple[str, ...],
) -> tuple[Quantity, ...]:
    """The observables of the file; each may be made of those before it."""
    if "observables" not in top.values:
        return ()
    value = top.values["observables"]
    if not isinstance(value, dict) or len(value) > NAMES_LIMIT:
        raise top.refusal("observables", f"a table of at most {NAMES_LIMIT} names")
    table = Table("observables", value)
    words = Vocabulary.of(tensors.values(), given, scales)
    found: list[Quantity] = []
    for head in value:
        quantity = words.define(head, " ".join(table.text(head).split()), table.name(head))
        words = words.with_quantity(quantity)
        words.diagrams(quantity, table.name(head))
        found.append(quantity)
    return tuple(found)


def _entries(quantity: Quantity) -> list[Entry]:
    return [] if isinstance(quantity.source, Combination) else list(entries_of(quantity.source))
