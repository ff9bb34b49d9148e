"""Terms on a line against the pruned recursions, and what the line rests on, piece by piece."""

from collections import Counter
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.campaign.cache import Store
from diagrams.polynomials.pareto import pareto_terms
from diagrams.problems.cp import cp_problem
from diagrams.scaling.leading import derivatives, leading_derivatives, values
from diagrams.scaling.leading.circuits import sides, splits
from diagrams.scaling.leading.derivatives import (
    orders_by_closing,
    orders_on_line,
)
from diagrams.scaling.leading.line import is_complete, lines
from diagrams.scaling.leading.quotient import changes, quotient_gain, reduced
from diagrams.scaling.leading.rows import parity_of
from diagrams.scaling.leading.rules import initial_level, merge_rules, transfer_problem
from diagrams.scaling.leading.search import next_level
from diagrams.scaling.leading.values import LineTerms, NotIndependent
from diagrams.scaling.leading.zero_sums import total, zero_sum_blocks
from diagrams.series.expansion import expand

CASES = [
    ("2", 5, {}),
    ("4", 3, {}),
    ("6", 3, {}),
    ("8", 2, {}),
    ("2+2", 3, {}),
    ("4+2", 2, {}),
    ("2+2+2", 2, {}),
    ("1+1", 4, {}),
    ("1+1+1", 3, {}),
    ("1+1+1+1", 3, {}),
    ("1+1+1+1+1", 2, {}),
    ("4", 3, {"target": "zero"}),
    ("1+1+1", 3, {"target": "zero"}),
    ("4", 3, {"decay": "rate"}),
    ("1+1+1", 3, {"scale": "c", "decay": "rate"}),
    ("1+1", 3, {"decay": "rate"}),
    ("2+2", 2, {"scale": "-1/2", "decay": "rate"}),
]


def problem_of(ties, **rest):
    return cp_problem(sum(map(int, ties.split("+"))), ties, **rest)


def terms_on(problem, rules, line, terms=3):
    encoded = transfer_problem(problem, rules)
    return LineTerms(rules, line, encoded, terms).orders(lambda order: None)


@pytest.mark.parametrize(("ties", "terms", "rest"), CASES)
def test_line_and_closing_agree(ties, terms, rest):
    problem = problem_of(ties, **rest)
    rules = merge_rules(problem)
    found = orders_on_line(problem, rules, terms)
    assert found is not None
    assert found == orders_by_closing(problem, rules, terms, 1)


@pytest.mark.full
@pytest.mark.parametrize(("ties", "terms"), [("1+1+1", 6), ("1+1+1+1", 5), ("4", 5)])
def test_line_and_closing_agree_far_out(ties, terms):
    problem = problem_of(ties)
    rules = merge_rules(problem)
    assert orders_on_line(problem, rules, terms) == orders_by_closing(problem, rules, terms, 1)


@pytest.mark.full
@pytest.mark.parametrize(("ties", "terms"), [("2", 14), ("1+1", 9), ("1+1+1", 6)])
def test_line_is_the_front_of_the_full_expansion(ties, terms):
    problem = problem_of(ties)
    leading = leading_derivatives(problem, terms)
    for s, full in enumerate(expand(problem, terms)):
        assert leading.coefficient(s) == pareto_terms(full, ("p", "H"))


@pytest.mark.parametrize("ties", ["3", "5", "2+1", "3+1", "3+2", "2+1+1", "4+1"])
def test_no_line_where_the_front_bends(ties):
    problem = problem_of(ties)
    assert orders_on_line(problem, merge_rules(problem), 2) is None


def test_asymmetric_fronts_are_those_of_theorem_4_1():
    for nu, terms in ((2, 5), (3, 4), (4, 3)):
        leading = leading_derivatives(cp_problem(nu, "asym"), terms)
        place = leading.edges.index(2 * nu)
        for s, order in enumerate(leading.orders[1:], start=1):
            squares = [sector.atoms[place] for sector in order]
            assert squares == [n for n in range(s + 2) if (s + 1 - n) % 2 == 0]
            for sector, number in zip(order, squares, strict=True):
                most = number + 1 if number <= s else s + 1
                expected = [(1 + (nu - 1) * (number + 1 - n), n) for n in range(1, most + 1)]
                assert list(sector.front) == expected


