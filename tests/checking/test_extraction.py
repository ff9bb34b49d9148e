"""Taylor coefficients from numbers: the truth lies within the uncertainty."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.checking.extraction import Points, derivatives_at_zero


def rounded(function, times, digits: int) -> Points:  # type: ignore[no-untyped-def]
    values, errors = [], []
    for t in times:
        y = function(t)
        unit = mpmath.mpf(10) ** (mpmath.floor(mpmath.log10(abs(y) or 1)) - digits + 1)
        values.append(mpmath.nint(y / unit) * unit)
        errors.append(unit / 2)
    return Points(tuple(times), tuple(values), tuple(errors))


@settings(max_examples=settings().max_examples // 10)
@given(
    st.floats(0.3, 3),
    st.sampled_from([0.5, 1.3, 2, 3]),
    st.sampled_from([5, 8, 12]),
    st.sampled_from([15, 31, 60]),
    st.sampled_from([0.3, 1.0]),
)
def test_coverage(rate: float, power: float, digits: int, count: int, reach: float) -> None:
    """(1 + a t)^(-b): algebraic decay, singular at t = -1/a."""
    with mpmath.workdps(40):
        times = [mpmath.mpf(k) * reach / (count - 1) for k in range(count)]
        data = rounded(lambda t: (1 + rate * t) ** mpmath.mpf(-power), times, digits)
        estimates = derivatives_at_zero(data, 3)
        # steps that change the function by a half and more may be refused
        refusable = power * rate * reach / (count - 1) > 0.5
        assert refusable or None not in estimates
        for s, found in enumerate(estimates):
            exact = mpmath.rf(power, s) * mpmath.mpf(-rate) ** s
            assert found is None or found.meets(exact)


@pytest.mark.parametrize(
    ("rate", "power", "digits", "count", "reach", "s", "within"),
    [
        (1.4927098920790312, 0.5, 5, 60, 0.3, 2, 0.25),
        (0.5534208842904342, 0.5, 8, 31, 0.3, 3, 0.2),
        (2.912379101928098, 1.3, 5, 15, 1.0, 3, 0.25),
    ],
)
def test_luck_with_the_rounding_is_no_accuracy(
    rate: float, power: float, digits: int, count: int, reach: float, s: int, within: float
) -> None:
    """Tables whose rounding cancels the change under two further degrees."""
    with mpmath.workdps(40):
        times = [mpmath.mpf(k) * reach / (count - 1) for k in range(count)]
        data = rounded(lambda t: (1 + rate * t) ** mpmath.mpf(-power), times, digits)
        found = derivatives_at_zero(data, 3)[s]
        exact = mpmath.rf(power, s) * mpmath.mpf(-rate) ** s
        assert found is not None
        assert found.meets(exact)
        assert found.uncertainty < within * abs(exact)


def test_uncertainty_falls_with_the_digits() -> None:
    times = [mpmath.mpf(k) / 30 for k in range(31)]
    widths = []
    for digits in (4, 8, 12):
        found = derivatives_at_zero(rounded(lambda t: mpmath.exp(-3 * t), times, digits), 2)[2]
        assert found is not None
        assert found.meets(9)
        widths.append(found.uncertainty)
    assert widths[0] > 100 * widths[1] > 10**4 * widths[2]


def test_known_orders_sharpen_the_next() -> None:
    times = [mpmath.mpf(k) / 20 for k in range(21)]
    data = rounded(lambda t: mpmath.exp(-3 * t), times, 6)
    plain = derivatives_at_zero(data, 3)[3]
    sharper = derivatives_at_zero(data, 3, (1, -3, 9))[0]
    assert plain is not None
    assert sharper is not None
    assert sharper.meets(-27)
    assert sharper.uncertainty < plain.uncertainty / 3


def test_smooth_errors_must_be_declared() -> None:
    """An error like 1e-3 exp(-5t) shows in no misfit; declared, it is covered at its worst."""
    times = [mpmath.mpf(k) / 30 for k in range(31)]
    data = rounded(lambda t: mpmath.exp(-t) + mpmath.exp(-5 * t) / 1000, times, 10)
    blind = derivatives_at_zero(data, 2)[2]
    told = derivatives_at_zero(
        Points(data.times, data.values, data.errors, declared=(mpmath.mpf(1) / 1000,) * 31), 2
    )[2]
    assert blind is not None
    assert told is not None
    assert not blind.meets(1)
    assert told.meets(1)


def test_samples_tell_the_statistical_error() -> None:
    times = [mpmath.mpf(k) / 30 for k in range(31)]
    rates = [mpmath.mpf(1) + mpmath.mpf(k) / 10 for k in range(-5, 6)]
    curves = [tuple(mpmath.exp(-r * t) for t in times) for r in rates]
    mean = tuple(mpmath.fsum(column) / len(rates) for column in zip(*curves, strict=True))
    data = Points(
        times=tuple(times),
        values=mean,
        errors=(mpmath.mpf(10) ** -12,) * 31,
        samples=tuple(curves),
        quantile=1.0,
    )
    found = derivatives_at_zero(data, 1)[1]
    assert found is not None
    spread = mpmath.sqrt(sum((r - 1) ** 2 for r in rates) / 10 / 11)
    assert found.meets(-1)
    assert found.uncertainty == pytest.approx(float(spread), rel=0.2)


def test_one_sample_that_rules_leaves_the_spread_unknown() -> None:
    """One of 100 curves makes up all of the variance: two degrees of freedom, not 99."""
    times = [mpmath.mpf(k) / 30 for k in range(31)]
    found = []
    for heights in ([1.0] * 99 + [100.0], [1.0, 2.0] * 50):
        mean = tuple(sum(heights) / 100 * mpmath.exp(-t) for t in times)
        samples = tuple(tuple(h * mpmath.exp(-t) for t in times) for h in heights)
        errors = (mpmath.mpf(10) ** -12,) * 31
        data = Points(tuple(times), mean, errors, samples=samples)
        estimate = derivatives_at_zero(data, 0)[0]
        assert estimate is not None
        found.append(estimate.uncertainty / (np.std(heights, ddof=1) / 10))
    assert found[0] > 15
    assert found[1] == pytest.approx(3, rel=0.01)


def test_too_few_points() -> None:
    few = Points((mpmath.mpf(0), mpmath.mpf(1)), (mpmath.mpf(1),) * 2, (mpmath.mpf(0),) * 2)
    assert derivatives_at_zero(few, 1) == (None, None)
