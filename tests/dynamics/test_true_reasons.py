"""Every refusal of ``solve`` is true of its problem: all files of tests, docs and benchmarks.

A refusal is a list of sentences.  Each is of a kind that is known here, and is held against the
problem as it was declared and against exact coefficients; one of no known kind fails.  What files
come to is in a table, read by a person against each problem.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path

import networkx
import pytest

from diagrams import expand, load_problem, solve
from diagrams.dynamics.face import exact_regimes
from diagrams.errors import BadInput, NotSolved
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Averaged, Function, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/dynamics/stated", "tests/problems", "benchmarks/files", "docs/systems")
FILES = {path.stem: path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.toml"))}
TENSOR = r"(\w+)\[([\w,]*)\]"
LOOKED_AT = 12
"""Regimes of a problem that are looked at, at most."""
MONOMIALS = r"(\S.*?)(?: and \d+ more)?"


def tensor_of(problem: Problem, name: str, families: str) -> Tensor:
    """The tensor that a sentence names, with the families that it says."""
    (found,) = (tensor for tensor in problem.tensors if tensor.name == name)
    assert [family.name for family in found.families] == list(filter(None, families.split(",")))
    return found


def role(problem: Problem, name: str, families: str, word: str) -> bool:
    return tensor_of(problem, name, families).role.value == word.split()[0]


def rank(problem: Problem, name: str, families: str, count: str) -> bool:
    told = {"no index": 0, "one index": 1, "3 indices": 3, "4 indices": 4}[count]
    return tensor_of(problem, name, families).rank == told


def one_family(problem: Problem, name: str, families: str) -> bool:
    tensor = tensor_of(problem, name, families)
    return tensor.rank == 2 and len(set(tensor.families)) == 1


def unlike(problem: Problem, name: str, families: str, other: str, more: str) -> bool:
    pair = (tensor_of(problem, name, families), tensor_of(problem, other, more))
    return set(pair[0].families) != set(pair[1].families)


def several(problem: Problem, name: str, families: str, other: str, more: str) -> bool:
    found = {tensor_of(problem, name, families), tensor_of(problem, other, more)}
    return found <= set(problem.trained) and len(found) == 2


def starts_off_zero(problem: Problem, name: str, families: str, mean: str) -> bool:
    law = tensor_of(problem, name, families).law
    return isinstance(law, Gaussian) and str(law.mean_value) == mean != "0"


def starts_with_spread(problem: Problem, name: str, families: str) -> bool:
    law = tensor_of(problem, name, families).law
    return isinstance(law, Gaussian) and bool(law.variance)


def no_one_square(problem: Problem) -> bool:
    """Whether the diagrams with most trained entries are several, or have several weights."""
    counts = [
        (sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges), len(weight))
        for diagram, weight in problem.observable
    ]
    most = max(counts)[0]
    return most == 0 or [c for c in counts if c[0] == most] != [(most, 1)]


def decays_with_several(problem: Problem) -> bool:
    """Whether a decay is descended, and the loss holds four trained entries or more."""
    most = max(
        sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)
        for diagram, _ in problem.observable
    )
    return problem.potential != problem.observable and most > 2


def not_summed_alone(problem: Problem, name: str, families: str) -> bool:
    """Each index of the tensor is left open by the output, or meets a tensor that stays."""
    tensor_of(problem, name, families)
    return not any(_alone(problem, family) for family in families.split(","))


def no_rows(problem: Problem) -> bool:
    return not any(_alone(problem, family.name) for family in problem.families if not family.fixed)


def _alone(problem: Problem, family: str) -> bool:
    """Whether nodes of a family meet trained tensors alone, in all diagrams, and do somewhere."""
    seen = set()
    for diagram, _ in (*problem.observable, *problem.potential):
        for node, own in enumerate(diagram.nodes):
            if own.name == family:
                met = [e.tensor.role for e in diagram.edges if node in e.nodes]
                seen.add(bool(met) and set(met) == {Role.TRAINED})
    return seen == {True}


def never_two(problem: Problem, family: str) -> bool:
    counts = {[f.name for f in d.nodes].count(family) for d, _ in problem.observable}
    return 2 not in counts


def holds(problem: Problem, diagram: str) -> bool:
    """Whether a diagram of the problem has the entries of one that a sentence shows."""
    return bool(shown(problem, diagram))


def shown(problem: Problem, diagram: str) -> list[Diagram]:
    """The diagrams of the problem with the entries of one that a sentence shows."""
    told = Counter[str]()
    for name, power in re.findall(r"(\w+)\[[^]]*\](?:\^(\d+))?", diagram.partition("]")[2]):
        told[name] += int(power or 1)
    made = [own for own, _ in (*problem.observable, *problem.potential)]
    return [own for own in made if Counter(edge.tensor.name for edge in own.edges) == told]


def beside(problem: Problem, diagram: str, name: str, families: str) -> bool:
    tensor_of(problem, name, families)
    return holds(problem, diagram) and f" {name}[" in diagram


def shrunk_unlike(problem: Problem) -> bool:
    """Whether what the decay takes of a weight, in a unit of time, depends on the tensor."""
    taken: dict[str, set[Polynomial]] = {tensor.name: set() for tensor in problem.trained}
    for diagram, weight in problem.potential - problem.observable:
        if [edge.tensor for edge in diagram.edges] != [diagram.edges[0].tensor] * 2:
            return True
        tensor = diagram.edges[0].tensor
        taken[tensor.name].add(weight * tensor.rate)
    return len({tuple(values) for values in taken.values()}) > 1


def no_square_of_matrices(problem: Problem) -> bool:
    """Whether no diagram has trained matrices alone, two alike from every cell to two rows."""
    return not any(
        len(made) > 1
        and 2 * (len(diagram.nodes) - 2) == len(diagram.edges)
        and all(tensor.role is Role.TRAINED and tensor.rank == 2 for tensor in made)
        and set(made.values()) == {2}
        and any(
            all(len({*rows} & {*edge.nodes}) == 1 for edge in diagram.edges)
            for rows in combinations(range(len(diagram.nodes)), 2)
        )
        for diagram, _ in problem.potential
        for made in (Counter(edge.tensor for edge in diagram.edges),)
    )


def closes(problem: Problem, names: list[str], diagram: str) -> bool:
    """Whether a diagram of the problem has a cycle of these matrices and tensors."""
    bare = [name.partition("(")[0] for name in names]
    for own in shown(problem, diagram):
        edges = [edge.nodes for edge in own.edges if edge.tensor.name in bare]
        graph = networkx.MultiGraph()
        for place, nodes in enumerate(edges):
            graph.add_edges_from((f"tensor {place}", node) for node in nodes if len(nodes) > 1)
        parts = networkx.number_connected_components(graph)
        if graph.number_of_edges() > graph.number_of_nodes() - parts:
            return True
    return False


def law_of(problem: Problem, name: str) -> object:
    (found,) = (tensor.law for tensor in problem.tensors if tensor.name == name)
    return found


def role_of(problem: Problem, name: str) -> Role:
    (found,) = (tensor.role for tensor in problem.tensors if tensor.name == name)
    return found


def fewer(_: Problem, known: str, needed: str) -> bool:
    return int(known) < int(needed)


def missed(problem: Problem, terms: str, name: str, order: str) -> bool:
    """Whether exact coefficients hold what is said to be missed, on a regime that there is."""
    return on(problem, name) and held(problem, terms, order)


def held(problem: Problem, terms: str, order: str) -> bool:
    exact = {powers for powers, _ in coefficient(problem, int(order)).terms}
    return {powers for powers, _ in polynomial(terms).terms} <= exact


def on(problem: Problem, name: str) -> bool:
    return name in ("full", *regime_names(problem))


def polynomial(text: str) -> Polynomial:
    """A polynomial as sentences show it."""
    found = Polynomial()
    for sign, term in re.findall(r"(^-|^| [+-] )([^ ]+)", text):
        value = Polynomial.constant(-1 if "-" in sign else 1)
        for factor in re.split(r"(?<!\*)\*(?!\*)", term):
            base, _, power = factor.partition("**")
            number = base[0].isdigit()
            part = Polynomial.constant(Fraction(base)) if number else Polynomial.symbol(base)
            value = value * part ** Fraction(power.strip("()") or 1)
        found = found + value
    return found


@cache
def coefficient(problem: Problem, order: int) -> Polynomial:
    return expand(problem, order).coefficient(order)


@cache
def regime_names(problem: Problem) -> tuple[str, ...]:
    return tuple(exact_regimes(problem)[0].names)


def true(_: Problem, *__: str) -> bool:
    """What only the derivation itself can tell."""
    return True


ROADS = r"(?:(?:[a-z ]+, )*[a-z ]+: )?"
"""The roads that a fact keeps off, before it."""
NO_ROWS = (
    "there are no rows: no family whose size grows meets trained tensors alone wherever it occurs"
)
KINDS: dict[str, tuple[str, Callable[..., bool]]] = {
    "not trained": (rf"{TENSOR} is (frozen and random|structural), not trained", role),
    "no matrix": (rf"{TENSOR} has (no index|one index|\d indices), and is no matrix", rank),
    "one family": (rf"both indices of {TENSOR} are of one family", one_family),
    "families": (rf"{TENSOR} and {TENSOR} have indices of different families", unlike),
    "two matrices": (rf"{TENSOR} and {TENSOR} are two or more matrices", several),
    "mean": (rf"{TENSOR} starts with the mean (\S+)", starts_off_zero),
    "spread": (rf"{TENSOR} starts with a spread", starts_with_spread),
    "symbolic sums": (
        r"(\w+) is a spectrum whose sums of powers are symbols, new ones at every order: .*",
        lambda problem, name: any(t.name == name for t in problem.power_laws),
    ),
    "no Gaussian": (
        rf"the entries of {TENSOR} are not Gaussian",
        lambda problem, name, families: tensor_of(problem, name, families).is_shaped,
    ),
    "relation": (
        rf"{TENSOR} is a structure, no mean of entries",
        lambda problem, name, families: tensor_of(problem, name, families).role is Role.STRUCTURAL,
    ),
    "no one square": (
        "the loss is no squared error of one product of trained tensors",
        no_one_square,
    ),
    "no square": (
        "the diagram (.*) of the loss is no square of an output beside the same target",
        holds,
    ),
    "no chain": (
        "the averaged square .* of open diagrams is no chain of centred Gaussian matrices",
        true,
    ),
    "two chains": ("chains of matrices lead over two different free indices", true),
    "moving kernel": (
        "weight decay shrinks the kernel, which holds trained tensors",
        decays_with_several,
    ),
    "no inner sum": (rf"no index of {TENSOR} is summed inside the output alone", not_summed_alone),
    "no rows": (NO_ROWS, no_rows),
    "never two rows": (
        r"no diagram of the loss has two rows: two summed indices of (\w+)",
        never_two,
    ),
    "beside rows": (
        rf"the diagram (.*) of the loss is no product of two equal rows: {TENSOR} stands beside"
        " them",
        beside,
    ),
    "unequal rows": ("the diagram (.*) of the loss is no product of two equal rows", holds),
    "no ring": ("the (?:observable|potential) holds (.*), which is no single ring", holds),
    "average": ("(.*), the output along the target, has an average", holds),
    "no decay": (
        "there is no weight decay",
        lambda problem: problem.potential == problem.observable,
    ),
    "descends more": (
        "the flow descends more than the observable",
        lambda problem: problem.potential != problem.observable,
    ),
    "unlike decay": (
        "the decay does not shrink all weights of the output alike",
        shrunk_unlike,
    ),
    "cycle": (
        r"the mean field: .*: the (?:matrix|matrices|tensors?) (.*) closes? a cycle in (.*)",
        lambda problem, names, diagram: (
            no_square_of_matrices(problem) and closes(problem, names.split(", "), diagram)
        ),
    ),
    "no Gaussians": (
        r"the mean field: .*: the entries of the matrix (\w+) are not Gaussian, as only those of"
        " vectors and numbers need not be",
        lambda problem, name: not isinstance(law_of(problem, name), Gaussian),
    ),
    "structural": (
        r"the mean field: .*: the structural tensor (\w+) is no matrix",
        lambda problem, name: role_of(problem, name) is Role.STRUCTURAL,
    ),
    "at rest": (
        r"the mean field: \S+ does not move at the order that powers of its trees allow: what is"
        " left is smaller, as fluctuations are",
        true,
    ),
    "no order one": ("other rates, variances or sizes may have a limit .*", true),
    "one factor twice": (
        r"the mean field: (\w+) stands in several factors: its trace modes move faster than the"
        " rest by a power of the size, and rule every coefficient",
        lambda problem, name: name in {tensor.name for tensor in problem.trained},
    ),
    "other mean field": (
        "the mean field: (?:a square of one factor|neither a square|not of order one|the"
        " observable).*",
        true,
    ),
    "misses": (rf"[a-z ]+ misses {MONOMIALS} on (\S+), first at order (\d+)", missed),
    "too much": (
        rf"[a-z ]+ has {MONOMIALS} too much on (\S+), first at order (\d+)",
        lambda problem, terms, name, order: on(problem, name),
    ),
    "fluctuates": (
        rf"order parameters fluctuate at this order: [a-z ]+ misses {MONOMIALS} on (\S+), first at"
        r" order (\d+)",
        missed,
    ),
    "fluctuates less": (
        rf"order parameters fluctuate at this order: [a-z ]+ has {MONOMIALS} too much on (\S+),"
        r" first at order (\d+)",
        lambda problem, terms, name, order: on(problem, name),
    ),
    "no formula": (
        "along the eigenvectors of one matrix: no formula for amplitudes|the spectrum: the density"
        " of its eigenvalues has no formula",
        true,
    ),
    "means at rest": ("no order parameter has a mean that moves", true),
    "moving certificate": (
        r"order parameters fluctuate at this order: the certificate: the boundary of (\S+) moves"
        " with the order, and no scaling lies in it at all orders",
        on,
    ),
    "misses somewhere": (rf"[a-z ]+ misses {MONOMIALS}, first at order (\d+)", held),
    "too much somewhere": (rf"[a-z ]+ has {MONOMIALS} too much, first at order (\d+)", true),
    "no law": (
        r"the regimes, from orders 0 to \d+: no quasi-linear law \(period up to \d+\) fits these"
        " fronts with orders held out",
        true,
    ),
    "much work": (r"the regimes: orders 0 to \d+ are much work", true),
    "way on": (r"a run with --terms \d+ may do", true),
    "advice": ("a higher order by --terms may do, or one scaling by --scaling", true),
    "kernel": (
        r"the averaged kernel is no multiple of the identity, it holds .* times"
        " .*",
        true,
    ),
    "one rate": ("the averaged kernel is a multiple of the identity", true),
    "kernel vanishes": ("the average of the kernel vanishes", true),
    "atoms": ("the largest atoms .*|the next atoms .*", true),
    "start": (r"the certificate at t = 0 on (\S+): .*", on),
    "moving boundary": (r"the boundary of (\S+) moves with the order", on),
}
"""Kinds of sentences, and what shows that one is true of a problem."""


def sentences(step: str) -> Iterator[str]:
    """The sentences of a refusal, without what is said of all of them."""
    yield from re.sub("^no road applies[a-z ]*: ", "", step).split("; ")


def kind_of(problem: Problem, sentence: str) -> str:
    """The kind of a sentence, once it was held against the problem."""
    for kind, (pattern, check) in KINDS.items():
        found = re.fullmatch(pattern, sentence) or re.fullmatch(ROADS + pattern, sentence)
        if found:
            assert check(problem, *found.groups()), sentence
            return kind
    raise AssertionError(f"a sentence of no known kind: {sentence}")


def outcome(problem: Problem, regime: str = "full") -> str:
    """The road that solves a problem, or the kinds of the sentences that refuse it."""
    try:
        return solve(problem, regime).road
    except NotSolved as refusal:
        told = (kind_of(problem, sentence) for sentence in sentences(refusal.step))
        return "; ".join(dict.fromkeys(told))
    except BadInput as refusal:
        told = re.match(r"loss\.average: 'functions of|problem: 'the function", str(refusal))
        laws = [tensor.law for diagram, _ in problem.potential for tensor in diagram.tensors]
        kind = Averaged if str(refusal).startswith("loss") else Function
        assert told
        assert any(isinstance(law, kind) for law in laws)
        return "functions"


TABLE = dict(
    line.split(": ", 1)
    for line in (ROOT / "tests/dynamics/stated/outcomes.txt").read_text("utf-8").splitlines()
)
GIVEN = "the frozen kernel, at given inputs"
"""A road to the limit of a wide layer alone, and to no regime."""

QUICK = ("linear_regression", "norm_with_decay", "two_layer_teacher", "three_fixed_factors")


@pytest.mark.parametrize("name", QUICK)
def test_some_refusals(name: str) -> None:
    assert outcome(load_problem(str(FILES[name]))) == TABLE[name]


def test_the_table_has_all_files() -> None:
    assert set(TABLE) == set(FILES)
    assert len(TABLE) > 60


@pytest.mark.full
@pytest.mark.parametrize("name", FILES)
def test_refusals_of_all_files(name: str) -> None:
    """On the whole problem, and on every regime where regimes come cheaply."""
    problem = load_problem(str(FILES[name]))
    assert outcome(problem) == TABLE[name]
    known = ("no law", "much work", "no Gaussian", "symbolic sums", "functions", GIVEN)
    if TABLE[name].startswith(known):
        return
    for regime in regime_names(problem)[:LOOKED_AT]:
        assert outcome(problem, regime)
