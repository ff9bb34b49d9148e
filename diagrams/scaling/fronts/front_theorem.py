r"""The front of every squared error of a CP model with a diagonal target, proved for all orders.

Let f be a sum over rows k of products of nu matrix entries, d_c of them from matrix c (the
*multiplicity* of kind c), and the target a multiple of the identity or zero.  The loss is
D/2 - R + const.  Let o be the number of odd d_c, w = (nu - o)/2 and pi = nu - 1 - w.

**Theorem.** The largest power Q of p among the terms with s_D factors D, s_R factors R and
the power n, or a larger one, of H is ``1 + (nu-1) s_D - cost``, where 1 <= n <= s_D + 1 and

* o = 0:             cost = (nu/2)(n-1);
* o >= 1, s_R odd:   there is no term;
* o >= 1, s_R = 0:   cost = 0 for n = 1, and pi (n-1) + w for 2 <= n <= s_D;
* o >= 2, s_R >= 2:  cost = pi (n-1);
* o = 1, s_R >= 2:   cost = max((nu-d)/2 (n-1), (nu-1)/2 (n-1) - floor((s_R-2)/4)),
  d the odd multiplicity.

There are no others.  For o = 0 and for d_c = 1 this is Theorem 4.1 of arXiv 2602.04548; the rest
is new.  With weight decay the front of order s is the union over j of lambda^j times the front
of order s - j.

The proof is docs/front_theorem.md.  Its steps:

*Counting.*  Terms of one sector (s_D, s_R) have one sign, so nothing cancels.  Atoms and the
*final cells* that their cells are merged to are a tree, with (nu-1) s_D + 1 final cells.  Cells
can be joined by pairings to one index just if their numbers of edges by kind and row sum to even
ones; the cost is the number of final cells less that of such *blocks*, at n different rows.

*Lower bounds.*  The D's with two different rows are the edges of a connected graph G on the rows.
An edge that is no bridge can be deleted at no cost.  In a tree the cost is at least the sum over
D's of nu - b(D), where b(D) is the number of blocks with cells of D, and parities bound b(D).  For
s_R = 0 and o >= 1, G has no bridge, and deleting one D more carefully gains w.  For o = 1, cells
that are zero alone hold R's at two rows, s_R/2 of them at most, or are independent cycles of G.

*Attainment.*  D's along a path of rows (around a ring if s_R = 0 and o >= 1), one cell of each
merged to a chain with an R at either end, the others paired; for o = 1 four R's at the ends of a
pair set it free.  The tests carry these merges out edge by edge.

*Decay.*  A merge with |u|^2 multiplies a diagram by its number of edges.
"""

from __future__ import annotations

from fractions import Fraction

from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Powers
from diagrams.problems.problem import Problem
from diagrams.problems.squared_product import SquaredProduct
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import Coefficients, Front, Fronts, fronts
from diagrams.scaling.fronts.front_fit import fit_front_law
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.pieces import Form, Piece, Region
from diagrams.scaling.fronts.sectors import target_count
from pde.linear_algebra import rank

__all__ = ["front_law", "known_law", "proved_front_law", "proved_fronts"]

_EVERY = ((1, 0), (1, 0), (1, 0))
_EVEN_TARGETS = ((1, 0), (1, 0), (2, 0))


def proved_front_law(problem: Problem) -> FrontLaw | None:
    """Return the front of all orders where the theorem applies, else ``None``.

    >>> from diagrams.problems.cp import cp_problem
    >>> law = proved_front_law(cp_problem(order=3, ties="sym"))
    >>> for piece in law.pieces: print(piece)
    Q = 1 + 2 s_D for n = 1, s_R = 0, s_D >= 1
    Q = 1 + 2 s_D - n for 2 <= n <= s_D, s_R = 0
    Q = floor(min(1 + 2 s_D, 3/2 + 2 s_D - n + s_R/4)) for 1 <= n <= 1 + s_D, s_R >= 2, s_R even
    >>> proved_front_law(cp_problem(order=3, decay="lambda")).decay
    (('lambda', Fraction(1, 1)),)
    >>> proved_front_law(cp_problem(order=3, target="modular")) is None
    True
    """
    found = structure(problem).product
    if found is None or not signs_agree(found):
        return None
    pieces = _pieces(found.multiplicities)
    if found.target is None:
        pieces = [free for piece in pieces if (free := _without_target(piece)) is not None]
    statement = (
        "proved for all orders: bounded by counting cells and blocks of the tree of merges, and"
        " attained by explicit merges"
    )
    if found.decay is not None:
        power = " ".join(name if e == 1 else f"{name}^{e}" for name, e in _per_decay(found) or ())
        statement += (
            "; the front of an order with decay is the union over j of"
            f" {f'({power})^j times ' if power else ''}the front j orders below without"
        )
    evidence = Evidence(Kind.EXACT, statement)
    return FrontLaw(
        found.cells, found.rows, tuple(pieces), _scales(found), evidence, _per_decay(found)
    )


def signs_agree(found: SquaredProduct) -> bool:
    """Whether terms of different sectors ``(s_D, s_R, j)`` cannot cancel on the front.

    They cannot where the powers of scales tell the sectors apart.  Else sectors that share them
    differ by multiples of ``(nu-2, 2-2nu, nu)``; why
    nothing cancels there either but for one kind of multiplicity 2 is said above.
    """
    present = [True, found.target is not None, found.decay is not None]
    rows = [
        [x for x, here in zip(found.scale(name)[1:], present, strict=True) if here]
        for name in found.names
    ]
    rows.append([Fraction(1)] * sum(present))
    if rank(rows) == sum(present):
        return True
    nu = found.order
    step = (nu - 2, 2 - 2 * nu, nu)
    shared = [sum(a * x for a, x in zip(row, step, strict=False)) for row in rows]
    one = all(present) and rank(rows) == 2 and not any(shared)
    return one and (nu > 2 or found.odd > 0)