# -- bounds -------------------------------------------------------------------------------

TIES = ["3", "4", "1+1", "2+1", "1+1+1", "2+2", "3+1", "1+1+1+1"]


@cache
def rules_of(ties, decay):
    return merge_rules(problem_of(ties, decay=decay))


def bounds_of(rules, lower=0):
    """The largest gain in the quotient by letter and number of new rows."""
    merges = [merge for found in rules.merges.values() for merge in found]
    basis = changes(merges, rules.kinds)
    bounds = {}
    for merge in merges:
        for place, new in merge.manners():
            gain, touched = quotient_gain(merge, rules.kinds, basis, place, new)
            assert gain <= touched
            key = (merge.letter, len(new))
            bounds[key] = max(gain - lower, bounds.get(key, gain - lower))
    return basis, bounds


@st.composite
def walks(draw):
    """A problem and a path of merges through states of it."""
    rules = rules_of(draw(st.sampled_from(TIES)), draw(st.sampled_from([0, "rate"])))
    level = initial_level(rules)
    path = []
    for _ in range(draw(st.integers(2, 4))):
        choices = [(sector, state) for sector, states in level.items() for state in sorted(states)]
        path.append(draw(st.sampled_from(choices)))
        level = next_level(rules, {path[-1][0]: {path[-1][1]: 1}}, lambda *_: True)
        if not level:
            break
    return rules, path


def exceeds(rules, path, basis, bounds):
    """Whether a step of a path gains more blocks in the quotient than its bound."""
    vectors = [
        [reduced(parity_of(cell), rules.kinds, basis) for cell in cells] for _, (_, cells) in path
    ]
    assert not any(map(total, vectors))
    for (here, after), (one, other) in zip(pairwise(path), pairwise(vectors), strict=True):
        letter = next(j for j, a in enumerate(here[0]) if after[0][j] != a)
        gained = zero_sum_blocks(other) - zero_sum_blocks(one)
        if gained > bounds[letter, after[1][0] - here[1][0]]:
            return True
    return False


@given(walks())
def test_no_merge_gains_more_blocks_in_the_quotient_than_its_bound(walk):
    rules, path = walk
    assert not exceeds(rules, path, *bounds_of(rules))


@pytest.mark.parametrize("ties", TIES)
def test_bounds_in_the_quotient_are_attained(ties):
    """So a bound that is lower by one is exceeded, for every letter, by some merge."""
    rules = rules_of(ties, 0)
    basis, bounds = bounds_of(rules, lower=1)
    level = initial_level(rules)
    seen = set()
    for _ in range(2):
        following = {}
        for sector, states in level.items():
            for state in states:
                step = next_level(rules, {sector: {state: 1}}, lambda *_: True)
                for larger, found in step.items():
                    letter = next(j for j, a in enumerate(sector) if larger[j] != a)
                    for merged in found:
                        if exceeds(rules, [(sector, state), (larger, merged)], basis, bounds):
                            seen.add(letter)
                    following.setdefault(larger, {}).update(found)
        level = following
    assert seen == {letter for letter, _ in bounds}


# -- what a wrong premise does ------------------------------------------------------------------


def test_fusing_where_blocks_can_be_parted_is_noticed():
    problem = problem_of("1+1+1")
    rules = merge_rules(problem)
    (line,) = lines(rules)
    assert not line.fusing
    right = terms_on(problem, rules, line)
    wrong = terms_on(problem, rules, replace(line, fusing=True))
    assert right[0] == wrong[0]
    assert right[1:] != wrong[1:]


def test_rows_owed_by_several_blocks_are_not_counted_twice(monkeypatch):
    problem = problem_of("1+1+1")
    rules = merge_rules(problem)
    right = orders_on_line(problem, rules, 4)

    def careless(self, blocks, codes):
        yield self._parts(blocks, [code | 1 for code in codes]), 1

    monkeypatch.setattr(LineTerms, "_apart", careless)
    assert orders_on_line(problem, rules, 4) != right


