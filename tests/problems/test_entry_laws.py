"""The keys law and moments of a tensor: what they mean, and what is refused."""

from __future__ import annotations

import pytest

from diagrams.errors import BadInput
from diagrams.export.json.documents.problem_file import ProblemFile
from diagrams.graphs.laws import Gaussian, Mean, Shaped
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem

FILE = """
families = {{hidden = "N"}}
[tensors.w]
families = ["hidden"]
role = "trained"
{law}
[model]
output = "w[k]^3"
target = "y"
[loss]
kind = "squared error"
over = []
"""


def read(law: str) -> Problem:
    return parse_problem(FILE.format(law=law))


def law_of(law: str) -> Gaussian | Shaped:
    found = read(law).tensors[0].law
    assert isinstance(found, Gaussian | Shaped)
    return found


def test_laws_by_name() -> None:
    assert law_of('law = "gaussian"\nvariance = "s^2"') == law_of('variance = "s^2"')
    assert law_of('law = "fixed"\nmean = {pattern = "constant", value = "m"}') == law_of(
        'variance = 0\nmean = {pattern = "constant", value = "m"}'
    )
    for name in ("rademacher", "uniform"):
        found = law_of(f'law = "{name}"\nvariance = "s^2"')
        assert isinstance(found, Shaped)
        assert found.shape.kind == name
        assert f"trained, [hidden], {name}, variance s**2" in str(
            read(f'law = "{name}"\nvariance = "s^2"')
        )


def test_moments_about_the_mean() -> None:
    found = law_of('moments = ["q", "q", "q"]\nvariance = "s^2"')
    assert isinstance(found, Shaped)
    assert (found.mean, str(found.mean_value)) == (Mean.CONSTANT, "q*s")
    assert [*map(str, found.shape.moments)] == ["0", "-q**2 + q", "2*q**3 - 3*q**2 + q"]
    assert law_of('moments = [0, 1, 0, "9/5"]').symbols == ()
    assert set(read('moments = [0, 1, 0, "kappa"]\nvariance = "s^2"').symbols) == {
        *("N", "kappa", "s", "y"),
    }


def test_other_names_go_into_moments() -> None:
    problem = read('moments = [0, 1, 0, "kappa"]\nvariance = "s^2"')
    from diagrams.problems.standard import standard

    plain, names = standard(problem)
    law = plain.tensors[0].law
    assert isinstance(law, Shaped)
    assert (
        names.inverse.polynomial(law.shape.moments[3])
        == law_of('moments = [0, 1, 0, "kappa"]\nvariance = "s^2"').shape.moments[3]
    )  # type: ignore[union-attr]


REFUSED = {
    'law = "cauchy"\nvariance = 1': r"tensors.w.law: 'cauchy' .* 'gaussian' or 'fixed' or 'haar'",
    'law = "rademacher"': "tensors.w.variance: missing",
    'law = "rademacher"\nvariance = 0': "one that is not 0; .* law fixed",
    'law = "uniform"\nvariance = "-s"': "a positive coefficient",
    'law = "fixed"\nvariance = "s"': "0, or none, where the law is fixed",
    'law = "uniform"\nvariance = 1\nmoments = [0, 1]': "a law, or moments, not both",
    "moments = 3": "an array of 2 to 64",
    "moments = [0]": "an array of 2 to 64",
    "moments = [0, [1]]": r"tensors.w.moments.2: 'an array' .* a number of at most",
    'moments = [0, "a + b"]': r"tensors.w.moments.2: 'a \+ b' .* one monomial",
    'moments = [0, 1, 0, "exec(1)"]': r"tensors.w.moments.4",
    "moments = [2, 4, 8]": "a second moment above the square of the first",
    'moments = ["m", 1]\nmean = {pattern = "constant", value = 1}': "0 first, where a mean",
    "moments = [0, 1, 0, 0.5]": "moments that some law has",
    "moments = [0, 1, 2, 9]\nvariance = 2": "the square of a rational: odd moments hold its root",
    'moments = ["m", 1]\nvariance = "2*s"': "the square of a rational",
    'moments = [0, 1, 0, "k"]': "k is an index",
    'moments = [0, 1, 0, "N"]\nvariance = 1\nspeed = 1': "the keys families, role, variance",
}


@pytest.mark.parametrize("law", REFUSED)
def test_refusals(law: str) -> None:
    with pytest.raises(BadInput, match=REFUSED[law]):
        read(law)


def test_schema() -> None:
    import tomllib

    import msgspec

    for law in ('law = "uniform"\nvariance = 1', 'moments = [0, 1, 0, "kappa", 0, 3.5]'):
        msgspec.convert(tomllib.loads(FILE.format(law=law)), ProblemFile)
    for law in ('law = "cauchy"', "moments = [0]", "moments = 2"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(tomllib.loads(FILE.format(law=law)), ProblemFile)
