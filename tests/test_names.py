"""Names decide nothing: problems with other names give the same, up to the names."""

import re
from collections import Counter
from pathlib import Path

import pytest
import sympy
from sympy.core.function import AppliedUndef

from diagrams import (
    BadInput,
    NotSolved,
    Solution,
    cp_problem,
    expand,
    load_problem,
    simulate,
    solve,
)
from diagrams.checking.expressions import coefficients_of
from diagrams.cli import main
from diagrams.dynamics.refusals import fact_of_matrices
from diagrams.dynamics.renamed import Names
from diagrams.dynamics.solving import under_names
from diagrams.errors import Missing
from diagrams.export.content.statement import facts
from diagrams.export.latex.macros import keys_of, macro_of, name_of, with_macros
from diagrams.problems.cp import CPProblem
from diagrams.problems.problem import Problem
from diagrams.problems.standard import standard
from diagrams.problems.structure import structure
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.scaling.regimes.location import locate
from tests.truth.spelled import preset_file, respelled

CROSSWISE = {"p": "H", "H": "p", "hidden": "feature", "feature": "hidden", "sigma": "N"}
CROSSWISE |= {"u": "W", "v": "M", "lambda": "q", "c": "rho"}
BACK = {new: old for old, new in CROSSWISE.items()}
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|\S")
OURS = ("theta", "y", "tau", "psi", "phi", "a", "z", "x", "v", "g", "G", "K", "n", "s", "e")
SYMPY = ("E", "I", "pi", "beta", "gamma", "S", "N", "O", "Q", "w", "h", "xi", "t_c", "lambda")

TWO_LAYERS = """
[families]
hidden = {size = "N", index = "k"}
feature = {size = "d", index = "i"}
[tensors.a]
families = ["hidden"]
role = "trained"
variance = "alpha^2"
[tensors.W]
families = ["hidden", "feature"]
role = "trained"
variance = "sigma^2"
[tensors.t]
families = ["feature"]
role = "frozen"
variance = "1/d"
[model]
output = "a[k] W[k,i]"
target = "t[i]"
[loss]
kind = "squared error"
over = ["i"]
"""
OTHER_LAYERS = {"hidden": "feature", "feature": "hidden", "N": "d", "d": "N", "a": "W", "W": "Z"}
KEPT: dict[str, tuple[str, ...]] = {"show": (), "close": (), "diagrams": ()}
OTHER_LAYERS |= {"alpha": "sigma", "sigma": "alpha", "t": "A", "k": "m"}


def tokens(text: str) -> Counter[str]:
    """The words, numbers and signs of a text: names change the order of factors in print."""
    return Counter(TOKEN.findall(text))


def described(found: Regimes, back: dict[str, str]) -> list[tuple[object, ...]]:
    return [
        (
            regime.name,
            respelled(regime.condition, back),
            {back.get(n, n): e for n, e in (regime.time_scale or {}).items()},
            regime.learning,
            regime.parameterization,
            regime.evidence.kind,
        )
        for regime in found
    ]


@pytest.mark.parametrize(
    ("order", "ties", "target", "scale", "decay"),
    [
        (2, "sym", "identity", "1", "0"),
        (4, "sym", "identity", "c", "0"),
        (3, "2+1", "zero", "1", "lambda"),
        (3, "asym", "modular", "1", "0"),
        (4, "3+1", "identity", "-1/2", "1/3"),
    ],
)
def test_a_preset_as_a_file_with_other_names_is_the_preset(
    order: int, ties: str, target: str, scale: str, decay: str
) -> None:
    preset = cp_problem(order, ties, target, scale, decay)
    text = preset_file(preset)
    assert load_problem(text).observable == preset.observable
    assert load_problem(text).potential == preset.potential
    renamed = load_problem(respelled(text, CROSSWISE))
    assert structure(renamed).width == "p"
    found, names = standard(renamed)
    assert found == preset
    assert dict(names.symbols).items() >= {("H", "p"), ("p", "H"), ("N", "sigma")}
    one, other = expand(preset, terms=2), expand(renamed, terms=2)
    assert [names.polynomial(y) for y in other.coefficients] == list(one.coefficients)


@pytest.mark.parametrize(
    "preset",
    [
        cp_problem(order=4),
        cp_problem(order=3, ties="asym", scale="c"),
        cp_problem(order=3, ties="2+1", target="zero", decay="lambda"),
    ],
)
def test_regimes_follow_from_structure(preset: Problem) -> None:
    expected = regimes(preset)
    text = preset_file(preset)  # type: ignore[arg-type]
    for names in ({}, {"hidden": "neuron"}, {"hidden": "feature", "feature": "hidden"}, CROSSWISE):
        back = {new: old for old, new in names.items()}
        found = regimes(load_problem(respelled(text, names)))
        assert described(found, back) == described(expected, {})
        assert found.width == names.get("H", "H")


