"""The ends of explicit formulas: leading terms at late times, powers where they are singular.

Where the answer depends on the sign of a rate, or on the order of several, it is given by cases.
Where the formula is the start of a motion only, the face is named whose solution carries it on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import GOES_ON, TIME, Ending, derived, unknown
from diagrams.dynamics.explicit.degenerate_ends import (
    Point,
    holds_at,
    open_factors,
    relation,
    solved_first,
    substitutions,
    surface,
)
from diagrams.dynamics.explicit.domains import positive_where_real
from diagrams.dynamics.explicit.scales import scales_of, targets_of
from diagrams.dynamics.explicit.singular_ends import cases_of, singular
from diagrams.dynamics.expressions.late_times import (
    Bounds,
    OpenOrder,
    OpenSign,
    between,
    cells,
    interval,
    late,
    wide_points,
)
from diagrams.dynamics.expressions.signs import proved_sign, real_for_all, sign_where_real
from diagrams.dynamics.petals.grouping import inserted, local, public
from diagrams.dynamics.petals.larger_faces import carried_on_by, is_small
from diagrams.dynamics.sentences import conditions, listed, sentence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.problems.structure import structure

BELOW = "the formula falls below zero: it holds while its moving part is small"
ABOVE = "the formula outgrows the constant: it holds while its moving part is small"
STILL = "the formula comes to rest there, and what it leaves out moves on"

SIMPLE = 300
"""Operations of a formula up to which it is simplified: beyond, that may take minutes."""


@dataclass(frozen=True)
class _End:
    """A time of existence that is there for some sizes: where ``total``, in plain symbols, is > 0.

    ``total`` is ``None`` where there is no such sum.
    """

    time: Expr
    total: Expr | None
    shown: Expr | None

    def said(self, sign: str) -> str:
        """A relation to zero in the symbols of the solution."""
        return GOES_ON if self.shown is None else relation(self.shown, sign)

    def comes(self, side: int, at: Point) -> bool:
        """Whether the solution ends there on a side, for some sizes."""
        if self.total is not None:
            return bool(_number(self.total, at) > 0)
        number = _number(self.time, at)
        return bool(number.is_real and number * side > 0)


@dataclass(frozen=True)
class _Case:
    """A case of a limit: what it says of the sizes, and how they are chosen within it."""

    said: tuple[str, ...] = ()
    sign: int | None = None
    samples: tuple[Point, ...] = ()
    allows: tuple[Callable[[Point], bool], ...] = ()

    def condition(self, *more: str) -> str:
        """The conditions of the case and more in words, those that follow from others left out."""
        return conditions(*dict.fromkeys((*self.said, *more)))


def endings_of_positive(solution: Solution) -> tuple[Ending, ...]:
    """Return the ends of an explicit formula whose scales are positive, the late ones first."""
    time = Symbol("t", real=True)
    formula = local(_inlined(solution)).xreplace({Symbol("t", positive=True): time})
    ends: dict[int, list[Expr]] = {1: [], -1: []}
    possible: dict[int, list[_End]] = {1: [], -1: []}
    for end in solution.existence:
        plain = local(solution.plain(end))
        sign, real = sign_where_real(plain), real_for_all(plain)
        shown = positive_where_real(local(end)) if sign else None
        total = None if shown is None else local(solution.plain(public(shown)))
        for side in (sign,) if sign else (1, -1) if sign is None else ():
            if real and sign:
                ends[side].append(end)
            else:
                possible[side].append(_End(plain, total, shown))
    found = []
    for side in (1, -1):
        if ends[side]:
            found.append(singular(solution, formula, time, ends[side]))
            continue
        found += _Late(solution, formula, time, side, tuple(possible[side])).endings(_Case())
        beyond = "> 0" if side > 0 else "< 0"
        for end, made in zip(
            [e for e in solution.existence if local(solution.plain(e)) in _times(possible[side])],
            possible[side],
            strict=True,
        ):
            where = f"this is real and {beyond}" if made.shown is None else made.said(">")
            found.append(singular(solution, formula, time, [end], where))
    return tuple(found)


def _inlined(solution: Solution) -> Expr:
    """The formula with the definitions put in that hold the time or may have any sign."""
    formula: Expr = solution.formula
    moving = {TIME}
    for symbol, meaning in reversed(solution.definitions):
        plain = local(solution.plain(meaning)).xreplace({Symbol("t", positive=True): 1})
        if meaning.free_symbols & moving or proved_sign(plain) != 1:
            moving.add(symbol)
    return inserted(formula, (pair for pair in solution.definitions if pair[0] in moving))


@dataclass(frozen=True)
class _Late:
    """The infinite end of a formula on one side; ``possible`` are ends before, for some sizes."""

    solution: Solution
    formula: Expr
    time: Symbol
    side: int
    possible: tuple[_End, ...]

    def endings(self, case: _Case) -> list[Ending]:
        """The endings in a case, by cases where the limit asks for them."""
        before = self._before(case)
        if before is None:
            return []
        going = [end.said("<") for end in before]
        if self.solution.denominators and not self.possible:
            going.append(GOES_ON)
        condition = case.condition(*going)
        known = self.solution.late
        if known is not None and self.side > 0:
            evidence = derived("leading terms of the formula for late times")
            return [
                Ending(
                    sympy.oo,
                    value,
                    condition=conditions(said, condition),
                    evidence=evidence,
                    where=where,
                )
                for value, said, where in cases_of(known)
            ]
        try:
            limit, approach = self._limit(case)
        except OpenSign as failure:
            return self._by_sign(case, failure)
        except OpenOrder as failure:
            return self._by_order(case, failure)
        except NotSolved as failure:
            return [unknown(failure.step, self.side, condition)]
        negative = limit == -sympy.oo
        if negative or (limit.is_infinite and self._is_small()):
            reason = BELOW if negative else ABOVE
            return [unknown(reason + carried_on(self.solution), self.side, condition, early=True)]
        exceptions = self._exceptions(case, before, limit, approach)
        kept = [
            end.said("<=" if end.total is not None and holds else "<")
            for end in before
            for holds in [end.total not in [factor for factor, _ in exceptions]]
        ]
        totals = [end.total for end in before]
        apart = [relation(shown, "!=") for f, shown in exceptions if f not in totals]
        unsaid = [GOES_ON] if self.solution.denominators and not self.possible else []
        found = [self._ending(limit, approach, case.condition(*kept, *apart, *unsaid))]
        for factor, shown in exceptions:
            found += self._on(factor, relation(shown, "="), case)
        return found

    def _ending(self, limit: Expr, approach: Expr | None, condition: str) -> Ending:
        """A limit and what is left of it as an ending."""
        shown = None if approach is None else sympy.factor_terms(public(approach))
        exponent = None
        if approach is not None:
            power = sympy.simplify(self.time * sympy.diff(approach, self.time) / approach)
            exponent = power if power.is_Rational else None
        problem = self.solution.problem
        decays = {*scales_of(self.solution), *problem.signs} & {*problem.symbols}
        decays -= targets_of(self.solution)
        scales = sorted({s.name for s in self.formula.free_symbols} & decays)
        positive = sentence(", with {} positive", listed(map(sympy_symbol, scales)))
        reason = "leading terms of the formula for late times"
        evidence = derived(reason + positive if scales else reason)
        plain = limit if limit.is_infinite else public(limit)
        return Ending(self.side * sympy.oo, plain, shown, exponent, condition, evidence=evidence)

    # -- sizes of codimension one -----------------------------------------------------------------

    def _exceptions(
        self, case: _Case, before: Sequence[_End], limit: Expr, approach: Expr | None
    ) -> list[tuple[Expr, Expr]]:
        """Factors on whose zeros the ending is another: in plain symbols, and as shown."""
        formula = self._plain(self.formula)
        plain = self._plain(limit)
        rest = None if approach is None else self._plain(approach)
        edges = {end.total: end.shown for end in before if end.total is not None}
        known = [*edges, *(-total for total in edges)]
        factors = {f: f for f in open_factors(plain, rest) if not _among(f, known)}
        found = []
        for factor, shown in {**edges, **factors}.items():
            inside = [*case.allows, self._allows(before, factor)]
            points = surface(factor, solved_first(self.solution.problem), inside, formula)
            clock = {Symbol("T", positive=True): sympy.Integer(1)}
            if not all(
                holds_at(formula, self.time, self.side, plain, rest, {**at, **clock})
                for at in points
            ):
                found.append((factor, shown))
        return found

    def _allows(self, before: Sequence[_End], factor: Expr) -> Callable[[Point], bool]:
        """Whether no end comes before, but for the one at whose edge a factor vanishes."""

        def allows(point: Point) -> bool:
            return not any(e.comes(self.side, point) for e in before if e.total != factor)

        return allows

    def _plain(self, expression: Expr) -> Expr:
        """An expression with all definitions put in."""
        fixed = expression.xreplace({self.time: Symbol("t", positive=True)})
        plain = local(self.solution.plain(public(fixed)))
        return plain.xreplace({Symbol("t", positive=True): self.time})

    def _on(
        self, factor: Expr, condition: str, case: _Case, beside: Sequence[Ending] = ()
    ) -> list[Ending]:
        """The ending where a factor vanishes; ``beside`` are those next to it."""
        said = case.condition(condition)
        if any(end.early for end in beside):
            return [unknown(STILL + carried_on(self.solution), self.side, said)]
        for sizes in substitutions(factor, solved_first(self.solution.problem)):
            try:
                formula = self._restricted(sizes)
                if not formula.has(self.time):
                    reason = "the formula does not depend on time there"
                    place = self.side * sympy.oo
                    limit = public(sympy.factor(formula))
                    return [Ending(place, limit, condition=said, evidence=derived(reason))]
                limit, approach = late(formula, self.time, self.side, case.sign)
            except (NotSolved, ValueError, NotImplementedError):
                continue
            if limit == -sympy.oo or (limit.is_infinite and self._is_small()):
                break
            return [self._ending(limit, approach, said)]
        return [unknown("leading terms vanish there", self.side, said)]

    def _restricted(self, sizes: dict[Symbol, Expr]) -> Expr:
        """The formula with a symbol put in, as a limit where it has no value there."""
        formula = self._plain(self.formula)
        found = formula.xreplace(sizes)
        if found.has(sympy.nan, sympy.zoo, sympy.oo):
            ((name, value),) = sizes.items()
            found = sympy.limit(formula.rewrite(sympy.exp), name, value)
        return sympy.simplify(found) if sympy.count_ops(found) <= SIMPLE else found

    def _limit(self, case: _Case) -> tuple[Expr, Expr | None]:
        """The limit; the approach only where it is the same at all samples of the case."""
        found = [
            late(self.formula, self.time, self.side, case.sign, sample)
            for sample in case.samples or (None,)
        ]
        if len({limit for limit, _ in found}) > 1:
            raise NotSolved("the limit is not the same in all of the case")
        limit, approach = found[0]
        return limit, approach if len({rest for _, rest in found}) == 1 else None

    def _by_sign(self, case: _Case, failure: OpenSign) -> list[Ending]:
        rate, found = self._plain(failure.rate), []
        for sign, text in ((1, ">"), (-1, "<")):

            def allows(point: Point, sign: int = sign) -> bool:
                return bool(sign * rate.xreplace(point) > 0)

            inner = replace(
                case,
                said=(*case.said, relation(rate, text)),
                sign=sign,
                allows=(*case.allows, allows),
            )
            case_of = public(rate) > 0 if sign > 0 else public(rate) < 0
            found += [replace(e, where=(case_of, *e.where)) for e in self.endings(inner)]
        edge = surface(
            rate,
            sorted(scales_of(self.solution)),
            case.allows,
            *(e.total or e.time for e in self.possible),
        )
        if edge and not all(any(e.comes(self.side, at) for e in self.possible) for at in edge):
            found += self._on(rate, relation(rate, "="), case, found)
        return found

    def _by_order(self, case: _Case, failure: OpenOrder) -> list[Ending]:
        """Neighbouring cells that end alike are one."""
        found: list[tuple[Bounds, list[Ending]]] = []
        edges: list[Ending] = []
        for bounds, inside in cells(failure.marks):
            low, high = min(inside), max(inside)

            def allows(point: Point, low: Rational = low, high: Rational = high) -> bool:
                return failure.name not in point or bool(low <= point[failure.name] <= high)

            samples = tuple({failure.name: value} for value in inside)
            inner = replace(case, samples=samples, allows=(*case.allows, allows))
            here = self.endings(inner)
            if found and found[-1][1] == here:
                found[-1] = ((found[-1][0][0], bounds[1]), here)
            else:
                if found:
                    edge = failure.name - bounds[0]
                    edges += self._on(edge, relation(edge, "="), case, (*found[-1][1], *here))
                found.append((bounds, here))
        return [
            *(
                replace(
                    end,
                    condition=conditions(said, end.condition),
                    where=(*interval(failure.name, low, high), *end.where),
                )
                for (low, high), here in found
                for said in [between(failure.name, low, high)]
                for end in here
            ),
            *edges,
        ]

    def _before(self, case: _Case) -> list[_End] | None:
        """The ends that may come before; ``None`` where there always is one."""
        if not self.possible:
            return []
        ends = [end.time if end.total is None else end.total for end in self.possible]
        points = [p for p in wide_points(*ends) if all(allows(p) for allows in case.allows)]
        comes = [[end.comes(self.side, at) for at in points] for end in self.possible]
        if points and all(any(column) for column in zip(*comes, strict=True)):
            return None
        return [
            end for end, row in zip(self.possible, comes, strict=True) if any(row) or not points
        ]

    def _is_small(self) -> bool:
        face = self.solution.face
        constant = structure(self.solution.problem).constant.to_sympy()
        if face is None:
            return False
        try:
            return is_small(self.solution.expr, constant, face)
        except NotSolved:
            return False


def _times(ends: Sequence[_End]) -> list[Expr]:
    return [end.time for end in ends]


def _among(factor: Expr, totals: Sequence[Expr]) -> bool:
    """Whether a factor is a positive multiple of one of some sums."""
    return any(sympy.cancel(factor / total).is_positive for total in totals)


def _number(expression: Expr, at: Point) -> Expr:
    return sympy.N(expression.xreplace(at), 20, chop=True)


def carried_on(solution: Solution) -> str:
    """Return in words which regimes are to be asked for instead."""
    if solution.face is None:
        return ""
    names = carried_on_by(solution.problem, solution.face)
    if not names:
        return "; no larger face is solved that would carry it on"
    return f"; ask for regime {' or '.join(names)}, which carries it on"
