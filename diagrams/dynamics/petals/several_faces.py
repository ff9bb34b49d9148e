"""The whole front where it is no single polygon: all terms that lead on some face.

For problems whose exponents lie in one plane the largest face holds everything that leads.  Others
have several largest faces (odd ties), some of them moving with the order.  Their whole front is
closed by the atoms of all faces together, and certified order by order against every exact term
that leads for some scaling in which all sizes grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diagrams.dynamics.certificate import LEAST, Certificate, difference
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial, symbol_order
from diagrams.scaling.fronts.front import Coefficients, growing_faces, without_constant
from diagrams.scaling.polyhedra.hull import convex_hull
from pde.linear_algebra import dot

SUBJECT = "the closure by the atoms of all faces"


def closure_of_front(face: Face) -> tuple[Closure, Certificate]:
    """Return the closure of a whole front of several faces, with its certificate.

    Raises :class:`~diagrams.errors.NotSolved` at the first order at which it misses something.
    """
    closure = closure_of(face.problem, face.parts)
    return closure, certify_front(closure.coefficients(face.exact.terms), face.exact, SUBJECT)


def certify_front(proposed: Sequence[Polynomial], exact: Coefficients, subject: str) -> Certificate:
    """Return the certificate of ``Y_0, Y_1, ..`` against all terms that lead on some face.

    Raises :class:`~diagrams.errors.NotSolved` at the first order that differs, or if too few
    orders are known.
    """
    known = [exact.coefficient(s) for s in range(exact.terms + 1)]
    sizes = exact.problem.sizes
    orders = []
    expected = without_constant(exact.problem, known)
    for s, (said, right) in enumerate(zip(proposed, expected, strict=False)):
        leading = leading_somewhere(right, sizes)
        if leading_somewhere(said, sizes) != leading:
            off = difference(said, leading)
            raise NotSolved(sentence("{} {}, first at order {}", subject, off, s))
        orders.append(s)
    if len([s for s in orders if s]) < LEAST:
        raise NotSolved(f"the certificate of {subject}: only orders {orders} known")
    return Certificate(tuple(orders), subject)


def leading_somewhere(polynomial: Polynomial, sizes: Sequence[str]) -> Polynomial:
    """Return the terms that lead for some scaling in which all sizes grow.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> print(leading_somewhere(p**2 + p * H + H**2 + p + 1, ("p", "H")))
    p**2 + p*H + H**2
    """
    names = sorted(set(polynomial.symbols), key=symbol_order)
    vectors = [
        tuple(dict(powers).get(name, Fraction(0)) for name in names)
        for powers, _ in polynomial.terms
    ]
    if not names:
        return polynomial
    hull = convex_hull(vectors)
    growing = [place for place, name in enumerate(names) if name in sizes]
    faces = growing_faces(hull, growing)
    tops = [[(n, dot(n, face.vertices[0])) for n in face.normals] for face in faces]
    return Polynomial.from_terms(
        term
        for term, vector in zip(polynomial.terms, vectors, strict=True)
        if any(all(dot(n, vector) == top for n, top in listed) for listed in tops)
    )
