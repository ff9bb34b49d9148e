"""Vacuum graphs against their generating function and against known sums."""

from fractions import Fraction
from math import factorial

import pytest

from diagrams.errors import BadInput
from diagrams.graphs.vacuum import vacuum_graphs

FOUR_VALENT = {
    2: Fraction(1, 8),
    3: Fraction(1, 12),
    4: Fraction(11, 96),
    5: Fraction(17, 72),
    6: Fraction(619, 960),
    7: Fraction(709, 324),
}


@pytest.mark.parametrize("loops", [2, 3, 4, 5, 6])
def test_sums_over_four_valent_graphs(loops):
    graphs = vacuum_graphs([4] * (loops - 1))
    assert sum(Fraction(1, g.symmetry_factor) for g in graphs) == FOUR_VALENT[loops]


@pytest.mark.full
def test_sum_at_seven_loops():
    graphs = vacuum_graphs([4] * 6)
    assert sum(Fraction(1, g.symmetry_factor) for g in graphs) == FOUR_VALENT[7]


@pytest.mark.parametrize(("valence", "vertices"), [(3, 2), (3, 4), (3, 6), (4, 4), (6, 2), (2, 5)])
def test_pairings_of_each_graph_follow_from_its_automorphisms(valence, vertices):
    graphs = vacuum_graphs([valence] * vertices, connected=False)
    labelled = factorial(valence) ** vertices * factorial(vertices)
    for graph, pairings in graphs.items():
        assert pairings * graph.symmetry_factor == labelled
    ends = valence * vertices
    all_pairings = factorial(ends) // (2 ** (ends // 2) * factorial(ends // 2))
    assert sum(graphs.values()) == all_pairings


def test_odd_sums_have_no_graph_and_bad_valences_are_refused():
    assert vacuum_graphs([3]) == {}
    with pytest.raises(BadInput, match="valences"):
        vacuum_graphs([4, -1])
