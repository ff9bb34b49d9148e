r"""Brute force: the loss written out in all its variables.

The CP model of order nu with tie pattern (d_1, .., d_r) has the trained variables u^(c)[k, i],
c = 1..r, k = 1..H, i = 1..p, independent and N(0, sigma^2) at t = 0, and

.. math:: f[i_1 .. i_\nu] = \sum_{k=1}^H \prod_{m=1}^\nu u^{(c_m)}[k, i_m], \qquad
          L = \tfrac12 \sum_{i_1 .. i_\nu} (f - c F)^2,

where slot m has colour c_m (the first d_1 slots colour 1, and so on).  The flow is
du/dt = -(1/T) d(L + lambda |u|^2 / 2)/du, and the observable stays L:

    Y_s = T^s d^s E[L] / dt^s at t = 0,

sign and the constant c^2 |F|^2 / 2 included.  Nothing is assumed about Y_s as a function of p
and H; both are plain numbers here.

Two-layer linear networks with frozen random teacher or data are written out in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Literal

from .polynomial_flow import Gaussian, Monomial, Polynomial, add, averaged_flow, multiply

Rational = Fraction | int
Target = Literal["identity", "zero"] | Mapping[Monomial, Rational]


def group_law_target(p: int, coefficients: Sequence[int]) -> dict[Monomial, Rational]:
    """[sum_j a_j i_j = 0 mod p] as a tensor.

    >>> sorted(group_law_target(3, [1, 2]))
    [(0, 0), (1, 1), (2, 2)]
    """
    indices = product(range(p), repeat=len(coefficients))
    return {
        index: 1
        for index in indices
        if sum(a * i for a, i in zip(coefficients, index, strict=True)) % p == 0
    }


def modular_target(p: int, symmetric: bool, order: int = 3) -> dict[Monomial, Rational]:
    """Addition modulo p as a tensor: [i + j = k], or [i + j + k = 0] in the symmetric form.

    >>> sorted(modular_target(2, symmetric=False))
    [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    """
    return group_law_target(p, [1] * (order - 1) + [1 if symmetric else -1])


def cp_loss(
    order: int,
    ties: Sequence[int],
    p: int,
    H: int,
    target: Target = "identity",
    scale: Rational | Literal["c"] = 1,
) -> dict[Monomial, Fraction]:
    """L as an explicit polynomial.

    Exponents come in the order of u^(c)[k, i], i fastest and c slowest; the last two belong to
    the symbols c and lambda.

    >>> cp_loss(2, [2], 1, 1) == {
    ...     (4, 0, 0): Fraction(1, 2), (2, 0, 0): -1, (0, 0, 0): Fraction(1, 2)}
    True
    """
    if order < 2 or sum(ties) != order or min(ties) < 1:
        raise ValueError(f"ties {tuple(ties)} are no composition of the order {order}")
    colours = [c for c, multiplicity in enumerate(ties) for _ in range(multiplicity)]
    length = len(ties) * H * p + 2
    wanted = dict.fromkeys(((i,) * order for i in range(p)), 1) if target == "identity" else target
    if wanted == "zero":
        wanted = {}
    assert isinstance(wanted, Mapping)
    squares = []
    for index in product(range(p), repeat=order):
        parts = []
        for k in range(H):
            places = [(c * H + k) * p + i for c, i in zip(colours, index, strict=True)]
            parts.append({_monomial(length, places): Fraction(1)})
        value = -Fraction(wanted.get(index, 0))
        if scale == "c":
            parts.append({_monomial(length, [length - 2]): value})
        else:
            parts.append({_monomial(length, []): value * scale})
        residual = add(*parts)
        squares.append(multiply(residual, residual))
    return {monomial: value / 2 for monomial, value in add(*squares).items()}


def brute_force_derivative(
    order: int,
    ties: Sequence[int],
    p: int,
    H: int,
    s: int,
    target: Target = "identity",
    scale: Rational | Literal["c"] = 1,
    decay: Rational | Literal["lambda"] = 0,
    symmetry: bool = True,
) -> dict[tuple[int, int, int], Fraction]:
    """Y_s as {(power of sigma, power of c, power of lambda): coefficient}.

    `scale="c"` and `decay="lambda"` keep the scale and the decay as symbols; otherwise their
    powers are zero and their values are in the coefficients.  A target may also be given entry
    by entry.

    With `symmetry`, and for the targets "identity" and "zero" only, the last application of
    the flow uses one variable of each colour, with weight p H.  This changes nothing: L, the
    decay, the flow and the law of the weights are invariant under permuting the values of k and
    (jointly in all slots) of i, and these permutations act transitively on each colour.

    >>> brute_force_derivative(2, [2], 1, 1, 0)  # E (u^2 - 1)^2 / 2
    {(0, 0, 0): Fraction(1, 2), (2, 0, 0): Fraction(-1, 1), (4, 0, 0): Fraction(3, 2)}
    """
    loss = cp_loss(order, ties, p, H, target, scale)
    count = len(ties) * p * H
    rate: Rational = 1 if decay == "lambda" else decay
    symbol = [count + 1] if decay == "lambda" else []
    penalty = {
        _monomial(count + 2, [v, v, *symbol]): Fraction(rate) / 2 for v in range(count) if rate
    }
    orbits: Iterable[tuple[int, int]] | None = None
    if symmetry and isinstance(target, str):
        orbits = [(c * H * p, H * p) for c in range(len(ties))]
    weights = [Gaussian("u")] * count
    result = averaged_flow(loss, add(loss, penalty), weights, s, orbits)
    return {(n, c, d): value for (n, c, d), value in result.items()}


def brute_force_polynomial(
    loss: Polynomial, variables: Sequence[Gaussian], s: int, decay: Rational = 0
) -> Fraction:
    """E[d^s loss / dt^s] at t = 0 for any polynomial loss over any Gaussian variables.

    Trained variables move with their rates along -d(loss + decay |v|^2 / 2)/dv, |v|^2 over the
    trained ones; frozen variables (rate 0) are only averaged.

    >>> v = Gaussian("v", mean=Fraction(2), variance=Fraction(0))
    >>> brute_force_polynomial({(2,): Fraction(1, 2)}, [v], 1)  # -v^2 at v = 2
    Fraction(-4, 1)
    """
    length = len(variables)
    trained = [v for v, law in enumerate(variables) if law.rate]
    penalty = {_monomial(length, [v, v]): Fraction(decay) / 2 for v in trained if decay}
    result = averaged_flow(loss, add(loss, penalty), variables, s)
    return sum(result.values(), Fraction(0))


def two_layer_teacher(
    N: int,
    d: int,
    a_variance: Rational = 1,
    w_variance: Rational = 1,
    t_variance: Rational = 1,
    t_mean: Sequence[Rational] | None = None,
    a_rate: Rational = 1,
    w_rate: Rational = 1,
) -> tuple[dict[Monomial, Fraction], list[Gaussian]]:
    """A linear network of width N that learns a frozen teacher vector t in dimension d.

    f[i] = sum_k a[k] W[k, i] and L = 1/2 sum_i (f[i] - t[i])^2.  Returns the loss and its
    variables: a[k], then W[k, i] (i fastest), then t[i], of mean `t_mean[i]`.
    """
    means = [0] * d if t_mean is None else t_mean
    variables = _network(N, d, a_variance, w_variance, a_rate, w_rate)
    variables += _frozen("t", t_variance, means)
    length = len(variables)
    loss: dict[Monomial, Fraction] = {}
    for i in range(d):
        residual = {_monomial(length, [k, N + k * d + i]): Fraction(1) for k in range(N)}
        residual[_monomial(length, [N + N * d + i])] = Fraction(-1)
        loss = add(loss, multiply(residual, residual))
    return {monomial: value / 2 for monomial, value in loss.items()}, variables


def two_layer_data(
    N: int,
    d: int,
    n: int,
    a_variance: Rational = 1,
    w_variance: Rational = 1,
    x_variance: Rational = 1,
    t_variance: Rational = 1,
    x_mean: Sequence[Sequence[Rational]] | None = None,
    t_mean: Sequence[Rational] | None = None,
    a_rate: Rational = 1,
    w_rate: Rational = 1,
) -> tuple[dict[Monomial, Fraction], list[Gaussian]]:
    """The same network on n frozen random samples x[mu, i] with labels y[mu] = t . x[mu].

    f[mu] = sum_(k, i) a[k] W[k, i] x[mu, i] and L = 1/2 sum_mu (f[mu] - y[mu])^2.  Returns the
    loss and its variables: a[k], W[k, i], t[i] of mean `t_mean[i]`, then x[mu, i] of mean
    `x_mean[mu][i]`.  A variance 0 makes x or t a constant.
    """
    t_means = [0] * d if t_mean is None else t_mean
    x_means = [[0] * d for _ in range(n)] if x_mean is None else x_mean
    variables = _network(N, d, a_variance, w_variance, a_rate, w_rate)
    variables += _frozen("t", t_variance, t_means)
    variables += _frozen("x", x_variance, [mean for row in x_means for mean in row])
    length = len(variables)
    teacher = N + N * d
    loss: dict[Monomial, Fraction] = {}
    for mu in range(n):
        residual: dict[Monomial, Fraction] = {}
        for i in range(d):
            x = teacher + d + mu * d + i
            for k in range(N):
                residual[_monomial(length, [k, N + k * d + i, x])] = Fraction(1)
            residual[_monomial(length, [teacher + i, x])] = Fraction(-1)
        loss = add(loss, multiply(residual, residual))
    return {monomial: value / 2 for monomial, value in loss.items()}, variables


def _monomial(length: int, places: Iterable[int]) -> Monomial:
    exponents = [0] * length
    for place in places:
        exponents[place] += 1
    return tuple(exponents)


def _network(
    N: int,
    d: int,
    a_variance: Rational,
    w_variance: Rational,
    a_rate: Rational,
    w_rate: Rational,
) -> list[Gaussian]:
    read_out = Gaussian("a", Fraction(a_variance), rate=Fraction(a_rate))
    first_layer = Gaussian("W", Fraction(w_variance), rate=Fraction(w_rate))
    return [read_out] * N + [first_layer] * (N * d)


def _frozen(name: str, variance: Rational, means: Sequence[Rational]) -> list[Gaussian]:
    return [Gaussian(name, Fraction(variance), Fraction(mean), Fraction(0)) for mean in means]
