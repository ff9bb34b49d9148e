"""Melon equations as formulas, with integrals written out."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Function, Integral, Symbol

from diagrams.mean_fields.melons import MelonEquations
from diagrams.polynomials.spelling import fresh


class MelonFormulas:
    """The functions of two times, under names that no symbol has."""

    def __init__(self, equations: MelonEquations, taken: Sequence[str]) -> None:
        self.equations = equations
        several = len(equations.factors) > 1

        def named(letter: str, c: int | None = None) -> sympy.Function:
            own = letter if c is None or not several else f"{letter}_{c + 1}"
            return Function(fresh(own, taken))

        kinds = range(len(equations.factors))
        self.output, self.kernel, self.answer = named("F"), named("K"), named("r")
        self.correlation = [named("C", c) for c in kinds]
        self.response = [named("R", c) for c in kinds]
        self.energy = [named("Sigma", c) for c in kinds]
        self.count = [f.count for f in equations.factors]
        self.overlap, self.noise, self.mean = named("m"), named("eta"), named("E")
        self.coordinates = [Function(fresh(f"x_{a + 1}", taken)) for a in range(self.count[0])]

    def product(self, t: Symbol, s: Symbol, *left_out: int) -> sympy.Expr:
        """The product of all correlations, some factors left out."""
        powers = [m - left_out.count(c) for c, m in enumerate(self.count)]
        return sympy.Mul(*(self.correlation[c](t, s) ** m for c, m in enumerate(powers)))

    def conditions(self, t: Symbol, s: Symbol, u: Symbol) -> tuple[sympy.Basic, ...]:
        """The equations, with integrals written out."""
        eq, F, K, r = self.equations, self.output, self.kernel, self.answer
        v = Symbol("v")
        start = eq.start.to_sympy() * self.product(t, s) + eq.target.to_sympy()

        def of(a: Symbol, b: Symbol) -> sympy.Expr:
            return start.subs({t: a, s: b}, simultaneous=True)

        twice = Integral(r(t, u) * of(u, v) * r(s, v), (u, 0, t), (v, 0, s))
        once = Integral(r(t, u) * of(u, s), (u, 0, t)) + Integral(of(t, v) * r(s, v), (v, 0, s))
        kernel = sympy.Add(
            *(
                -f.count * f.kappa.to_sympy() * self.response[c](t, s) * self.product(t, s, c)
                for c, f in enumerate(eq.factors)
            )
        )
        found: list[sympy.Basic] = [
            sympy.Eq(F(t, s), start + once + twice, evaluate=False),
            sympy.Eq(r(t, s), K(t, s) + Integral(K(t, u) * r(u, s), (u, s, t)), evaluate=False),
            sympy.Eq(K(t, s), kernel, evaluate=False),
        ]
        if eq.coupling:
            return (*found, *self.at_a_site(t, s, u))
        for c, f in enumerate(eq.factors):
            C, R, S = self.correlation[c], self.response[c], self.energy[c]
            own = f.stiff.to_sympy() * self.product(t, t, c) + f.decay.to_sympy()
            noise = f.noise.to_sympy() * F(t, u) * self.product(t, u, c)
            drift = -own * C(t, s) - Integral(S(t, u) * C(u, s), (u, 0, t))
            drift += Integral(noise * R(s, u), (u, 0, s))
            answer = -own * R(t, s) - Integral(S(t, u) * R(u, s), (u, s, t))
            energy = f.stiff.to_sympy() * r(t, s) * self.product(t, s, c)
            for j, weight in enumerate(f.back):
                twins = self.count[j] - (j == c)
                if twins:
                    more = F(t, s) * self.response[j](t, s) * self.product(t, s, c, j)
                    energy -= twins * weight.to_sympy() * more
            found += [
                sympy.Eq(C(t, s).diff(t), drift, evaluate=False),
                sympy.Eq(R(t, s).diff(t), answer, evaluate=False),
                sympy.Eq(S(t, s), energy, evaluate=False),
            ]
        return tuple(found)

    def at_a_site(self, t: Symbol, s: Symbol, u: Symbol) -> tuple[sympy.Basic, ...]:
        """The coordinates under a target, the first for all, and the averages they give."""
        eq, (f,) = self.equations, self.equations.factors
        C, R, S, E = self.correlation[0], self.response[0], self.energy[0], self.mean
        x, *others = self.coordinates
        pull = (1 - self.overlap(t)) * sympy.Mul(*(other(t) for other in others))
        own = f.stiff.to_sympy() * self.product(t, t, 0) + f.decay.to_sympy()
        drift = eq.coupling.to_sympy() * pull - own * x(t)
        drift += self.noise(t) - Integral(S(t, u) * x(u), (u, 0, t))
        energy = f.stiff.to_sympy() * self.answer(t, s) * self.product(t, s, 0)
        back = (f.count - 1) * f.back[0].to_sympy()
        energy -= back * self.output(t, s) * R(t, s) * self.product(t, s, 0, 0)
        noise = f.noise.to_sympy() * self.output(t, s) * self.product(t, s, 0)
        whole = sympy.Mul(*(one(t) for one in self.coordinates))
        return (
            sympy.Eq(x(t).diff(t), drift, evaluate=False),
            sympy.Eq(E(self.noise(t) * self.noise(s)), noise, evaluate=False),
            sympy.Eq(C(t, s), E(x(t) * x(s)), evaluate=False),
            sympy.Eq(self.overlap(t), eq.overlap.to_sympy() * E(whole), evaluate=False),
            sympy.Eq(S(t, s), energy, evaluate=False),
        )
