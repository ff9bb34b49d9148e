"""The small language: what it means, what it refuses, and that nothing else can happen."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.grammar import TERM_LIMIT, parse_monomial, parse_sum
from diagrams.problems.products import Entry, Term

N, d, gamma, sigma = (Polynomial.symbol(name) for name in ("N", "d", "gamma", "sigma"))
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sigma^2/N", sigma**2 * N**-1),
        ("1/(N*d)", N**-1 * d**-1),
        ("1/(N d)", N**-1 * d**-1),
        ("1/N*d", N**-1 * d),
        ("1/N/d", N**-1 * d**-1),
        ("3/2*gamma^2", Fraction(3, 2) * gamma**2),
        ("3 gamma", 3 * gamma),
        ("1/sqrt(N)", N**-HALF),
        ("sqrt(4*N^3/9)", Fraction(2, 3) * N ** Fraction(3, 2)),
        ("N^(-1/2)", N**-HALF),
        ("N**(-1/2)", N**-HALF),
        ("N^-2", N**-2),
        ("(N^2)^(1/4)", N**HALF),
        ("-0.25*N", Fraction(-1, 4) * N),
        (" \n\t2 ", Polynomial.constant(2)),
        ("(((7)))", Polynomial.constant(7)),
        ("0", Polynomial()),
        ("0*N", Polynomial()),
        ("4^(-1/2)", Polynomial.constant(HALF)),
        ("sigma^2/3", sigma**2 / 3),
        ("2*N - N", N),
    ],
)
def test_monomials(text: str, value: Polynomial) -> None:
    assert parse_monomial(text, "variance") == value


@given(
    st.recursive(
        st.sampled_from(
            [
                ("2", Polynomial.constant(2)),
                ("3/4", Polynomial.constant(Fraction(3, 4))),
                ("N", N),
                ("gamma", gamma),
                ("0.5", Polynomial.constant(HALF)),
            ]
        ),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(
                lambda xy: (f"({xy[0][0]})*({xy[1][0]})", xy[0][1] * xy[1][1])
            ),
            st.tuples(inner, inner).map(
                lambda xy: (f"({xy[0][0]})/({xy[1][0]})", xy[0][1] * xy[1][1] ** -1)
            ),
            inner.map(lambda x: (f"sqrt(({x[0]})^2)", x[1])),
            inner.map(lambda x: (f"({x[0]})**(-1)", x[1] ** -1)),
        ),
        max_leaves=6,
    )
)
@settings(max_examples=100, deadline=2000)
def test_monomials_agree_with_arithmetic(pair: tuple[str, Polynomial]) -> None:
    text, value = pair
    assert parse_monomial(text, "rate") == value
    assert parse_monomial(str(value), "rate") == value


def term(coefficient: Polynomial | int | Fraction, *factors: str) -> Term:
    entries = []
    for factor in factors:
        name, _, indices = factor.rstrip("]").partition("[")
        entries.append(Entry(name, tuple(indices.split(",")) if indices else ()))
    return Term(coefficient * Polynomial.constant(1), tuple(entries))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        (
            "a[k] W[k,i] x[mu,i] / sqrt(N) - 1/2 b[k]^2",
            (term(N**-HALF, "a[k]", "W[k,i]", "x[mu,i]"), term(-HALF, "b[k]", "b[k]")),
        ),
        ("1/sqrt(N) a[k]*b[k]", (term(N**-HALF, "a[k]", "b[k]"),)),
        ("delta[i,j]", (term(1, "delta[i,j]"),)),
        ("g[] + 1", (term(1, "g[]"), term(1))),
        ("-a[k]**3", (term(-1, "a[k]", "a[k]", "a[k]"),)),
        ("0", ()),
        ("0 * a[k]", ()),
        (
            "1/2 (a[k] - b[k]) (a[k] + 2)",
            (
                term(HALF, "a[k]", "a[k]"),
                term(1, "a[k]"),
                term(-HALF, "b[k]", "a[k]"),
                term(-1, "b[k]"),
            ),
        ),
        ("a[k] - (b[k] - c[k])", (term(1, "a[k]"), term(-1, "b[k]"), term(1, "c[k]"))),
    ],
)
def test_sums(text: str, terms: tuple[Term, ...]) -> None:
    assert parse_sum(text, "model.output") == terms


def test_entries_know_their_place_but_compare_without_it() -> None:
    (found,) = parse_sum("2 W[k, i]", "model.output")
    assert found.factors[0] == Entry("W", ("k", "i"))
    assert (found.factors[0].place, found.factors[0].index_places) == (
        "column 3",
        ("column 5", "column 8"),
    )


@pytest.mark.parametrize(
    ("text", "column", "piece"),
    [
        ("", 1, "end of text"),
        ("a[k] +", 7, "end of text"),
        ("__import__('os')", 1, "_"),
        ("a.__class__", 2, "."),
        ("a[k].T", 5, "."),
        ("sigma**10**10", 10, "**"),
        ("2^3^4", 4, "^"),
        ("lambda: 0", 7, ":"),
        ("exp(N)", 1, "exp"),
        ("N (d)", 1, "N"),
        ("σ^2", 1, "σ"),
        ("\u0430[k]", 1, "\u0430"),
        ("N\u00a0d", 2, "\u00a0"),
        ("\u0663", 1, "\u0663"),
        ("N\0", 2, "\0"),
        ("N²", 2, "²"),
        ("1e5", 1, "1e5"),
        ("0x10", 1, "0x10"),
        ("1_000", 2, "_"),
        ("2N", 1, "2N"),
        ("1/N d", 5, "d"),
        ("1/2 N", 5, "N"),
        ("N^-1/2", 3, "-"),
        ("N^1/2", 3, "1"),
        ("a[k] 2", 6, "2"),
        ("2 -- 1", 4, "-"),
        ("2*-1", 3, "-"),
        ("1/0", 2, "/"),
        ("0^0", 1, "0"),
        ("N^(1/0)", 3, "("),
        ("N^65", 3, "65"),
        ("N^" + "9" * 40, 3, "9" * 40),
        ("N^64*N", 1, "N"),
        ("N^(1/64)*N^(1/63)", 1, "N"),
        ("9" * 41, 1, "9" * 41),
        ("9^64", 1, "9"),
        ("(1/9)^(-64)", 1, "("),
        ("sqrt(2)", 1, "sqrt"),
        ("sqrt(-4)", 1, "sqrt"),
        ("sqrt(N + 1)", 1, "sqrt"),
        ("(N + 1)^2", 1, "("),
        ("1/(N + 1)", 3, "("),
        ("((N)", 5, "end of text"),
        ("N)", 2, ")"),
        ("(" * 40 + "1" + ")" * 40, 17, "("),
        ("a[k", 4, "end of text"),
        ("a[1]", 3, "1"),
        ("a[k,]", 5, "]"),
        ("a[k+1]", 4, "+"),
        ("1/a[k]", 2, "/"),
        ("a[k]^0", 1, "a"),
        ("a[k]^-1", 1, "a"),
        ("a[k]^(1/2)", 1, "a"),
        ("a[k]^25", 1, "a"),
        ("a[k]^20 b[k]^20", 1, "a"),
        ("sqrt(a[k])", 1, "sqrt"),
        ("delta[i]", 1, "delta"),
        ("delta", 1, "delta"),
        ("sqrt[k]", 1, "sqrt"),
        ("x" * 33, 1, "x" * 33),
        (" + ".join(["1"] * (TERM_LIMIT + 1)), 1, "1"),
        ("(a[i] + 1)" * 6, 1, "("),
    ],
)
def test_refusals_name_column_and_piece(text: str, column: int, piece: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_sum(text, "model.output")
    error = caught.value
    assert error.field == f"model.output, column {column}"
    assert error.value == piece
    assert error.allowed
    assert str(error).isprintable()


def test_lines_are_counted_in_texts_of_several() -> None:
    with pytest.raises(BadInput, match="model.output, line 2, column 3: '%'"):
        parse_sum("a[k]\n+ % b[k]", "model.output")


def test_too_long() -> None:
    with pytest.raises(BadInput, match="length of rate: 5000"):
        parse_monomial("1" * 5000, "rate")


@pytest.mark.parametrize("text", ["1 + N", "a[k]", "delta[i,j]", "N - d"])
def test_a_monomial_has_neither_sums_nor_entries(text: str) -> None:
    with pytest.raises(BadInput):
        parse_monomial(text, "rate")


def test_vocabulary() -> None:
    ranks, refused = {"a": 1}, {"a": "a[k], a tensor", "T": "scales, not time"}
    assert parse_sum("c a[k]", "f", ranks, refused) == (term(Polynomial.symbol("c"), "a[k]"),)
    for text, message in [
        ("a", "f, column 1: 'a' is not allowed; allowed: a[k], a tensor"),
        ("2 T", "f, column 3: 'T' is not allowed; allowed: scales, not time"),
        ("b[k]", "f, column 1: 'b' is not allowed; allowed: one of the tensors a"),
        ("a[i,j]", "f, column 1: 'a[i,j]' is not allowed; allowed: a with 1 index"),
    ]:
        with pytest.raises(BadInput) as caught:
            parse_sum(text, "f", ranks, refused)
        assert str(caught.value) == message


PIECES = [
    "a",
    "W",
    "N",
    "sigma",
    "sqrt",
    "delta",
    "k",
    "i",
    "[",
    "]",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "^",
    "**",
    " ",
    "1",
    "2",
    "0",
    "0.5",
    "64",
    "a[k]",
    "W[k,i]",
    ".",
    "é",
    "\n",
]


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
@settings(max_examples=150, deadline=2000)
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_sum, parse_monomial):
        try:
            parse(text, "field")
        except BadInput as error:
            assert error.field.startswith(("field", "length of field"))
            assert str(error).isprintable()