def test_a_solution_is_that_of_the_preset() -> None:
    preset = cp_problem(order=4, scale="c")
    expected = solve(preset, "A-B")
    found = solve(load_problem(respelled(preset_file(preset), CROSSWISE)), "A-B")
    back = {sympy.Symbol(new): sympy.Symbol(old) for new, old in BACK.items()}
    assert found.expr.xreplace(back) == expected.expr
    assert found.symbols == ("H", "p", "rho", "N", "T", "t")
    for one, other in (
        (found.domain, expected.domain),
        (str(found.evidence), str(expected.evidence)),
        *zip(map(str, found.definitions), map(str, expected.definitions), strict=True),
        *zip(map(str, found.steps), map(str, expected.steps), strict=True),
    ):
        assert tokens(respelled(one, BACK)) == tokens(other)
    assert len(found.endings) == len(expected.endings)
    for end, known in zip(found.endings, expected.endings, strict=True):
        assert end.limit is None or end.limit.xreplace(back) == known.limit
        assert tokens(respelled(end.condition, BACK)) == tokens(known.condition)
    values = {"p": 20, "H": 500, "sigma": "1/10", "c": "1/5", "t": 3}
    at = {CROSSWISE.get(name, name): value for name, value in values.items()}
    assert found.evaluate(at) == expected.evaluate(values)
    assert found.values([1, 2], at) == expected.values([1, 2], values)
    for wrong in ({**at, "sigma": 1}, {k: v for k, v in at.items() if k != "N"}, {**at, "N": -1}):
        with pytest.raises(BadInput) as refusal:
            found.evaluate(wrong)
        assert "sigma" not in refusal.value.allowed


def sentences(found: Solution, ends: bool) -> list[str]:
    """All that is said of a solution."""
    listed = [found.domain, found.settles, str(found.evidence)]
    listed += [str(part) for part in (*found.steps, *found.definitions)]
    if ends:
        listed += [str(part) for end in found.endings for part in (end, end.evidence)]
    return listed


HARD = ("the", "of", "loss", "a", "t0", "at", "row", "is", "time", "formula")
OF_OURS = ("N", "w", "G", "x", "y", "L", "V", "K", "E", "mu")
PLAIN = ("p", "H", "sigma", "c", "lambda", "u", "v", "w", "hidden", "feature")


@pytest.mark.parametrize(
    ("preset", "regime", "ends"),
    [
        (cp_problem(order=2, ties="asym", scale="c", decay="lambda"), "A", True),
        (cp_problem(order=4, ties="2+2", decay="lambda"), "E-A", False),
        pytest.param(cp_problem(order=3, ties="asym"), "B-C", False, marks=pytest.mark.full),
    ],
)
def test_words_of_sentences_are_no_names(preset: CPProblem, regime: str, ends: bool) -> None:
    derived, text = solve(preset, regime), preset_file(preset)

    def under(names: dict[str, str]) -> list[str]:
        problem = load_problem(respelled(text, names))
        assert standard(problem)[0] == preset
        said = sentences(under_names(derived, problem, standard(problem)[1]), ends)
        return [line.replace("_", " _ ") for line in said]  # v_u has the name of a tensor in it

    unlike = {name: f"Q{place}x" for place, name in enumerate(PLAIN)}
    expected, back = under(unlike), {new: old for old, new in unlike.items()}
    for line, plain in zip(expected, sentences(derived, ends), strict=True):
        assert tokens(respelled(line, back)) == tokens(plain.replace("_", " _ "))
    put = {unlike[name]: hard for name, hard in zip(PLAIN, HARD, strict=True)}
    for line, hard in zip(expected, under(dict(zip(PLAIN, HARD, strict=True))), strict=True):
        assert tokens(respelled(line, put)) == tokens(hard)
    met = under(dict(zip(PLAIN, OF_OURS, strict=True)))
    assert not any(re.search(r"\b(Q\dx|sigma|hidden)\b", line) for line in met)


def test_refusals_name_what_the_file_names() -> None:
    names = dict(zip((*PLAIN, "F"), (*HARD, "not"), strict=True))
    text = preset_file(cp_problem(order=3, target="modular"))
    plain, to_plain = standard(load_problem(respelled(text, names)))
    fact = Names(to_plain.inverse, ()).value(fact_of_matrices(plain))
    assert fact == "not[formula,formula,formula] is structural, not trained"
    with pytest.raises(NotSolved, match=r"the closure misses .*\bof\b") as refusal:
        solve(load_problem(respelled(preset_file(cp_problem(order=2, ties="asym")), names)))
    assert not re.search(r"\b(H|p|sigma)\b", refusal.value.step)


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (
            'moments = [0, "1/2", 0, "kappa"]',
            "tensors.goal.moments: missing, the moment of",
        ),
        ('law = "haar"', "entries of goal\\[row,row\\] are those of an orthogonal matrix"),
    ],
)
def test_refusals_of_laws_name_what_the_file_names(law: str, said: str) -> None:
    text = f"""
    families = {{row = {2 if "haar" in law else '"m"'}}}
    tensors.goal = {{families = ["row", "row"], role = "trained", {law}}}
    model = {{output = "goal[i,j] goal[i,k]", target = "0"}}
    loss = {{kind = "squared error", over = ["j", "k"]}}
    """
    with pytest.raises((NotSolved, Missing), match=said):
        solve(load_problem(text))


