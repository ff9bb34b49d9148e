"""What documents say of series: coefficients, their levels, diagrams class by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagrams.errors import BadInput
from diagrams.export.content import blocks as b
from diagrams.export.content.statement import legend_of, problem_chapter
from diagrams.export.pictures.picture import Legend
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, problem_names
from diagrams.series.classes import DiagramClass, DiagramTable
from diagrams.series.descent import Descent, descent_names
from diagrams.series.expansion import Series
from diagrams.series.levels import Levels
from diagrams.series.open_series import OpenSeries

FOLDED = 4
"""From so many diagrams of zero average on, those of an order may be folded away."""

CLASS_COLUMNS = b.columns(
    ("diagram", 0.31, "c"),
    ("coefficient", 0.14, "c"),
    ("|Aut|", 0.1, "c"),
    ("pairings", 0.11, "c"),
    ("leading part of the average", 0.27, "f"),
)


def about(
    problem: Problem, *blocks: b.Block, names: Iterable[str] = (), **more: object
) -> b.Document:
    """A document on something of a problem, which is stated first."""
    known = (*problem_names(problem), *names)
    stated = (problem_chapter(problem), *blocks)
    return b.Document(problem.title, stated, known, problem.spec, problem, **more)  # type: ignore[arg-type]


def series_chapter(series: Series) -> b.Section:
    """The coefficients, Pareto-optimal terms marked."""
    marked = b.Emphasis("marked", "leading")
    momentum = [b.said(f"The flow is one{series.told}.")] if series.told else []
    return b.Section(
        ("The coefficients",),
        (
            *momentum,
            b.said(
                "Pareto-optimal terms, the only ones that can lead at large size, are ", marked, "."
            ),
            b.Rows(series),
            b.evidence_note(series.evidence),
        ),
        key="coefficients",
    )


def series_document(series: Series) -> b.Document:
    """The problem and its exact coefficients."""
    return about(series.problem, series_chapter(series), names=series.symbols)


def descent_document(found: Descent) -> b.Document:
    """The problem, and its mean after steps of gradient descent."""
    symbol = isinstance(found.rate, str)
    rate = b.Math(Polynomial.symbol(str(found.rate)) if symbol else found.rate)
    count = b.Math(Polynomial.symbol(found.count))
    own: b.Pieces = (found.told,) if found.told else ()
    said = b.said("After ", count, " steps of gradient descent at the rate ", rate, *own, ".")
    if found.terms is not None:
        said = b.said(
            "After ", count, " steps of gradient descent, by powers of the rate ", rate,
            " and as a series in the time that flow takes.",
        )  # fmt: skip
    blocks = (said, b.Rows(found), b.evidence_note(found.evidence))
    chapter = b.Section(("Gradient descent in steps",), blocks)
    return about(found.problem, chapter, names=descent_names(found))


def classes_section(s: int, classes: Sequence[DiagramClass], legend: Legend) -> b.Section:
    """The diagrams of one order; those of zero average may be folded away."""
    vanishing = tuple(k for k, found in enumerate(classes) if not found.leading)
    folded = vanishing if len(vanishing) >= FOLDED else ()
    rows = tuple(
        (
            (b.Drawing(c.diagram, legend),),
            (b.Math(c.coefficient),),
            (b.Math(c.symmetry_factor),),
            (b.Math(pairings(c.diagram, c.contractions)),),
            (b.Math(c.leading),),
        )
        for c in classes
    )
    fold = f"{_counted(len(folded))} of zero average"
    table = b.Table(CLASS_COLUMNS, rows, folded=folded, fold=fold)
    return b.Section(("Order ", b.Math(s), f": {_counted(len(classes))} of diagrams"), (table,), 2)


def _counted(count: int) -> str:
    return f"{count} class{'es' * (count != 1)}"


def pairings(diagram: Diagram, count: int) -> int | b.Spelled:
    """The number of pairings; long ones as double factorials, ``31!!`` for each Gaussian tensor.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "H"),))
    >>> pairings(Diagram.of(*[(u, "k")] * 4), 3)
    3
    >>> pairings(Diagram.of(*[(u, "k")] * 20), 654729075).plain
    '19!!'
    """
    if len(str(count)) < 8:
        return count
    drawn = {t: edges for t, edges in diagram.edge_counts().items() if t.is_random}
    if any(tensor.is_shaped for tensor in drawn):
        return count
    random = list(drawn.values())
    written = [f"{edges - 1}!!" for edges in sorted(random, reverse=True) if edges > 2]
    return b.Spelled(" \\cdot ".join(written), " · ".join(written))


def diagrams_chapter(table: DiagramTable) -> b.Section:
    """The classes of all orders."""
    legend = legend_of(table.problem)
    orders = [classes_section(s, found, legend) for s, found in enumerate(table.orders)]
    return b.Section(("The diagrams",), tuple(orders), key="diagrams")


def table_document(table: DiagramTable) -> b.Document:
    """The problem, and the drawn diagrams of every order."""
    chapter = diagrams_chapter(table)
    return about(table.problem, chapter, result=chapter.blocks)


def open_series_document(series: OpenSeries) -> b.Document:
    """The problem, and coefficients that are diagrams with free indices."""
    kept = f" The entries of {', '.join(series.kept)} are not averaged over." if series.kept else ""
    name = series.problem.observed_name
    chapter = b.Section(
        ("The coefficients",),
        (
            b.said(f"Of {name}; its free indices are those of the sums.{kept}"),
            b.Rows(series),
            b.evidence_note(series.evidence),
        ),
    )
    return about(series.problem, chapter)


def levels_document(found: Levels) -> b.Document:
    """The problem, and its coefficients by powers of a large parameter.

    Raises :class:`~diagrams.errors.BadInput` for levels of no problem.
    """
    problem = found.problem
    if problem is None:
        raise BadInput("levels", "of polynomials", "levels of a series, which know their problem")
    put = [
        b.Math(b.equation(Polynomial.symbol(name), value))
        for name, value in found.scaling
        if name != found.symbol
    ]
    given: tuple[b.Piece, ...] = (", with ", b.Listed(tuple(put))) if put else ()
    powers = b.Math(Polynomial.symbol(found.symbol))
    chapter = b.Section(
        ("Levels",),
        (
            b.said("The coefficients by powers of ", powers, *given, "."),
            b.Rows(found),
            b.evidence_note(found.evidence),
        ),
    )
    names = sorted({name for row in found.rows for _, value in row for name in value.symbols})
    return about(problem, chapter, names=(found.symbol, *names))


def problem_document(problem: Problem) -> b.Document:
    """The problem, its observables drawn and as formulas."""
    blocks = observables(problem)
    chapter = b.Section(("The observable as a formula",), blocks)
    return about(problem, chapter, result=blocks)


def observables(problem: Problem) -> tuple[b.Block, ...]:
    """The observable, and those that a problem file names, as formulas."""
    found: list[tuple[object, Combination]] = [(observed(problem), problem.observable)]
    if not problem.observed:
        for quantity in problem.named_observables:
            found.append((b.Name(quantity.head), problem.vocabulary.diagrams(quantity)))
    return tuple(b.Formula(value, left) for left, value in found)


def observed(problem: Problem) -> object:
    """The name of what is observed, ``L`` for the loss."""
    return b.Name(problem.observed_name) if problem.observed else Polynomial.symbol("L")
