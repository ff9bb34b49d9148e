"""The small language of problem files: monomials, and sums of products of tensor entries.

A *monomial* is a rational number times powers of symbols: ``sigma^2/N``, ``1/(N*d)``,
``3/2*gamma^2``, ``1/sqrt(N)``, ``N^(-1/2)``.  A *sum* adds and subtracts products of a
monomial and of tensor entries with named indices::

    a[k] W[k,i] x[mu,i] / sqrt(N) - 1/2 b[k]^2

``delta[i,j]`` is the Kronecker delta.  The language, all of it::

    sum       =  [sign] product {sign product}            sign  =  "+" | "-"
    product   =  factor {["*"] factor | "/" factor}
    factor    =  base [("^" | "**") exponent]
    base      =  number | symbol | "sqrt(" sum ")" | entry | "(" sum ")" | star | function
    entry     =  name "[" [index {"," index}] "]"
    star      =  "star(" sum "," sum ")"
    function  =  name "(" product ")"
    exponent  =  [sign] integer | "(" [sign] integer ["/" integer] ")"

A *function* is that of a linear form, ``phi(W[k,i] x[m,i] / sqrt(d))``: a monomial times an entry,
or two of which the index that both have is summed inside.  ``relu``, ``erf``, ``sign``, ``gelu``,
``tanh``, ``cos``, ``sin`` and ``exp`` are known; ``phi`` stays a symbol, and so does ``phi`` with
digits.  A whole power of such a form, ``(W[k,i] x[m,i])^2``, is a function of it too.

Numbers are integers and decimals, read exactly.  Parentheses around entries are multiplied
out; only then are indices summed, over the whole product.  What could be read in two ways is
refused: ``1/N d``, ``N^-1/2``, ``2^3^4``, a power of three entries or of a sum.
``star(A, B)``, the merge ``sum_u rate_u (dA/du)(dB/du)`` over all trained entries, stands in
observables only, and so do names of quantities such as ``output`` without brackets; see
:mod:`diagrams.problems.observables`.
Nothing else is a language construct, and text is never evaluated by Python or by SymPy.
Every refusal is a :class:`~diagrams.errors.BadInput` that names field, column and piece.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.products import (
    DELTA,
    FUNCTIONS,
    POWER,
    ROOT,
    STAR,
    SYMBOLIC,
    Applied,
    Entry,
    Star,
    Term,
    is_function,
)
from diagrams.problems.tokens import DIGIT_LIMIT, Cursor, Token

DEPTH_LIMIT = 16
TERM_LIMIT = 32
SLOT_LIMIT = 8
ENTRY_LIMIT = 24
EXPONENT_LIMIT = 64

_ONE = Polynomial.constant(1)


def parse_sum(
    text: str,
    field: str,
    ranks: Mapping[str, int] | None = None,
    refused: Mapping[str, str] | None = None,
    quantities: Collection[str] | None = None,
) -> tuple[Term, ...]:
    """Read a sum of products; zero terms are left out, equal ones are not collected.

    ``field`` names the text in messages.  ``ranks``, if given, holds the tensors that may
    occur and their numbers of indices; ``refused`` holds names that are no symbols here,
    each with what to write instead.  ``quantities``, if given, makes it the language of
    observables: they are names in ``ranks`` that need no brackets if they have no indices.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> for term in parse_sum("a[k] W[k,i] / sqrt(N) - 1/2 b[i]^2", "model.output"):
    ...     print(term)
    (N**(-1/2)) a[k] W[k,i]
    (-1/2) b[i] b[i]
    """
    return _Parser(text, field, ranks, refused, quantities).whole()


def parse_monomial(
    text: str, field: str, refused: Mapping[str, str] | None = None, delta_symbol: bool = False
) -> Polynomial:
    """Read a monomial (or zero) in sizes and scales; ``delta`` is none unless asked for.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> print(parse_monomial("3/2*gamma^2/sqrt(N)", "rate"))
    3/2*N**(-1/2)*gamma**2
    """
    parser = _Parser(text, field, {}, refused)
    parser.delta_symbol = delta_symbol
    terms = parser.whole()
    total = Polynomial.from_terms(pair for term in terms for pair in term.coefficient.terms)
    if len(total) > 1:
        raise BadInput(field, text, "one monomial, without sums, such as sigma^2/N")
    return total


class _Parser(Cursor):
    """One recursive descent over one text; every method starts at the token ahead."""

    def __init__(
        self,
        text: str,
        field: str,
        ranks: Mapping[str, int] | None,
        refused: Mapping[str, str] | None,
        quantities: Collection[str] | None = None,
    ) -> None:
        super().__init__(text, field)
        self.ranks, self.refused, self.quantities = ranks, refused or {}, quantities
        self.depth = 0
        self.delta_symbol = False

    # -- the language ------------------------------------------------------------

    def whole(self) -> tuple[Term, ...]:
        terms = self.sum()
        if self.token.kind != "end":
            raise self.error(self.token, "+, - or the end of the text here")
        return tuple(term for term in terms if term.coefficient)

    def sum(self) -> list[Term]:
        start = self.token
        terms: list[Term] = []
        negative = self.sees("+", "-") and self.take().text == "-"
        while True:
            for term in self.product():
                terms.append(replace(term, coefficient=-term.coefficient) if negative else term)
            if len(terms) > TERM_LIMIT:
                raise self.error(start, f"a sum of at most {TERM_LIMIT} terms")
            if not self.sees("+", "-"):
                return terms
            negative = self.take().text == "-"

    def product(self) -> list[Term]:
        start = self.token
        value = self.factor()
        divided = False
        while True:
            here = self.token
            if self.sees("*", "/"):
                self.take()
                divided = here.text == "/"
                factor = self.factor()
            elif here.kind == "name" or self.sees("("):
                factor = self.factor()
                if divided and all(term.is_number for term in factor):
                    raise self.error(
                        here, "* or parentheses after a division: 1/N*d is d/N, 1/(N*d) is not"
                    )
                divided = False
            elif here.kind == "number":
                raise self.error(here, "* before a number that follows something")
            else:
                return value
            if divided:
                factor = [Term(self.power(self.monomial(factor, here), Fraction(-1), here))]
            if len(value) * len(factor) > TERM_LIMIT:
                raise self.error(start, f"a product of at most {TERM_LIMIT} terms, multiplied out")
            value = [self.times(one, other, start) for one in value for other in factor]

    def factor(self) -> list[Term]:
        start = self.token
        value = self.base()
        if not self.sees("^", "**"):
            return value
        self.take()
        exponent = self.exponent()
        if all(term.is_number for term in value) and len(value) == 1:
            return [Term(self.power(self.monomial(value, start), exponent, start))]
        alone = len(value) == 1 and len(value[0].factors) + len(value[0].others) == 1
        if not alone and any(_has_indices(term) for term in value):
            if exponent.denominator != 1 or not 1 <= exponent <= ENTRY_LIMIT:
                raise self.error(start, f"powers 1 to {ENTRY_LIMIT} of a linear form")
            return [self.applied(f"{POWER}{exponent}", value, start)]
        if exponent.denominator != 1 or not 1 <= exponent <= ENTRY_LIMIT:
            raise self.error(start, f"powers 1 to {ENTRY_LIMIT} of a tensor entry")
        result = value
        for _ in range(int(exponent) - 1):
            if len(result) * len(value) > TERM_LIMIT:
                raise self.error(start, f"a power of at most {TERM_LIMIT} terms, multiplied out")
            result = [self.times(one, other, start) for one in result for other in value]
        return result

    def base(self) -> list[Term]:
        token = self.take()
        if token.kind == "number":
            return [Term(Polynomial.constant(Fraction(token.text)))]
        if token.kind == "name":
            if self.sees("["):
                return [Term(_ONE, (self.entry(token),))]
            if token.text == ROOT:
                inside = self.monomial(self.parenthesis(self.expect("(")), token)
                return [Term(self.power(inside, Fraction(1, 2), token))]
            if token.text == STAR and self.quantities is not None and self.sees("("):
                return [Term(_ONE, (), (self.star(token),))]
            if self.sees("("):
                if not is_function(token.text):
                    raise self.error(token, self.functions())
                return [self.applied(token.text, self.parenthesis(self.take()), token)]
            if token.text in (self.quantities or ()):
                return [Term(_ONE, (self.named(token, []),))]
            return [Term(self.symbol(token))]
        if token.kind == "sign" and token.text == "(":
            value = self.parenthesis(token)
            if len(value) > 1 and all(term.is_number for term in value):
                raise self.error(token, "a monomial, or a sum with tensor entries, in parentheses")
            return value
        raise self.error(token, "a number, a symbol, a tensor entry such as a[k], or (")

    def star(self, name: Token) -> Star:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise self.error(name, f"at most {DEPTH_LIMIT} nested parentheses")
        self.expect("(")
        left = self.sum()
        self.expect(",")
        right = self.sum()
        self.expect(")")
        self.depth -= 1
        return Star(tuple(left), tuple(right), self.place(name))

    def functions(self) -> str:
        """What may stand before a parenthesis."""
        known = f"{ROOT}(..) of a monomial"
        known += f", {STAR}(.., ..)" * (self.quantities is not None)
        known += f", {'(..), '.join(FUNCTIONS)}(..) or {SYMBOLIC}(..) of a linear form"
        return f"{known}, or a * before a parenthesis"

    def applied(self, name: str, value: list[Term], token: Token) -> Term:
        """A function of a linear form: one entry, or two that share the index that is summed."""
        inside = value[0]
        if len(value) == 1 and inside.functions:
            raise self.error(
                token,
                "a function of weights times inputs; deeper networks are not available: what a"
                " function is of has to be Gaussian, and the output of a hidden layer of finite"
                " width is not",
            )
        if len(value) != 1 or inside.stars or not 1 <= len(inside.factors) <= 2:
            raise self.error(
                token,
                "a function or a power of one linear form, such as phi(W[k,i] x[m,i]); write"
                " other products and sums out, index by index, such as W[k,i] W[l,j] x[i] y[j]",
            )
        made = Applied(name, inside.coefficient, inside.factors, self.place(token))
        names = [index for entry in inside.factors for index in entry.indices]
        twice = sorted({index for index in names if names.count(index) > 1})
        if len(twice) != len(inside.factors) - 1 or len(set(names)) != len(names) - len(twice):
            allowed = "two entries with one index in common, such as phi(W[k,i] x[m,i])"
            raise self.error(token, f"{allowed}, or a single entry with different indices")
        return Term(_ONE, (), (), (made,))

    def parenthesis(self, opening: Token) -> list[Term]:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise self.error(opening, f"at most {DEPTH_LIMIT} nested parentheses")
        value = self.sum()
        self.expect(")")
        self.depth -= 1
        return value

    def symbol(self, token: Token) -> Polynomial:
        if token.text == DELTA and not self.delta_symbol:
            raise self.error(token, f"{DELTA} with two indices or more, such as {DELTA}[i,j]")
        if token.text in self.refused:
            raise self.error(token, self.refused[token.text])
        return Polynomial.symbol(token.text)

    def entry(self, name: Token) -> Entry:
        indices: list[Token] = []
        self.expect("[")
        while not (self.sees("]") and not indices):
            if self.token.kind != "name":
                raise self.error(self.token, "an index name, such as i or mu")
            indices.append(self.take())
            if not self.sees(","):
                break
            self.take()
        self.expect("]")
        return self.named(name, indices)

    def named(self, name: Token, indices: list[Token]) -> Entry:
        if len(indices) > ENTRY_LIMIT:
            raise self.error(name, f"at most {ENTRY_LIMIT} indices")
        if self.ranks is not None and not self.ranks:
            raise self.error(name, "numbers, sizes and scales; no tensor entry here")
        if name.text == DELTA:
            if len(indices) < 2:
                raise self.error(name, f"two indices or more in {DELTA}[..]")
        elif name.text == ROOT:
            raise self.error(name, f"{ROOT}(..) of a monomial")
        elif self.ranks is not None:
            if name.text not in self.ranks:
                kinds = "tensors" if self.quantities is None else "tensors and quantities"
                raise self.error(name, f"one of the {kinds} {', '.join(self.ranks)}")
            rank = self.ranks[name.text]
            if rank != len(indices):
                found = f"{name.text}[{','.join(token.text for token in indices)}]"
                found = found if indices else name.text
                allowed = f"{name.text} with {rank} {'index' if rank == 1 else 'indices'}"
                raise self.error(replace(name, text=found), allowed)
        return Entry(
            name.text,
            tuple(token.text for token in indices),
            self.place(name),
            tuple(self.place(token) for token in indices),
        )

    def exponent(self) -> Fraction:
        start = self.token
        closing = bool(self.sees("(") and self.take())
        negative = self.sees("+", "-") and self.take().text == "-"
        value = Fraction(self.integer())
        if closing:
            if self.sees("/"):
                self.take()
                below = self.integer()
                if not below:
                    raise self.error(start, "an exponent without division by zero")
                value /= below
            self.expect(")")
        elif self.sees("/") and (negative or value == 1) and self.number_after():
            raise self.error(start, "a fractional exponent in parentheses, such as N^(-1/2)")
        if self.sees("^", "**"):
            raise self.error(self.token, "one exponent; powers of powers need parentheses")
        return -value if negative else value

    def number_after(self) -> bool:
        return self.tokens[self.ahead + 1].kind == "number"

    def integer(self) -> int:
        token = self.take()
        if token.kind != "number" or "." in token.text or int(token.text) > EXPONENT_LIMIT:
            raise self.error(token, f"an integer from 0 to {EXPONENT_LIMIT} in an exponent")
        return int(token.text)

    # -- arithmetic, bounded -----------------------------------------------------

    def monomial(self, value: list[Term], token: Token) -> Polynomial:
        """The value as a monomial; refuses sums and tensor entries."""
        if len(value) > 1 or not value[0].is_number:
            raise self.error(token, f"{ROOT}, division and powers of one monomial only")
        return value[0].coefficient

    def times(self, one: Term, other: Term, token: Token) -> Term:
        product = Term(
            self.bounded(one.coefficient * other.coefficient, token),
            one.factors + other.factors,
            one.stars + other.stars,
            one.functions + other.functions,
        )
        if len(product.factors) + len(product.others) > ENTRY_LIMIT:
            raise self.error(token, f"at most {ENTRY_LIMIT} tensor entries in a product")
        return product

    def power(self, base: Polynomial, exponent: Fraction, token: Token) -> Polynomial:
        if not base and exponent <= 0:
            raise self.error(token, "no division by zero and no power 0 of zero")
        sizes = [max(abs(c.numerator), c.denominator) for _, c in base.terms]
        if any(abs(exponent) * (len(str(size)) - 1) > 2 * DIGIT_LIMIT for size in sizes):
            raise self.error(token, f"numbers of at most {DIGIT_LIMIT} digits")
        if not base:
            return base
        try:
            result = base**exponent
        except ValueError:
            raise self.error(token, f"rational numbers; {base} has no such root") from None
        return self.bounded(result, token)

    def bounded(self, value: Polynomial, token: Token) -> Polynomial:
        for powers, coefficient in value.terms:
            if max(abs(coefficient.numerator), coefficient.denominator) >= 10**DIGIT_LIMIT:
                raise self.error(token, f"numbers of at most {DIGIT_LIMIT} digits")
            if any(abs(e) > EXPONENT_LIMIT or e.denominator > EXPONENT_LIMIT for _, e in powers):
                raise self.error(token, f"exponents from -{EXPONENT_LIMIT} to {EXPONENT_LIMIT}")
        return value


def _has_indices(term: Term) -> bool:
    sides = (side for star in term.stars for side in (*star.left, *star.right))
    return any(entry.indices for entry in term.entries) or any(map(_has_indices, sides))
