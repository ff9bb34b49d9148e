"""The problem stated: what every document says about it before its own subject."""

from __future__ import annotations

from dataclasses import dataclass

from diagrams.export.content import blocks as b
from diagrams.export.pictures.picture import Legend
from diagrams.graphs.diagram import Diagram, family_letters
from diagrams.graphs.laws import Drawn, Gram, GroupLaw, Haar, Listed, Mean, Shaped
from diagrams.graphs.shapes import Kind
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import symbol_latex
from diagrams.problems.cp import CPProblem
from diagrams.problems.problem import Problem
from diagrams.wick.input_averages import is_averaged

FACT_COLUMNS = b.columns(("fact", 0.22), ("value", 0.74))
TENSOR_COLUMNS = b.columns(
    ("drawn", 0.13, "c"),
    ("entry", 0.11, "c"),
    ("index families", 0.22),
    ("role", 0.1),
    ("mean", 0.12, "c"),
    ("variance", 0.12, "c"),
    ("rate", 0.08, "c"),
)
ELSEWHERE = ("prefactor", "decay", "family ", "tensor ")
"""Facts of problem files that the formulas and the table of tensors state."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a problem: a label, words, then perhaps source text or a formula."""

    label: str
    words: str = ""
    source: str = ""
    formula: Polynomial | None = None


def facts(problem: Problem) -> list[Fact]:
    """What kind of problem it is, fit for reading.

    >>> from diagrams.problems.cp import cp_problem
    >>> [f"{fact.label}: {fact.words}" for fact in facts(cp_problem(order=3, ties="sym"))]
    ['Model: CP, order 3', 'Ties: 3 (one tensor in all slots)', 'Target: identity']
    """
    if isinstance(problem, CPProblem):
        return _cp_facts(problem)
    found = []
    for name, value in problem.facts:
        if not name.startswith(ELSEWHERE):
            source = name in ("output", "target")
            words, text = ("", value) if source else (value, "")
            found.append(Fact(name[:1].upper() + name[1:], words, text))
    return found


def _cp_facts(problem: CPProblem) -> list[Fact]:
    ties = "+".join(map(str, problem.ties))
    if len(problem.ties) == 1:
        ties += " (one tensor in all slots)"
    elif set(problem.ties) == {1}:
        ties += " (a tensor for every slot)"
    found = [Fact("Model", f"CP, order {problem.order}"), Fact("Ties", ties)]
    scaled = problem.target != "zero" and str(problem.scale) != "1"
    target = problem.target
    if target == "modular":
        target = "modular addition"
    found.append(Fact("Target", target))
    if scaled:
        found[-1] = Fact("Target", f"{target}, times ", formula=problem.scale)
    if problem.decay:
        found.append(Fact("Weight decay", formula=problem.decay))
    return found


def legend_of(problem: Problem) -> Legend:
    """Shapes and inks of a problem, the same in all of its pictures."""
    averaged = _averaged(problem)
    more = {family for tensor in averaged for family in tensor.families} - set(problem.families)
    functions = {t for d, _ in (*problem.observable, *problem.potential) for t in d.tensors}
    listed = sorted((t for t in functions if is_averaged(t)), key=lambda tensor: tensor.name)
    return Legend((*problem.families, *sorted(more)), (*problem.lines, *averaged, *listed))


def _averaged(problem: Problem) -> tuple[Tensor, ...]:
    return tuple(tensor for tensor in problem.fresh if tensor not in problem.tensors)


def problem_chapter(problem: Problem) -> b.Section:
    """Facts, the observable as drawn diagrams, the initial law, the flow, the convention."""
    legend = legend_of(problem)
    name = "G" if problem.observed else "L"
    flow = "V" if problem.potential != problem.observable else name
    named: b.Pieces = (f", {problem.observed}," if problem.observed else "",)
    descended: tuple[b.Block, ...] = ()
    if flow == "V":
        descended = (b.said("and gradient flow descends"), b.Sum(flow, problem.potential, legend))
    rows = [((fact.label,), _fact_value(fact)) for fact in facts(problem)]
    nodes: list[b.Piece] = []
    for family in problem.families:
        nodes += ["; " if nodes else "Nodes: ", b.Drawing(Diagram((family,), ()), legend)]
        nodes += [f" {family.name}, of size ", b.Math(family.count)]
    return b.Section(
        ("The problem",),
        (
            b.Table(FACT_COLUMNS, tuple(rows), headed=False),
            b.said("A node is a summation index, an edge a tensor entry. ", *nodes, "."),
            b.said(
                "Edges, and the law of their entries at time zero (independent, Gaussian "
                "unless stated):"
            ),
            b.Table(
                TENSOR_COLUMNS,
                tuple(_row(t, legend) for t in (*problem.tensors, *_averaged(problem))),
            ),
            b.said("The observable", *named, " is"),
            b.Sum(name, problem.observable, legend),
            *descended,
            _convention(problem, name, flow),
        ),
        key="problem",
    )


def _fact_value(fact: Fact) -> b.Pieces:
    source = (b.Code(fact.source),) if fact.source else ()
    formula = () if fact.formula is None else (b.Math(fact.formula),)
    return (fact.words, *source, *formula)


