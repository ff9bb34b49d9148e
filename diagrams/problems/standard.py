"""The names that derivations work with, whatever the names of a problem are.

What computer algebra makes of a formula, and which of several equal ways it goes, depends on the
order of names.  So every problem is solved under the same ones, those of the presets: ``H`` rows,
``p``, ``p2``, .. for other sizes, ``sigma`` for what stands in variances of trained tensors,
``lambda`` for a decay, ``c`` for any other scale; tensors are ``u``, ``v``, .. as declared.  A
problem that is then the same as a preset is that preset.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import count

from diagrams.errors import BadInput
from diagrams.graphs.laws import Drawn, GroupLaw
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import FEATURE, HIDDEN, TARGETS, CPProblem, cp_problem
from diagrams.problems.problem import Problem
from diagrams.problems.renaming import Renaming
from diagrams.problems.structure import structure

_FEW = "uvwxyz"
"""The names of trained tensors, where they suffice."""


@lru_cache(maxsize=64)
def standard(problem: Problem) -> tuple[Problem, Renaming]:
    """Return a problem under the names that derivations work with, and the renaming to them.

    >>> from diagrams.problems.files import parse_problem
    >>> found, names = standard(parse_problem('''
    ... families = {neuron = "d", input = "N"}
    ... tensors.t = {families = ["neuron", "input"], role = "trained", variance = "w^2"}
    ... model = {output = "t[a,b] t[a,c]", target = "delta[b,c]"}
    ... loss = {kind = "squared error", over = ["b", "c"]}
    ... '''))
    >>> found.spec, names.symbols
    ('cp:order=2,ties=sym,target=identity', (('d', 'H'), ('N', 'p'), ('w', 'sigma')))
    """
    families = _families(problem)
    names = Renaming(_symbols(problem, families), families, _tensors(problem))
    if isinstance(problem, CPProblem) and not names.changes:
        return problem, names
    found = names.problem(problem) if names.changes else problem
    return preset_of(found) or found, names


def _declared(problem: Problem) -> list[IndexFamily]:
    """The families in the order of their sizes, the rows first, those averaged away last."""
    rows = structure(problem).rows
    known = sorted(problem.families, key=lambda family: family != rows)
    return list(dict.fromkeys((*known, *problem.averaged)))


def _families(problem: Problem) -> tuple[tuple[IndexFamily, IndexFamily], ...]:
    rows = structure(problem).rows
    sizes: dict[str, str] = {} if rows is None else {rows.size: HIDDEN.size}
    others = _numbered(FEATURE.size)
    names, letters = _numbered(FEATURE.name), _numbered(FEATURE.index)
    found = []
    for family in _declared(problem):
        if family.fixed:
            sizes[family.size] = family.size
        elif family.size not in sizes:
            sizes[family.size] = next(others)
        if family == rows:
            found.append((family, HIDDEN))
            continue
        found.append((family, IndexFamily(next(names), sizes[family.size], next(letters))))
    return tuple(found)


def _numbered(name: str) -> Iterator[str]:
    """The name, and then the name with numbers, without end."""
    yield name
    yield from (f"{name}{k}" for k in count(2))


def _symbols(
    problem: Problem, families: tuple[tuple[IndexFamily, IndexFamily], ...]
) -> tuple[tuple[str, str], ...]:
    found = {old.size: new.size for old, new in families if not old.fixed}
    spread = _spread(problem.trained)
    extra = problem.potential - problem.observable
    decays = {name for _, coefficient in extra for name in coefficient.symbols}
    kinds = {kind: _numbered(kind) for kind in ("sigma", "lambda", "c")}
    for name in problem.in_order(problem.symbols):
        if name not in found:
            kind = "sigma" if name in spread else "lambda" if name in decays else "c"
            found[name] = next(kinds[kind])
    return tuple(found.items())


def _spread(tensors: Iterable[Tensor]) -> set[str]:
    laws = [tensor.law for tensor in tensors]
    return {name for law in laws if isinstance(law, Drawn) for name in law.variance.symbols}


def _tensors(problem: Problem) -> tuple[tuple[str, str], ...]:
    listed, trained = problem.tensors, problem.trained
    few = len(trained) <= len(_FEW)
    names = list(_FEW) if few else [f"u{k + 1}" for k in range(len(trained))]
    found = dict(zip((t.name for t in trained), names, strict=False))
    laws, frozen = _numbered("F"), _numbered("X")
    for tensor in listed:
        if tensor.role is not Role.TRAINED:
            found[tensor.name] = next(laws if isinstance(tensor.law, GroupLaw) else frozen)
    return tuple(found.items())


def preset_of(problem: Problem) -> CPProblem | None:
    """Return the preset that a problem under standard names is; ``None`` if it is none.

    Order, ties, scale and decay are read off its diagrams, and the preset's are compared.
    """
    trained = problem.trained
    if problem.observed or problem.fresh or len(problem.families) != 2:
        return None
    largest = max((d for d, _ in problem.observable), key=lambda d: len(d.edges))
    ties = tuple(sum(edge.tensor == tensor for edge in largest.edges) // 2 for tensor in trained)
    rest = [(d, c) for d, c in problem.observable if d != largest and d.tensors]
    linear = [c for d, c in rest if any(edge.tensor.role is Role.TRAINED for edge in d.edges)]
    decay = [2 * c for _, c in problem.potential - problem.observable][:1]
    scale, strength = (
        _parameter(-1 * linear[0]) if linear else 1,
        _parameter(decay[0]) if decay else 0,
    )
    if scale is None or strength is None or not all(ties):
        return None
    for target in TARGETS:
        try:
            found = cp_problem(sum(ties), ties, target, scale, strength)
        except BadInput:
            return None
        same = found.observable == problem.observable and found.potential == problem.potential
        if same:
            return found
    return None


def _parameter(polynomial: Polynomial) -> str | Fraction | None:
    """A number or a plain symbol; ``None`` for anything else."""
    if not polynomial.symbols:
        return sum((c for _, c in polynomial), Fraction(0))
    text = str(polynomial)
    return text if text in polynomial.symbols else None
