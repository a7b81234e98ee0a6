"""What sampling folds into the band is named, and what is folded to a rate that was found."""

import numpy as np
import pytest

from touchrhythm.signal.aliasing import aliasing_warnings, folded_to, mains_at, named_with_places


def test_tremor_at_10_hz_folds_into_the_band_at_10_samples_a_second():
    found = aliasing_warnings(10.0, (0.1, 0.2))
    assert [(one.source, one.low, one.high) for one in found] == [
        ("hand tremor", 9.8, 9.9),
        ("hand tremor", 10.1, 10.2),
        ("2nd harmonic of hand tremor", 19.8, 19.9),
        ("2nd harmonic of hand tremor", 20.1, 20.2),
    ]
    assert named_with_places(found) == (
        "hand tremor at 9.8–9.9 or 10.1–10.2 Hz",
        "2nd harmonic of hand tremor at 19.8–19.9 or 20.1–20.2 Hz",
    )


@pytest.mark.parametrize("fs", [0.9, 1.3, 2.0, 5.0, 7.5, 10.0, 12.0, 12.15])
def test_every_frequency_named_does_appear_inside_the_band(fs):
    band = (0.1, 0.2)
    found = aliasing_warnings(fs, band)
    assert found
    for one in found:
        for f in np.linspace(one.low, one.high, 5)[1:-1]:
            assert band[0] <= abs(f - fs * np.rint(f / fs)) <= band[1]
    for f in np.linspace(4, 12, 2001):  # and every tremor frequency that does is named
        if band[0] + 1e-6 < abs(f - fs * np.rint(f / fs)) < band[1] - 1e-6:
            assert any(one.low <= f <= one.high for one in found if one.source == "hand tremor")


@pytest.mark.parametrize(
    ("fs", "source", "arithmetic"),
    [
        (12.53, "mains hum of 50 Hz", "|50 − 4 × 12.53| = 0.12 Hz"),
        (9.975, "mains hum of 50 Hz", "|50 − 5 × 9.975| = 0.125 Hz"),
        (19.95, "mains hum of 60 Hz", "|60 − 3 × 19.95| = 0.15 Hz"),
        (33.28, "harmonic 2 of mains hum of 50 Hz", "|100 − 3 × 33.28| = 0.16 Hz"),
        (79.95, "harmonic 4 of mains hum of 60 Hz", "|240 − 3 × 79.95| = 0.15 Hz"),
    ],
)
def test_mains_that_sampling_folds_into_the_band_is_named_with_the_sum(fs, source, arithmetic):
    lines = [alias for alias in aliasing_warnings(fs, (0.1, 0.2)) if np.isfinite(alias.line)]
    assert (lines[0].source, lines[0].arithmetic) == (source, arithmetic)
    low, high = lines[0].folded_to()
    assert low <= abs(lines[0].line - lines[0].multiple * fs) <= high
    assert named_with_places(lines)[0] == f"{source} ({arithmetic})"


@pytest.mark.parametrize("fs", [13.17, 20.0, 25.0, 40.0, 50.0, 80.0, 100.0, 200.0, 1000.0])
def test_at_even_sampling_rates_mains_stays_outside_the_band(fs):
    assert not [alias for alias in aliasing_warnings(fs, (0.1, 0.2)) if np.isfinite(alias.line)]


def test_fast_sampling_folds_nothing_into_the_band():
    assert aliasing_warnings(25.0, (0.1, 0.2)) == ()
    assert aliasing_warnings(1000.0, (0.1, 0.2)) == ()


def sampled(*lines, fs, seed=1):
    time = np.arange(int(600 * fs)) / fs
    noise = np.random.default_rng(seed).standard_normal(time.size)
    return noise + sum(np.cos(2 * np.pi * freq * time + k) for k, freq in enumerate(lines))


@pytest.mark.parametrize(("fs", "tremor"), [(8.3, 8.17), (7.1, 6.97), (10.0, 10.15), (5.3, 5.43)])
def test_tremor_that_is_folded_to_a_rate_is_named_with_the_sum(fs, tremor):
    found = folded_to(sampled(tremor, fs=fs), abs(tremor - fs), fs=fs, width=0.002)
    assert found is not None
    assert found.source.startswith("hand tremor at ")
    assert f"{tremor:g}" in found.source
    assert found.arithmetic == f"|{found.line:g} − 1 × {fs:g}| = {abs(tremor - fs):.4g} Hz"


@pytest.mark.parametrize(("fs", "fundamental", "order"), [(13.17, 6.52, 2), (20.07, 9.97, 2), (7.1, 2.41, 3)])
def test_a_harmonic_is_named_where_its_fundamental_is_seen(fs, fundamental, order):
    line = order * fundamental
    rate = abs(line - fs)
    found = folded_to(sampled(fundamental, line, fs=fs), rate, fs=fs, width=0.002)
    assert found is not None
    assert "harmonic" in found.source or "tremor at 7.23" in found.source
    for seed in range(5):
        alone = folded_to(sampled(rate, fs=fs, seed=seed), rate, fs=fs, width=0.002)
        assert alone is None or "harmonic" not in alone.source


def test_at_fast_sampling_nothing_is_folded_to_a_rate():
    assert folded_to(sampled(0.13, fs=50.0), 0.13, fs=50.0, width=0.002) is None


@pytest.mark.parametrize(
    ("fs", "rate", "width", "found"),
    [
        (12.53, 0.12, 0.002, ("mains hum of 50 Hz", True)),
        (12.53, 0.19, 0.002, ("mains hum, were it at 49.93 Hz,", False)),  # a grid that runs .07 Hz slow
        (8.3, 0.2, 0.002, ("mains hum of 50 Hz", True)),
        (12.55, 0.11, 0.002, ("mains hum, were it at 50.09 Hz,", False)),
        (12.57, 0.11, 0.002, None),  # 50.17 Hz: no grid
        (50.0, 0.13, 0.002, None),  # folded to nothing, and to no rhythm
        (100.0, 0.1, 0.003, None),
    ],
)
def test_mains_at_a_rate_is_held_against_what_is_known_of_both(fs, rate, width, found):
    line = mains_at(rate, fs=fs, width=width)
    assert (line and (line[0].source, line[1])) == found
    if line:
        assert line[0].arithmetic.endswith(f"= {abs(line[0].line - line[0].multiple * fs):.4g} Hz")
