"""CP models: a tensor of order nu fitted by a sum of H rank-one terms.

``f[i1..i_nu] = sum_k prod_m u^(c_m)[k, i_m]`` with hidden index ``k <= H`` and features
``i <= p``; a *tie pattern* ``d_1 + .. + d_r = nu`` says how many of the ``nu`` slots share
each of the ``r`` factor matrices.  The loss is ``L = 1/2 |f - F|^2`` with target ``F``.
(arXiv 2602.04548, section 2.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Tensor, group_law
from diagrams.polynomials.polynomial import ONE, ZERO, Polynomial, check_symbol
from diagrams.problems.observables import Quantity
from diagrams.problems.problem import Problem
from diagrams.problems.products import DELTA, Entry, Term

HIDDEN = IndexFamily("hidden", "H", "k")
FEATURE = IndexFamily("feature", "p", "i")
ORDER_LIMIT = 24
TARGETS = ("identity", "zero", "modular")
RESERVED = ("p", "H", "sigma", "T", "t")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40}|/0*[1-9][0-9]{0,39})?\Z")


@dataclass(frozen=True)
class CPProblem(Problem):
    """A problem built by :func:`cp_problem`, with its parameters.

    ``scale`` and ``decay`` are rational constants or single symbols, as polynomials.
    """

    order: int = 2
    ties: tuple[int, ...] = (2,)
    target: str = "identity"
    scale: Polynomial = ONE
    decay: Polynomial = ZERO

    def titled(self, words: str) -> str:
        """The title with other words for the order, such as ``even order nu``.

        >>> cp_problem(order=4, scale="c").titled("even order nu")
        'CP model of even order nu, all slots tied, identity target scaled by c'
        """
        return _title(words, self.ties, self.target, self.scale, self.decay)


def cp_problem(
    order: int = 4,
    ties: str | tuple[int, ...] = "sym",
    target: str = "identity",
    scale: int | str | Fraction = 1,
    decay: int | str | Fraction = 0,
) -> CPProblem:
    """Return the CP problem of the given order.

    ``ties``: ``"sym"`` (one matrix for all slots), ``"asym"`` (one for each), or a tie
    pattern such as ``"2+1"`` or ``(2, 1)``.  ``target``: ``"identity"`` (1 where all indices
    agree, times ``scale``), ``"zero"``, or ``"modular"``: addition modulo p, times ``scale``, see
    :func:`~diagrams.problems.cp.modular_law`.  ``decay`` = lambda adds ``(lambda/2) |u|^2`` to what
    the flow descends; the observable stays ``1/2 |f - F|^2``.  Scale and decay are rational
    numbers or plain symbols.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> print(cp_problem(order=3, ties="2+1").title)
    CP model of order 3, ties 2+1, identity target
    """
    order = _checked_order(order)
    pattern = _checked_ties(ties, order)
    if not isinstance(target, str) or target not in TARGETS:
        raise BadInput("target", target, " or ".join(TARGETS))
    c, strength = parameter("scale", scale), parameter("decay", decay)

    names = "uvwxyz" if len(pattern) <= 6 else [f"u{j + 1}" for j in range(len(pattern))]
    law = Gaussian(Polynomial.monomial(1, {"sigma": 2}))
    tensors = [Tensor(names[j], (HIDDEN, FEATURE), law=law) for j in range(len(pattern))]
    slots = [tensor for tensor, count in zip(tensors, pattern, strict=True) for _ in range(count)]
    square = Diagram.of(*((u, f"{k} i{m}") for m, u in enumerate(slots) for k in ("k", "l")))
    terms: list[tuple[Diagram, Polynomial | Fraction]] = [(square, Fraction(1, 2))]
    if target == "identity":
        terms.append((Diagram.of(*((u, "k i") for u in slots)), -c))
        terms.append((Diagram((FEATURE,), ()), c * c / 2))
    elif target == "modular":
        table = modular_law(pattern)
        indices = [f"i{m}" for m in range(order)]
        entries = [(u, f"k {i}") for u, i in zip(slots, indices, strict=True)]
        terms.append((Diagram.of((table, indices), *entries), -c))
        terms.append((Diagram.of((table, indices)), c * c / 2))
    loss = Combination.of(terms)
    penalty = Combination.of((Diagram.of((u, "k i"), (u, "k i")), strength / 2) for u in tensors)
    return CPProblem(
        title=_title(f"order {order}", pattern, target, c, strength),
        spec=_spec(order, pattern, target, c, strength),
        observable=loss,
        potential=loss + penalty,
        facts=(
            ("model", "cp"),
            ("order", str(order)),
            ("ties", "+".join(map(str, pattern))),
            ("target", target),
            ("scale", str(c)),
            ("decay", str(strength)),
        ),
        quantities=_quantities(slots, target, c),
        declared=(modular_law(pattern),) if target == "modular" else (),
        declared_symbols=("p", "H", *c.symbols, *strength.symbols, "sigma"),
        squared=True,
        rows=(HIDDEN,),
        order=order,
        ties=pattern,
        target=target,
        scale=c,
        decay=strength,
    )


def _quantities(slots: list[Tensor], target: str, scale: Polynomial) -> tuple[Quantity, ...]:
    """Output and target, with free indices ``i1, i2, ..``, for the language of observables."""
    indices = tuple(f"i{m + 1}" for m in range(len(slots)))
    families = (FEATURE,) * len(slots)
    model = [Entry(u.name, ("k", i)) for u, i in zip(slots, indices, strict=True)]
    table = {"identity": DELTA, "modular": "F", "zero": ""}[target]
    wanted = (Term(scale, (Entry(table, indices),)),) if table else ()
    return (
        Quantity("output", indices, families, (Term(ONE, tuple(model)),)),
        Quantity("target", indices, families, wanted),
    )


def modular_law(pattern: tuple[int, ...]) -> Tensor:
    """Return addition modulo p as a structural tensor ``F[i1, .., i_nu]`` of zeros and ones.

    Without ties ``F = [i1 + .. + i_(nu-1) = i_nu]``.  Slots of one factor matrix must be alike,
    so that with any two slots tied ``F = [i1 + .. + i_nu = 0]``; turning the signs of all
    indices of one factor matrix around maps either form to the other where nothing is tied.

    >>> modular_law((1, 1, 1)).law, modular_law((2, 1)).law
    (GroupLaw(coefficients=(1, 1, -1)), GroupLaw(coefficients=(1, 1, 1)))
    """
    order = sum(pattern)
    last = -1 if set(pattern) == {1} else 1
    return group_law(FEATURE, (1,) * (order - 1) + (last,), "F")


def _checked_order(order: object) -> int:
    if not isinstance(order, int) or isinstance(order, bool) or not 2 <= order <= ORDER_LIMIT:
        raise BadInput("order", order, f"an integer from 2 to {ORDER_LIMIT}")
    return order


def _checked_ties(ties: object, order: int) -> tuple[int, ...]:
    allowed = f"sym, asym, or positive integers that sum to the order {order}, such as " + (
        "+".join(["2"] * (order > 2) + ["1"] * (order - 2 * (order > 2)))
    )
    if ties == "sym":
        return (order,)
    if ties == "asym":
        return (1,) * order
    if isinstance(ties, str):
        if not re.fullmatch(r"[0-9]{1,2}(\+[0-9]{1,2}){0,40}", ties):
            raise BadInput("ties", ties, allowed)
        pattern = tuple(map(int, ties.split("+")))
    elif isinstance(ties, tuple | list):
        pattern = tuple(ties)
    else:
        raise BadInput("ties", ties, allowed)
    positive = all(isinstance(d, int) and not isinstance(d, bool) and d >= 1 for d in pattern)
    if not positive or sum(pattern) != order:
        raise BadInput("ties", ties, allowed)
    return pattern


def parameter(field: str, value: object) -> Polynomial:
    """Return a rational number or a plain, unreserved symbol as a polynomial."""
    allowed = f"a rational number or a plain symbol other than {', '.join(RESERVED)}"
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        if max(abs(value.numerator), value.denominator) >= 10**40:
            raise BadInput(field, value, f"{allowed}; at most 40 digits")
        return Polynomial.constant(value)
    if isinstance(value, str) and _NUMBER.match(value):
        return Polynomial.constant(Fraction(value))
    try:
        name = check_symbol(value, field)
    except BadInput:
        raise BadInput(field, value, allowed) from None
    if name in RESERVED:
        raise BadInput(field, value, allowed)
    return Polynomial.symbol(name)


def _ties_word(pattern: tuple[int, ...]) -> str:
    if len(pattern) == 1:
        return "sym"
    return "asym" if set(pattern) == {1} else "+".join(map(str, pattern))


def _spec(
    order: int, pattern: tuple[int, ...], target: str, scale: Polynomial, decay: Polynomial
) -> str:
    words = [f"order={order}", f"ties={_ties_word(pattern)}", f"target={target}"]
    words += [f"scale={scale}"] * (str(scale) != "1") + [f"decay={decay}"] * bool(decay)
    return "cp:" + ",".join(words)


def _title(
    order: str, pattern: tuple[int, ...], target: str, scale: Polynomial, decay: Polynomial
) -> str:
    words = {"sym": "all slots tied", "asym": "no slots tied"}
    ties = words.get(_ties_word(pattern), "ties " + _ties_word(pattern))
    title = f"CP model of {order}, {ties}, {target} target"
    title += f" scaled by {scale}" if str(scale) != "1" else ""
    return title + (f", weight decay {decay}" if decay else "")