def _without_target(piece: Piece) -> Piece | None:
    """The part of a piece with s_R = 0."""
    none = (Form.of(0, 0, 0, 1), Form.of(0, 0, 0, -1))
    if Form.of(-2, 0, 0, 1) in piece.region.bounds:
        return None
    kept = [bound for bound in piece.region.bounds if bound not in none]
    return Piece(Region((*kept, *none), _EVERY), piece.forms)


def _pieces(multiplicities: tuple[int, ...]) -> list[Piece]:
    nu = sum(multiplicities)
    odd = [d for d in multiplicities if d % 2]
    first, most = Form.of(-1, 0, 1, 0), Form.of(1, 1, -1, 0)

    def per_row(price: Fraction | int, start: Fraction | int = 0) -> Form:
        """``1 + (nu-1) s_D - price (n-1) - start``."""
        return Form.of(1 + price - start, nu - 1, -price, 0)

    if not odd:
        region = Region((first, most, Form.of(0, 1, 0, 0), Form.of(0, 0, 0, 1)), _EVERY)
        return [Piece(region, (per_row(Fraction(nu, 2)),))]
    pairs = Fraction(nu - len(odd), 2)
    price = nu - 1 - pairs
    none = (Form.of(0, 0, 0, 1), Form.of(0, 0, 0, -1))
    some = Form.of(-2, 0, 0, 1)
    closed = Form.of(0, 1, -1, 0)
    pieces = []
    if pairs:
        alone = (first, Form.of(1, 0, -1, 0), *none, Form.of(-1, 1, 0, 0))
        pieces.append(Piece(Region(alone, _EVERY), (per_row(0),)))
    least = Form.of(-2 if pairs else -1, 0, 1, 0)
    pieces.append(Piece(Region((least, closed, *none), _EVERY), (per_row(price, pairs),)))
    forms = [per_row(price)]
    if len(odd) == 1 and odd[0] > 1:
        bent = per_row(price)
        quarter = Form(bent.constant - Fraction(1, 2), (*bent.slopes[:2], Fraction(1, 4)))
        forms = [per_row(Fraction(nu - odd[0], 2)), quarter]
    pieces.append(Piece(Region((first, most, some), _EVEN_TARGETS), tuple(forms)))
    return pieces


def _scales(found: SquaredProduct) -> tuple[tuple[str, Form], ...]:
    """Powers of the scales of terms without decays, as forms."""
    forms = [(name, found.scale(name)) for name in found.names]
    return tuple(
        (name, Form.of(constant, square, 0, target))
        for name, (constant, square, target, _) in forms
        if any((constant, square, target))
    )


def _per_decay(found: SquaredProduct) -> Powers | None:
    """The powers that one merge with the decay brings; ``None`` without a decay."""
    if found.decay is None:
        return None
    powers = [(name, found.scale(name)[3]) for name in found.names]
    return tuple((name, power) for name, power in powers if power)


PROVED_TERMS = 6
"""The orders whose fronts are listed where nothing was expanded."""


def proved_fronts(problem: Problem, terms: int = PROVED_TERMS) -> Fronts | None:
    """Return the fronts of orders ``0..terms`` from the theorem, or ``None`` where it is silent.

    >>> from diagrams.problems.cp import cp_problem
    >>> proved_fronts(cp_problem(order=2))[1].terms
    ((1, 1, 2), (1, 2, 4), (1, 3, 6), (2, 1, 4), (2, 2, 6), (3, 1, 6))
    """
    law = proved_front_law(problem)
    if law is None:
        return None
    symbols = problem.in_order(law.symbols)
    target = target_count(problem, symbols)
    orders = []
    for s in range(terms + 1):
        listed = law.terms(s, symbols)
        couplings = None if target is None else tuple(target.at(s, term) for term in listed)
        orders.append(Front(s, symbols, problem.sizes, listed, couplings))
    return Fronts(problem, symbols, problem.sizes, tuple(orders), law.evidence, target)


def known_law(found: Fronts) -> FrontLaw | None:
    """The proved law of fronts, if there is one and every front given agrees with it."""
    law = proved_front_law(found.problem)
    if law is None or not set(law.symbols) <= set(found.symbols):
        return None
    agree = all(law.terms(front.s, found.symbols) == front.terms for front in found.orders)
    return law if agree else None


def front_law(source: Problem | Coefficients | Fronts, terms: int | None = None) -> FrontLaw:
    """Return the front as a formula: proved where the theorem applies, fitted elsewhere.

    A problem without a proved law is expanded to order ``terms``.  Fronts that contradict the
    theorem (coefficients of something else) are fitted.

    Raises :class:`~diagrams.errors.BadInput` as :func:`fronts` and
    :func:`~diagrams.scaling.fronts.front_fit.fit_front_law` do.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(front_law(cp_problem(order=6, ties="4+2")).pieces[0])
    Q = 4 + 5 s_D - 3 n for 1 <= n <= 1 + s_D, s_R >= 0, s_D >= 0
    """
    if isinstance(source, Problem) and terms is None:
        proved = proved_front_law(source)
        if proved is not None:
            return proved
    found = source if isinstance(source, Fronts) else fronts(source, terms)
    return known_law(found) or fit_front_law(found)
