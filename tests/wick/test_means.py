"""Means: an entry is its mean plus a fluctuation, whatever the diagram and the names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from graphs.test_combination import (
    SYMBOLS,
    Entry,
    Explicit,
    add,
    combinations,
    explicit,
    number,
    scaled,
    times,
)
from graphs.test_diagram import alpha, alphabets, beta
from hypothesis import given
from hypothesis import strategies as st

from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Delta, Gaussian, Mean
from diagrams.graphs.tensors import Role, Tensor, delta
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.expectation import value
from diagrams.wick.means import centre, centred, has_mean

c, r = Polynomial.symbol("c"), Polynomial.symbol("r")
MEANS = [
    Gaussian(r),
    Gaussian(r, Mean.CONSTANT, c),
    Gaussian(Polynomial(), Mean.CONSTANT, -2 * c * r),
    Gaussian(r, Mean.DELTA, c),
    Gaussian(2 * r, Mean.DELTA, Polynomial.constant(Fraction(1, 2))),
]


@st.composite
def random_tensors(draw: st.DrawFn, least_rank: int = 0) -> tuple[Tensor, ...]:
    """Tensors with any law: delta means only where all slots are of one family."""
    result = []
    for tensor in draw(alphabets(least_rank=least_rank)):
        patterns = [law for law in MEANS if _fits(law, tensor)]
        role = draw(st.sampled_from([Role.TRAINED, Role.FROZEN]))
        result.append(replace(tensor, role=role, law=draw(st.sampled_from(patterns))))
    return tuple(result)


def _fits(law: Gaussian, tensor: Tensor) -> bool:
    return law.mean is not Mean.DELTA or len(set(tensor.families)) <= 1


def mean_of(tensor: Tensor, entry: Entry, symbols: Mapping[str, Fraction | int]) -> Fraction:
    """The mean of one entry, from its law."""
    law = tensor.law
    assert isinstance(law, Gaussian)
    if law.mean is Mean.DELTA and len(set(entry[1])) > 1:
        return Fraction(0)
    return number(law.mean_value, symbols)


def shifted(
    polynomial: Explicit, tensors: Sequence[Tensor], symbols: Mapping[str, Fraction | int]
) -> Explicit:
    """Every entry of the given tensors with a mean: mean plus what it varies by."""
    by_name = {tensor.name: tensor for tensor in tensors if has_mean(tensor)}
    total: defaultdict[tuple[Entry, ...], Fraction] = defaultdict(Fraction)
    for monomial, coefficient in polynomial.items():
        product: Explicit = {(): coefficient}
        for entry in monomial:
            factor: Explicit = {(entry,): Fraction(1)}
            if entry[0] in by_name:
                tensor = by_name[entry[0]]
                fluctuation = (centred(tensor).name, entry[1])
                mean = scaled(mean_of(tensor, entry, symbols), {(): Fraction(1)})
                assert isinstance(tensor.law, Gaussian)
                moves = tensor.law.variance or tensor.role is Role.TRAINED
                factor = add({(fluctuation,): Fraction(1)}, mean) if moves else mean
            product = times(product, factor)
        for key, part in product.items():
            total[key] += part
    return {key: part for key, part in total.items() if part}


@given(st.data())
def test_centring_shifts_every_entry(data: st.DataObject) -> None:
    tensors = data.draw(random_tensors())
    a = data.draw(combinations(tensors))
    over = data.draw(st.sampled_from([None, (), tensors[:1], tensors]))
    symbols = {**SYMBOLS, "B": 2}
    rewritten = centre(a, over)
    chosen = tensors if over is None else over
    assert explicit(rewritten, symbols) == shifted(explicit(a, symbols), chosen, symbols)
    left = {t for d, _ in rewritten for t in d.tensors}
    assert not any(has_mean(t) for t in left if t in chosen)


@given(st.data())
def test_centring_commutes_with_the_merge(data: st.DataObject) -> None:
    tensors = data.draw(random_tensors())
    a, b = (data.draw(combinations(tensors)) for _ in range(2))
    assert centre(merge(a, b)) == merge(centre(a), centre(b))


def test_legs_follow_a_delta() -> None:
    w = Tensor("w", (alpha, alpha), law=Gaussian(r, Mean.DELTA, c))
    rewritten = centre(Combination.of({Diagram.of((w, "a b"), legs="a b"): 1}))
    assert rewritten == Combination.of(
        {Diagram.of((centred(w), "a b"), legs="a b"): 1, Diagram((alpha,), (), (0, 0)): c}
    )


def test_fluctuations() -> None:
    law = Gaussian(r, Mean.CONSTANT, c)
    tensor = Tensor("b", (alpha,), Role.TRAINED, law, 3 * r)
    assert has_mean(tensor)
    assert centred(tensor).law == Gaussian(r)
    assert (centred(tensor).role, centred(tensor).rate) == (Role.TRAINED, 3 * r)
    assert centred(tensor).name == "b"
    plain = Tensor("b", (alpha,))
    for unchanged in (plain, delta(alpha)):
        assert not has_mean(unchanged)
        assert centred(unchanged) == unchanged
    assert delta(alpha).law == Delta()


@pytest.mark.parametrize(
    ("one", "other"),
    [("b", "d"), ("layer_of_the_frozen_teacher_1", "layer_of_the_frozen_teacher_2")],
)
def test_fluctuations_of_two_tensors_are_two(one: str, other: str) -> None:
    """Independent tensors stay independent however alike their names are: E[bd] = E[b]E[d]."""
    law = Gaussian(Polynomial.constant(1), Mean.CONSTANT, Polynomial.constant(1))
    b, d = (Tensor(name, (beta,), Role.FROZEN, law) for name in (one, other))
    assert value(Diagram.of((b, "i"), (d, "i"))) == Polynomial.symbol("B")


def test_a_fluctuation_is_not_another_tensor() -> None:
    """A tensor whose name a fluctuation might be given is independent of it."""
    law = Gaussian(Polynomial.constant(1), Mean.CONSTANT, Polynomial.constant(1))
    b = Tensor("b", (beta,), Role.FROZEN, law)
    alike = Tensor("b_centred", (beta,), Role.FROZEN)
    assert value(Diagram.of((b, "i"), (alike, "i"))) == Polynomial()
    assert value(Diagram.of((b, "i"), (b, "i"))) == 2 * Polynomial.symbol("B")