def kinds(error: type[BadInput]) -> set[type[BadInput]]:
    return {error}.union(*map(kinds, error.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(kinds(BadInput), key=lambda kind: kind.__name__))
def test_refusals_of_every_kind_are_put_under_other_names(kind: type[BadInput]) -> None:
    def refuse() -> None:
        raise kind("terms", "2", "a number")

    with pytest.raises(kind) as refusal:
        Names(standard(cp_problem(order=2))[1].inverse, ()).asked(refuse)
    assert str(refusal.value) == str(kind("terms", "2", "a number"))


def test_refusals_of_scalings_name_what_the_file_names() -> None:
    text = """
    families = {a = "big", b = "small"}
    tensors.u = {families = ["a"], role = "trained", variance = "1"}
    tensors.v = {families = ["b"], role = "trained", variance = "1"}
    tensors.z = {families = ["a", "b"], role = "frozen", variance = "1/big"}
    model = {output = "z[i,j] u[i] v[j]"}
    loss = {kind = "linear", prefactor = -1}
    """
    with pytest.raises(BadInput, match="scaling.small: 'small' is not allowed; .* that grow"):
        solve(load_problem(text), "big=1,small=0")


def test_symbols_of_ours_never_meet_those_of_the_problem() -> None:
    preset = cp_problem(order=4, scale="c", decay="lambda")
    derived = solve(preset, "E-A")
    values = {"p": 20, "H": 30, "sigma": "1/5", "c": 1, "lambda": "1/10", "t": "-1/20"}
    expected = derived.evaluate(values, digits=8, size_limit=True)
    for number, name in enumerate((*OURS, *SYMPY)):
        for role in ("c", "sigma")[number % 2 :][:1]:
            other = {role: name} if name != "lambda" else {role: name, "lambda": "tau"}
            problem = load_problem(respelled(preset_file(preset), other))
            found, names = standard(problem)
            assert found == preset
            solution = under_names(derived, problem, names)
            at = {other.get(key, key): value for key, value in values.items()}
            if number % 9 == 0:
                assert solution.evaluate(at, digits=8, size_limit=True) == expected
            own = {symbol.name for symbol, _ in solution.definitions}
            parts = [solution.formula, *solution.conditions]
            own |= {s.name for part in parts for s in part.atoms(sympy.Symbol)} - set(
                solution.symbols
            )
            own |= {f.func.__name__ for part in parts for f in part.atoms(AppliedUndef)}
            assert {"psi", "phi", "G", "K", "x"} - {name} <= own
            assert not own & set(solution.symbols)
            assert set(solution.symbols) == {*problem.symbols, "T", "t"}
            assert name in str(solution)


def test_a_decay_called_tau_is_not_the_time() -> None:
    found = solve(cp_problem(order=4, target="zero", decay="tau"), "full")
    unit = sympy.sympify("tau*t/T")
    rates = {e.args[0] / unit for e in found.formula.atoms(sympy.exp)}
    assert rates
    assert all(rate.is_number for rate in rates)


def test_an_index_is_no_scale() -> None:
    for old, new, field in (
        ('variance = "sigma^2"', 'variance = "1/i^2"', "tensors.W.variance"),
        ('output = "a[k] W[k,i]"', 'output = "a[k] W[k,i] / i"', "model.output"),
    ):
        with pytest.raises(BadInput, match="a vector with a spectrum in front") as refusal:
            load_problem(TWO_LAYERS.replace(old, new))
        assert refusal.value.field == field


def test_every_regime_has_a_name_of_its_own() -> None:
    found = regimes(load_problem(TWO_LAYERS), terms=5)
    assert len(set(found.names)) == len(found) == 35
    for name in found.names:
        assert found[name].name == name
    for regime in found:
        scaling = dict(zip(found.symbols, regime.direction, strict=True))
        assert locate(found, scaling).regime is regime
    here = locate(found, {"d": 1, "N": 1, "alpha": 0, "sigma": -1}).regime
    assert here.holds([1, 1, 0, -1])
    assert sum(regime.holds([1, 1, 0, -1]) for regime in found) == 1
    with pytest.raises(BadInput, match="quasi-linear law"):  # its powers of alpha vary freely
        regimes(load_problem(TWO_LAYERS), terms=4)


def test_a_file_may_say_which_family_is_the_width() -> None:
    text = TWO_LAYERS.replace("[families]", 'width = "feature"\n[families]')
    problem = load_problem(text)
    assert structure(problem).width == "d"
    assert structure(problem).rows == structure(load_problem(TWO_LAYERS)).rows
    assert ("width", "feature") in problem.facts
    with pytest.raises(BadInput, match="a family with a symbol for its size: hidden, feature"):
        load_problem(text.replace('width = "feature"', 'width = "N"'))
    experts = load_problem("docs/systems/mixture_of_experts.toml")
    assert [family.name for family in experts.rows] == ["expert", "inner"]
    assert structure(experts).width is None


def test_draws_follow_the_file_and_not_the_names() -> None:
    at = {"N": 5, "d": 4, "alpha": 0.5, "sigma": 0.25}
    other = {OTHER_LAYERS.get(name, name): value for name, value in at.items()}
    one = simulate(load_problem(TWO_LAYERS), at=at, until=0.5, points=3, seeds=2)
    renamed = load_problem(respelled(TWO_LAYERS, OTHER_LAYERS))
    two = simulate(renamed, at=other, until=0.5, points=3, seeds=2)
    assert two.mean == pytest.approx(one.mean, rel=1e-9)


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("expand", "--terms", "2", "--format", "json"),
        ("diagrams", "--terms", "1"),
        ("fronts", "--terms", "2", "--format", "json"),
        ("close",),
    ],
)
def test_commands_print_the_same(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = 'title = "Layers"\n' + TWO_LAYERS
    printed = []
    for number, names in enumerate(({}, OTHER_LAYERS)):
        back = {new: old for old, new in names.items()} | {"A_A": "t_t", "Z_A": "W_t", "Z_Z": "W_W"}
        back |= {f"m{k}": f"k{k}" for k in range(1, 5)} | {"Z_": "W_", "A_": "t_"}
        file = tmp_path / f"layers{number}.toml"
        file.write_text(respelled(text, names))
        assert main([words[0], str(file), *words[1:], *KEPT.get(words[0], ("--no-cache",))]) == 0
        found = respelled(capsys.readouterr().out, back if number else {})
        kept = (line for line in found.split("\n") if not re.search('"spec"|"command"', line))
        printed.append(tokens(respelled("\n".join(kept), {"d": "D", "N": "D", "t": "T", "a": "A"})))
    assert printed[0] == printed[1]


def test_labels_keep_the_case_of_names() -> None:
    text = TWO_LAYERS + '[observables]\nK = "a[k]^2"\nk2 = "W[k,i]^2"\n'
    labels = [fact.label for fact in facts(load_problem(text))]
    assert {"Observable K", "Observable k2"} <= set(labels)


def test_macros_of_ours_are_not_those_of_a_problem() -> None:
    keys = keys_of(["mean", "loss", "t[]", "T[]", "p", "u[]", "v", "v[]", "t", "T"])
    assert keys == ["mean*", "loss*", "t[]", "T[]", "p", "u", "v", "v[]", "t", "T"]
    macros = [macro_of(key) for key in (*keys, "mean", "loss")]
    assert len(set(macros)) == len(macros)
    assert [name_of(macro) for macro in macros] == [*keys, "mean", "loss"]
    written = with_macros(r"\mathbb{E}[L] = t \mathrm{mean} t_{i}^{2}", ["mean", "t", "t[]"], True)
    assert written == r"\wfmean[\wfloss] = \wft \wfmeanQS \wftQT_{i}^{2}"


def test_a_tau_of_the_problem_is_not_time() -> None:
    tau, t, T = sympy.symbols("tau t T", positive=True)
    found = coefficients_of(sympy.exp(-tau * t / T), ("tau",), 2, {})
    assert found == (1, -tau, tau**2)


def test_the_order_and_the_large_number_are_no_scales_of_the_problem() -> None:
    """A size called s and a scale called a leave these letters to the problem."""
    text = preset_file(cp_problem(order=2))
    free = respelled(text, {"p": "s", "sigma": "a"})
    found = regimes(load_problem(free), terms=4)
    series = expand(found.problem, terms=1)
    assert "Y_r = T^r d^r E[L]/dt^r at t = 0" in str(series)
    assert "Y_r = T^r\\,\\mathrm{d}^r" in series.to_markdown()
    assert "Y_s" not in series.to_markdown()
    assert "r = 1: vertices of the hull: s H a^2" in found.fronts.to_text()
    assert "lead together for s ~ x, H ~ x, a ~ x^(-1/2)" in found.fronts.to_text()
    prose = (found.fronts.evidence, *(regime.evidence for regime in found))
    prose = (*prose, solve(found.problem, "E-A").evidence)
    assert not any("s = " in evidence.statement for evidence in prose)