def test_bound_that_is_too_low_leaves_a_line_that_is_not_complete(monkeypatch):
    problem = problem_of("1+1+1")
    rules = merge_rules(problem)
    (line,) = lines(rules)
    right = terms_on(problem, rules, line)
    assert all(is_complete(rules, line, s, order) for s, order in enumerate(right))
    monkeypatch.setattr(
        values, "quotient_gain", lambda *args: tuple(g - 1 for g in quotient_gain(*args))
    )
    wrong = terms_on(problem, rules, line)
    assert not all(is_complete(rules, line, s, order) for s, order in enumerate(wrong))


def test_circuit_that_rows_outside_could_part_is_refused():
    """Cells of single edges of all kinds at one row: a square with any row parts them all."""
    problem = problem_of("1+1+1")
    rules = merge_rules(problem)
    (line,) = lines(rules)
    terms = LineTerms(rules, line, transfer_problem(problem, rules), 3)
    state = ((terms.row,), ((0,), (1,), (2,)))
    with pytest.raises(NotIndependent):
        list(map(partial(terms.outcomes, state), range(3)))


def test_refused_line_gives_way_to_closing(monkeypatch):
    problem = problem_of("1+1+1")
    right = leading_derivatives(problem, 3)

    def refuse(self, tell):
        raise NotIndependent

    monkeypatch.setattr(LineTerms, "orders", refuse)
    other = leading_derivatives(problem, 3)
    assert other.orders == right.orders
    assert other.evidence != right.evidence


# -- circuits -------------------------------------------------------------------------------


def set_partitions(members):
    if not members:
        yield []
        return
    first, *rest = members
    for partition in set_partitions(rest):
        yield [[first], *partition]
        for place, block in enumerate(partition):
            yield [*partition[:place], [first, *block], *partition[place + 1 :]]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=6))
def test_splits_are_all_partitions_into_most_zero_sum_blocks(members):
    """Members are vectors with names; equal ones are alike, and named by the first of them."""
    members.append((total(vector for vector, _ in members), 0))
    vectors = [vector for vector, _ in members]
    zero = [
        sorted(tuple(sorted(members.index(members[j]) for j in block)) for block in partition)
        for partition in set_partitions(range(len(members)))
        if not any(total(vectors[j] for j in block) for block in partition)
    ]
    most = max(map(len, zero))
    found, partitions = splits(tuple(vectors), tuple(members))
    assert found == most
    expected = Counter(tuple(p) for p in zero if len(p) == most)
    assert {tuple(sorted(blocks)): ways for blocks, ways in partitions} == expected


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=5))
def test_sides_hold_all_ends_and_share_no_rows(cells):
    circuit = [tuple(sorted(cell)) for cell in cells]
    found = sides(circuit, 1)
    ends = sorted(end for side in found for cell in side for end in cell)
    assert ends == sorted(end for cell in circuit for end in cell)
    rows = [{end for cell in side for end in cell} for side in found]
    assert sum(map(len, rows)) == len(set().union(*rows))


# -- store and progress ---------------------------------------------------------------------


@pytest.mark.parametrize(("ties", "levels"), [("1+1+1", 1), ("3", 1), ("4", 2)])
def test_found_orders_are_read_from_a_store(ties, levels, tmp_path, monkeypatch):
    store = Store(tmp_path / "store.sqlite")
    problem = problem_of(ties)
    told = []
    first = leading_derivatives(problem, 2, levels, progress=told.append, store=store)
    assert {(progress.order, progress.terms) for progress in told} == {(s, 2) for s in range(3)}
    monkeypatch.setattr(derivatives, "_found", None)
    assert leading_derivatives(problem, 2, levels, store=store) == first
    assert leading_derivatives(problem, 1, levels, store=store).orders == first.orders[:2]
    with pytest.raises(TypeError):
        leading_derivatives(problem, 3, levels, store=store)
    store.close()


def test_damaged_entries_of_a_store_are_computed_again(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    problem = problem_of("1+1+1")
    first = leading_derivatives(problem, 1, store=store)
    for damage in (b"", b"[1]", b'["x", [[["a"], []]]]', b'["x", 5]'):
        store.put(derivatives._key(problem, 1, 1), damage)
        assert leading_derivatives(problem, 1, store=store) == first
    store.close()
