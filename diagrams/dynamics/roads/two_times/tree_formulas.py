"""Tree equations as formulas: the effective process of one site of every family."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sympy
from sympy import Function, Integral, Symbol

from diagrams.dynamics.sentences import sentence
from diagrams.mean_fields.equations import Field, Moving, Number, TreeEquations
from diagrams.mean_fields.trees import is_atom
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.wick.activations import activation
from pde.expressions.statement import joined


class TreeFormulas:
    """Functions for all atoms, under names that no symbol has.

    Entries of a vector ``w`` are ``x_w``, what functions of ``w`` are of is ``u_w``, fields are
    ``h_1, ..`` of sources ``psi_1, ..``, numbers ``q_1, ..``; ``E`` is the average over sites,
    ``D(a, b)`` how ``a`` answers to ``b``.
    """

    def __init__(self, equations: TreeEquations, taken: Sequence[str]) -> None:
        self.equations = equations
        used = list(taken)

        def named(name: str) -> sympy.Function:
            used.append(fresh(name, used))
            return Function(used[-1])

        self.mean, self.answer = named("E"), named("D")
        self.of_atom: dict[str, sympy.Function] = {}
        for q in equations.moving:
            values = "".join(f"{value}_" for value in q.entry.at if value)
            own = q.entry.moved.name
            self.of_atom[q.atom] = named(f"{'u' if q.entry.factor else 'x'}_{values}{own}")
        self.functions = {one.atom: one for one in equations.functions}
        numbers = [known for known in equations.met if isinstance(known, Number)]
        for place, number in enumerate(numbers, 1):
            self.of_atom[number.atom] = named(f"q_{place}")
        self.sources: dict[str, list[sympy.Function]] = {}
        self.noise = {}
        self.fields = {field.atom: field for field in equations.fields}
        for place, field in enumerate(equations.fields, 1):
            self.of_atom[field.atom] = named(f"h_{place}")
            many = len(field.sources) > 1
            self.sources[field.atom] = [
                named(f"psi_{place}" + f"_{k}" * many) for k in range(1, len(field.sources) + 1)
            ]
            self.noise[field.atom] = named(f"zeta_{place}")

    def at(self, value: Polynomial, t: Symbol) -> sympy.Expr:
        """A polynomial of atoms at a time."""
        put = {sympy_symbol(n): self._atom(n, t) for n in value.symbols if is_atom(n)}
        return value.to_sympy().subs(put, simultaneous=True)

    def _atom(self, atom: str, t: Symbol) -> sympy.Expr:
        one = self.functions.get(atom)
        if one is None:
            return self.of_atom[atom](t)
        factor, z = one.factor.to_sympy(), sympy.Dummy("z", real=True)
        function = activation(one.law.name).expression(z, one.law.order)
        return factor**one.law.order * function.subs(z, factor * self.of_atom[one.argument](t))

    def conditions(self, t: Symbol, s: Symbol) -> tuple[sympy.Basic, ...]:
        """The equations of vectors and scalars, numbers and fields."""
        found: list[sympy.Basic] = []
        for q in self.equations.moving:
            if q.drift:
                rate = self.of_atom[q.atom](t).diff(t)
                found.append(sympy.Eq(rate, self.at(q.drift, t), evaluate=False))
        for known in self.equations.met:
            if isinstance(known, Number):
                right = self.at(known.weight, t) * self.mean(self.at(known.value, t))
                found.append(sympy.Eq(self.of_atom[known.atom](t), right, evaluate=False))
            else:
                found += self._field(known, t, s)
        return tuple(found)

    def _field(self, field: Field, t: Symbol, s: Symbol) -> Iterator[sympy.Basic]:
        """Its sources, what the field is made of, and the covariances of its noise."""
        psi = self.sources[field.atom]
        for one, source in zip(psi, field.sources, strict=True):
            yield sympy.Eq(one(t), self.at(source, t), evaluate=False)
        noise = field.noise.to_sympy()
        total: sympy.Expr = self.noise[field.atom](t) if field.noise else sympy.Integer(0)
        for atom, weight in field.memory:
            answering, given, pairs = field.meeting(self.fields[atom])
            chi = self.sources[atom]
            mean = self.mean(self.answer(psi[answering](t), self.of_atom[atom](s)))
            mean *= self._correlations((psi[own](t), chi[its](s)) for own, its in pairs)
            total += weight.to_sympy() * Integral(mean * chi[given](s), (s, 0, t))
        for weight, left, right in field.motion:
            moved = (self.at(value, s) for value in right)
            mean = self._correlations(zip(moved, (one(t) for one in psi), strict=True))
            total += weight.to_sympy() * Integral(self.at(left, s) * mean, (s, 0, t))
        yield sympy.Eq(self.of_atom[field.atom](t), total, evaluate=False)
        for other in self.equations.fields if field.noise else ():
            if other.group == field.group and other.noise:
                pair = self.mean(self.noise[field.atom](t) * self.noise[other.atom](s))
                chi = self.sources[other.atom]
                value = self._correlations((a(t), b(s)) for a, b in zip(psi, chi, strict=True))
                yield sympy.Eq(pair, noise * value, evaluate=False)
                if other == field:
                    return  # those with later fields are written there

    def _correlations(self, pairs: Iterable[tuple[sympy.Expr, sympy.Expr]]) -> sympy.Expr:
        """The product of the averages of products over sites, one for each slot."""
        return sympy.Mul(*(self.mean(left * right) for left, right in pairs))

    @property
    def starts(self) -> str:
        """The laws of all initial values, as a sentence."""
        return joined(", ", map(self._start, self.equations.moving))

    def _start(self, q: Moving) -> str:
        initial = self.of_atom[q.atom](0)
        mean, variance = q.mean.to_sympy(), q.variance.to_sympy()
        if not q.variance:
            return sentence("{} = {}", initial, mean)
        law = "Gaussian" if q.shape is None else "of its law,"
        return sentence(f"{{}} is {law} with mean {{}} and variance {{}}", initial, mean, variance)