def _convention(problem: Problem, name: str, flow: str) -> b.Block:
    """Gradient flow, the coefficients, and the series."""
    plain, s = problem.expected, problem.order_letter
    average, later = f"\\mathbb{{E}}[{name}]", f"\\mathbb{{E}}[{name}(t)]"
    at = f"E[{name}(t)]"
    if problem.expected == problem.observed_name:
        average, later, at = "\\kappa", "\\kappa(t)", f"{plain}(t)"
    own = any(str(tensor.rate) != "1" for tensor in problem.trained)
    rate, rate_plain = ("r_u\\,", "r_u ") if own else ("", "")
    descent = b.Spelled(
        f"\\mathrm{{d}}u/\\mathrm{{d}}t = -T^{{-1}}\\,{rate}\\partial {flow}/\\partial u",
        f"du/dt = -T^(-1) {rate_plain}∂{flow}/∂u",
    )
    tensor = b.Math(Polynomial.symbol("u"))
    of_rate: b.Pieces = (
        (", ", b.Math(b.Spelled("r_u", "r_u")), " being its rate.") if own else (".",)
    )
    coefficient = b.Spelled(
        f"Y_{s} = T^{s}\\,\\mathrm{{d}}^{s}{average}/\\mathrm{{d}}t^{s}",
        f"Y_{s} = T^{s} d^{s} {plain}/dt^{s}",
    )
    term = f"Y_{s} (t/T)^{s}/{s}!"
    series = b.Spelled(f"{later} \\sim \\sum_{s} {term}", f"{at} ~ ∑_{s} {term}")
    start = b.Math(b.Spelled("t=0", "t = 0"))
    return b.said(
        *("Gradient flow is ", b.Math(descent), " for every trained tensor ", tensor, *of_rate),
        *(" The coefficients are ", b.Math(coefficient), " at ", start),
        *(", so that ", b.Math(series), " (an asymptotic series)."),
    )


def _row(tensor: Tensor, legend: Legend) -> tuple[b.Pieces, ...]:
    """What a table says of a tensor; a structural one has neither mean nor variance."""
    law = tensor.law if isinstance(tensor.law, Drawn) else None
    slots = [f"x{slot}" for slot in range(tensor.rank)]
    mean: b.Pieces = ("\u2013",) if law is None else (b.Math(law.mean_value),)
    if law is not None and law.mean is Mean.DELTA:
        mean = (b.Math(b.Chain((law.mean_value, b.Entry("delta", entry_indices(tensor))))),)
    rate = tensor.rate if tensor.role.value == "trained" else None
    return (
        (b.Drawing(Diagram.of((tensor, slots)), legend),),
        (b.Math(Diagram.of((tensor, slots), legs=slots)),),
        (", ".join(family.name for family in tensor.families) or "none (a number)",),
        (tensor.role.value, *_relation(tensor), *_shape(tensor), *_given(tensor)),
        mean,
        ("\u2013",) if law is None else (b.Math(law.variance),),
        ("\u2013",) if rate is None else (b.Math(rate),),
    )


def _shape(tensor: Tensor) -> b.Pieces:
    """The law of entries that are not Gaussian: its name, or its central moments from the second.

    Moments are those at variance one times powers of the deviation.
    """
    if isinstance(tensor.law, Haar):
        return (f", orthogonal of size {tensor.law.size} (Haar)",)
    if not isinstance(tensor.law, Shaped):
        return ()
    if tensor.law.shape.kind is not Kind.MOMENTS:
        return (f", {tensor.law.shape.kind.value}",)
    found: list[b.Piece] = [", central moments from the second over powers of the deviation: "]
    for place, moment in enumerate(tensor.law.shape.moments[1:]):
        found += [", "] * bool(place) + [b.Math(moment)]
    return tuple(found)


def _given(tensor: Tensor) -> b.Pieces:
    """The entries of a given tensor, or their inner products."""
    if not isinstance(tensor.law, Listed | Gram):
        return ()
    listed = isinstance(tensor.law, Listed)
    values = tensor.law.entries if isinstance(tensor.law, Listed) else tensor.law.products
    found: list[b.Piece] = [", entries " if listed else ", inner products over the last index "]
    for place, value in enumerate(values):
        found += [", "] * bool(place) + [b.Math(value)]
    return tuple(found)


def _relation(tensor: Tensor) -> b.Pieces:
    """What the indices of a structural tensor satisfy."""
    if not isinstance(tensor.law, GroupLaw):
        return ()
    indices = entry_indices(tensor)
    spelled = [symbol_latex(letter) + (f"_{{{n}}}" if n else "") for letter, n in indices]
    equation = tensor.law.equation([letter + number for letter, number in indices])
    size = tensor.families[0].count
    law = b.Spelled(tensor.law.equation(spelled), equation)
    return (", ", b.Math(law), " modulo ", b.Math(size))


def entry_indices(tensor: Tensor) -> tuple[tuple[str, str], ...]:
    """Letter and number of the index in every slot; no number where a letter is alone."""
    letters = family_letters(dict.fromkeys(tensor.families))
    found = []
    for slot, family in enumerate(tensor.families):
        number = tensor.families[: slot + 1].count(family)
        found.append((letters[family], str(number) if tensor.families.count(family) > 1 else ""))
    return tuple(found)
