"""The regime in which a problem stands as it was declared, where the width alone grows.

The powers of the width in prefactors, variances and rates decide it: with everything else of order
one, a network either moves its kernel less and less, and is linear in its weights in the end (the
NTK parameterisation; A. Jacot, F. Gabriel, C. Hongler, arXiv 1806.07572), or it learns features at
any width (the mean-field scaling of two layers; S. Mei, A. Montanari, P.-M. Nguyen, arXiv
1804.06561; the maximal-update parameterisation, muP, of any depth; G. Yang, E. J. Hu, arXiv
2011.14522).  Both are told from the face that leads there: its couplings to the target, and its T.
"""

from __future__ import annotations

from diagrams.scaling.regimes.regime import Regime, Regimes

KNOWN_AS = {
    "lazy": "a kernel limit, as in the NTK parameterisation: at T the kernel hardly moves",
    "rich": "features move at T, however large the width: mean-field scaling, or muP",
}


def declared_regime(found: Regimes) -> Regime | None:
    """Return the regime where the width alone grows, if T is of order one; else ``None``.

    ``None`` also where no one family is the width, or where several faces are met because some
    other size would have to grow.

    >>> from diagrams.problems.spec import load_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> network = '''
    ... families = {hidden = "N"}
    ... tensors.a = {families = ["hidden"], role = "trained", variance = 1}
    ... tensors.w = {families = ["hidden"], role = "trained", variance = 1}
    ... model = {output = "a[k] w[k] / sqrt(N)", target = "y"}
    ... loss = {kind = "squared error", over = []}
    ... '''
    >>> print(declared_regime(regimes(load_problem(network), terms=7)).learning)
    lazy
    """
    if found.width is None or found.families.seen:
        return None
    scaling = [int(name == found.width) for name in found.symbols]
    here = [regime for regime in found if regime.holds(scaling)]
    if len(here) != 1 or here[0].learning not in KNOWN_AS:
        return None
    (regime,) = here
    clock = regime.clock
    if clock is None or clock[found.symbols.index(found.width)]:
        return None
    return regime
