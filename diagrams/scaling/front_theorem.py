r"""The front of every squared error of a CP model with a diagonal target, proved for all orders.

Let f be a sum over rows k of products of nu matrix entries, d_c of them from matrix c (the
*multiplicity* of kind c), and the target a multiple of the identity or zero.  The loss is
D/2 - R + const.  Let o be the number of odd d_c, w = (nu - o)/2 and pi = nu - 1 - w.

**Theorem.** The largest power Q of p among the terms with s_D factors D, s_R factors R and
the power n of H is ``1 + (nu-1) s_D - cost``, where 1 <= n <= s_D + 1 and

* o = 0:             cost = (nu/2)(n-1);
* o >= 1, s_R odd:   there is no term;
* o >= 1, s_R = 0:   cost = 0 for n = 1, and pi (n-1) + w for 2 <= n <= s_D;
* o >= 2, s_R >= 2:  cost = pi (n-1);
* o = 1, s_R >= 2:   cost = max((nu-d)/2 (n-1), (nu-1)/2 (n-1) - floor((s_R-2)/4)),
  d the odd multiplicity.

For o = 0 and for d_c = 1 this is Theorem 4.1 of arXiv 2602.04548; the rest is new.

**What is counted.**  At n different rows the coefficient is a sum over merges of non-negative
counts, all with one sign, so nothing cancels inside a sector.  The *parity* of a cell is that of
its numbers of edges by kind and row; Wick pairs edges of one kind at one row and joins their
cells.  Cells joined to one index sum to zero, and cells that sum to zero can be paired among
themselves, so the largest power of p is the largest number of zero-sum *blocks* into which the
cells can be divided (the least blocks, in which no part sums to zero, keep one index each).  A
merge joins a cell of one atom to a cell of another and deletes two edges of one kind at one row;
so parities add.
Atoms (D with nu cells, R with one) and the *final* cells that theirs were joined to are a tree:
nu s_D + s_R cells, s joins, (nu-1) s_D + 1 final cells.  The cost is the number of final cells
less that of blocks.  A D whose two rows are equal (a *loop*) has cells of zero parity.  Any other
D joins rows h and k: its cells of kind c have parity (c; h) + (c; k).  R at row h has the sum of
(c; h) over the odd kinds.  The e D's that are no loops are the edges of a graph G on the n rows,
connected since merges take place at common rows; so n - 1 <= e <= s_D.  Only final cells with
a cell of such a D matter from here on.  There are F = nu e - x of them with x <= e - 1, because
they and these D's are a forest; each holds at most one cell of a D.  A block B of them holds an odd
number of cells of kind c from the D's in O_c(B), and the boundary of O_c(B) is rho(B), the
rows of its R's counted modulo 2, if c is odd, and zero if c is even.

**Upper bound of Q whatever s_R is.**  Allow any rho(B) of even size.  (i) Let D be an edge of
G and no bridge, with cells in b blocks, and l of its nu cells in final cells that hold others too.
Delete it, make one block of the b (two more R's mend its parity), and join the l final cells
left over to one: they lie in different trees now.  F falls by nu - 1 at least (by nu if l = 0),
the number of blocks by b - 1 at most (by b if nothing is left, and then l = 0); so the cost falls
by nu - b >= 0 at least.  Hence let G be a tree.  (ii) Then O_c(B) is the set P(B) of edges
between the rows of rho(B) for odd c, and empty for even c.  In a forest a block of g final
cells, with m cells from t of the D's, has m <= t + g - 1.  Summed over blocks, cost >=
sum over D of (nu - b(D)).  Of the b(D) blocks that hold cells of D, r have D in P(B); they hold o
of its cells at least, the others two.  So b(D) <= nu/2 + r (1 - o/2), where r is odd if
o >= 1, since D has d_c cells of kind c.  That is nu/2 for o = 0, at most w + 1 for o >= 2, and at
most (nu + d)/2 for o = 1, r <= d.

**s_R = 0, o >= 1, n >= 2.**  Sums over all blocks show that G has even degrees only; so it
has no bridge, and e >= n.  In the forest some D has l <= 1.  Delete it, but join only blocks of two
cells of one kind, w times, and those of the o cells left, one of each odd kind: w + o - 1 blocks
are lost at most: no block holds a single cell of D and nothing else, and what is left of the
last one is not empty.  F falls by nu - 1 at least, so the cost falls by w at least, to what (ii)
bounds (o >= 2).

**o = 1.**  A final cell that is not zero lies in a block with others, so the cost is N/2 at
least for N such cells.  Zero ones are of two sorts.  Some hold R's at two different rows; they
are s_R/2 at most.  The others have O_c in the cycle space of G, of dimension e - n + 1, for all
c.  Take weights a_c independent over F2 in a large field of characteristic 2: the vectors
sum over c of a_c O_c are independent, since each has two D's at least and, in a forest, some D
occurs in one only of any set of them.  So these are e - n + 1 at most, and
N >= nu e - (e-1) - (e-n+1) - s_R/2 = (nu-2) e + n - s_R/2, which for e >= n - 1 is at least
(nu-1)(n-1) - (s_R-2)/2, and for s_R = 0, e >= n at least (nu-1) n.

**Attained.**  Take n - 1 D's along a path of rows; join one cell of each to a chain, all of one
kind c, odd if there is one, and for o >= 1 an R at either end of the chain.  The other cells are
pairs of one kind at one D; those left over, one for every D and odd kind but c (for o = 0: of
kind c), belong to the block of the chain.  For s_R = 0 close the path to a cycle of n D's instead.
For o = 1 every four more R's, at both ends of two paired cells of the odd kind, make these two
zero.  Further D's are loops at any edge, with nu - 1 new cells of zero parity.  Further R's join
any cell, two at a time at one row (singly for o = 0), and change no parity.  The edges that
these merges need are there, in this order.  QED.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from diagrams.diagram import Diagram
from diagrams.evidence import Evidence, Kind
from diagrams.polynomial import Polynomial, Powers, symbol_order
from diagrams.problems.problem import Problem
from diagrams.scaling.front import Coefficients, Front, Fronts, fronts, width_of
from diagrams.scaling.front_law import FrontLaw, fit_front_law
from diagrams.scaling.pieces import Form, Piece, Region
from diagrams.scaling.sectors import target_count
from diagrams.tensors import ONE, Gaussian, IndexFamily, Mean, Role

_EVERY = ((1, 0), (1, 0), (1, 0))
_EVEN_TARGETS = ((1, 0), (1, 0), (2, 0))


@dataclass(frozen=True, slots=True)
class SquaredProduct:
    """A loss D/2 - R of the theorem.

    ``multiplicities`` of the kinds; the sizes of rows and of cells; the monomials of D, of R
    (``None`` without a target) and of what a merge brings; ``variance`` of all entries.
    """

    multiplicities: tuple[int, ...]
    rows: str
    cells: str
    square: Powers
    target: Powers | None
    rate: Powers
    variance: Powers

    @property
    def order(self) -> int:
        """nu, the number of factors."""
        return sum(self.multiplicities)


def squared_product(problem: Problem) -> SquaredProduct | None:
    """Recognise the structure of the theorem in the diagrams of a problem; ``None`` elsewhere.

    >>> from diagrams.problems.cp import cp_problem
    >>> squared_product(cp_problem(order=3, ties="2+1")).multiplicities
    (1, 2)
    >>> squared_product(cp_problem(order=3, decay=1)) is None
    True
    """
    observable = [(d, c) for d, c in problem.observable if d.edges]
    potential = [(d, c) for d, c in problem.potential if d.edges]
    tensors = problem.tensors
    laws = {tensor.law for tensor in tensors}
    if (
        sorted(observable, key=str) != sorted(potential, key=str)
        or any(tensor.role is not Role.TRAINED or tensor.rank != 2 for tensor in tensors)
        or len(laws) != 1
        or len({tensor.rate for tensor in tensors}) != 1
        or len(problem.families) != 2
    ):
        return None
    law = next(iter(laws))
    if not isinstance(law, Gaussian) or law.mean is not Mean.ZERO or len(law.variance or ONE) != 1:
        return None
    width = width_of(problem)
    for rows in sorted(problem.families, key=lambda family: family.size != width):
        found = _structure(observable, rows)
        if found is not None:
            kinds, square, target = found
            cells = next(family for family in problem.families if family != rows)
            variance = (law.variance or ONE).terms[0][0]
            rate = tensors[0].rate.terms[0][0]
            return SquaredProduct(kinds, rows.size, cells.size, square, target, rate, variance)
    return None


def _structure(
    atoms: list[tuple[Diagram, Polynomial]], rows: IndexFamily
) -> tuple[tuple[int, ...], Powers, Powers | None] | None:
    """Multiplicities, monomial of D and of R, if rows are the nodes of this family."""
    square: tuple[tuple[int, ...], Powers] | None = None
    target: tuple[tuple[int, ...], Powers] | None = None
    names: dict[str, Counter[str]] = {}
    for diagram, coefficient in atoms:
        held = sum(family == rows for family in diagram.nodes)
        if diagram.legs or len(coefficient) != 1 or held not in (1, 2):
            return None
        kinds = _square_kinds(diagram, rows) if held == 2 else _target_kinds(diagram, rows)
        which = "square" if held == 2 else "target"
        if kinds is None or which in names:
            return None
        names[which] = kinds
        found = (tuple(sorted(kinds.values())), coefficient.terms[0][0])
        square, target = (found, target) if held == 2 else (square, found)
    if square is None or (target is not None and names["square"] != names["target"]):
        return None
    return square[0], square[1], None if target is None else target[1]


def _square_kinds(diagram: Diagram, rows: IndexFamily) -> Counter[str] | None:
    """For D: every cell has one edge of one tensor to each of the two rows."""
    both = {node for node, family in enumerate(diagram.nodes) if family == rows}
    kinds: Counter[str] = Counter()
    for cell in set(range(len(diagram.nodes))) - both:
        edges = [edge for edge in diagram.edges if cell in edge.nodes]
        ends = {node for edge in edges for node in edge.nodes} - {cell}
        if len(edges) != 2 or ends != both or edges[0].tensor != edges[1].tensor:
            return None
        kinds[edges[0].tensor.name] += 1
    return kinds if 2 * sum(kinds.values()) == len(diagram.edges) else None


def _target_kinds(diagram: Diagram, rows: IndexFamily) -> Counter[str] | None:
    """For R: one row, one cell, and all edges between them."""
    if len(diagram.nodes) != 2:
        return None
    return Counter(edge.tensor.name for edge in diagram.edges)


def proved_front_law(problem: Problem) -> FrontLaw | None:
    """Return the front of all orders where the theorem applies, else ``None``.

    >>> from diagrams.problems.cp import cp_problem
    >>> law = proved_front_law(cp_problem(order=3, ties="sym"))
    >>> for piece in law.pieces: print(piece)
    Q = 1 + 2 s_D for n = 1, s_R = 0, s_D >= 1
    Q = 1 + 2 s_D - n for 2 <= n <= s_D, s_R = 0
    Q = floor(min(1 + 2 s_D, 3/2 + 2 s_D - n + s_R/4)) for 1 <= n <= 1 + s_D, s_R >= 2, s_R even
    >>> proved_front_law(cp_problem(order=3, decay=1)) is None
    True
    """
    found = squared_product(problem)
    if found is None:
        return None
    pieces = _pieces(found.multiplicities)
    if found.target is None:
        pieces = [free for piece in pieces if (free := _without_target(piece)) is not None]
    statement = (
        "proved for all s: bounded by counting cells and blocks of the tree of merges, and"
        " attained by explicit merges"
    )
    return FrontLaw(
        found.cells, found.rows, tuple(pieces), _scales(found), Evidence(Kind.EXACT, statement)
    )


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
    """Powers of all scales: of the weights, of s rates and of the variances of the edges left."""
    nu = found.order
    parts = (found.square, found.target or (), found.rate, found.variance)
    names = sorted({name for powers in parts for name, _ in powers})
    square, target, rate, variance = map(dict, parts)
    # pairs of edges: nu s_D + nu s_R / 2 - s, and s = s_D + s_R - 1 merges
    forms = []
    for name in names:
        merge = rate.get(name, Fraction(0)) - variance.get(name, Fraction(0))
        spread = variance.get(name, Fraction(0)) * nu
        forms.append(
            (
                name,
                Form.of(
                    -merge,
                    square.get(name, Fraction(0)) + spread + merge,
                    0,
                    target.get(name, Fraction(0)) + spread / 2 + merge,
                ),
            )
        )
    return tuple((name, form) for name, form in forms if name not in (found.rows, found.cells))


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
    symbols = tuple(sorted(law.symbols, key=lambda n: (n not in problem.sizes, symbol_order(n))))
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

    Raises :class:`~diagrams.errors.BadInput` as :func:`fronts` and :func:`fit_front_law` do.

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
