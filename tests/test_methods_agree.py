"""Every estimator on one clean signal: one answer."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.analysis.recipe import analyze
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum, null_surrogates
from touchrhythm.rhythm.periodicity import periodicity_test
from touchrhythm.rhythm.rate import bootstrap_samples, estimate_rate, rate_of
from touchrhythm.rhythm.timecourse import count_cycles, follow_rate
from touchrhythm.session import Recording, Session
from touchrhythm.settings import Settings
from touchrhythm.signal.filtering import analytic_trace, bandpass
from touchrhythm.simulate.signals import mix_at_snr, simulate_noise, simulate_rhythm

BAND = (0.1, 0.2)
FS = 20.0
SECONDS = 600


@pytest.mark.parametrize("rate", [6.3, 8.0, 11.5])
def test_every_way_to_a_rate_gives_the_same_one(rate: float) -> None:
    time = np.arange(round(SECONDS * FS)) / FS
    x = np.cos(2 * np.pi * rate / 60 * time + 1) + 0.1 * simulate_noise(time.size, fs=FS, rng=1)
    spectral = fit_spectrum(cut_into_blocks(x, fs=FS, band=BAND))
    noise = null_surrogates(spectral, 19, np.random.default_rng(1))
    like = bootstrap_samples(spectral, 50, np.random.default_rng(1))
    filtered = bandpass(x, fs=FS, band=BAND)
    inner = slice(round(40 * FS), -round(40 * FS))
    phase = np.unwrap(np.angle(scipy.signal.hilbert(filtered)))[inner]
    freq, density = scipy.signal.periodogram(x, fs=FS, nfft=1 << 18)
    answers = {
        "test": 60 * periodicity_test(x, fs=FS, band=BAND, rng=1, n_surrogates=19).freq,
        "rate": estimate_rate(x, fs=FS, band=BAND, rng=1, n_surrogates=50).rate_cpm,
        "rate of spectral": rate_of(spectral, like).rate_cpm,
        "count": count_cycles(analytic_trace(x, fs=FS, band=BAND), spectral, noise).rate_cpm,
        "time course": float(np.median(follow_rate(spectral, noise).rate_cpm)),
        "whole": analyze(
            Session(Recording(x, FS, ("force",))), Settings(n_surrogates=99, n_bootstrap=50), rng=1
        ).to_row()["rate_cpm"],
        "phase of the filtered trace": 60 * (phase[-1] - phase[0]) / (2 * np.pi) * FS / (phase.size - 1),
        "peak of the periodogram": 60 * freq[density.argmax()],
    }
    # a tenth of what ten minutes resolve
    assert answers == pytest.approx(dict.fromkeys(answers, rate), abs=0.01)


def test_amplitude_and_density_agree_with_the_trace_and_the_spectrum_of_scipy() -> None:
    time = np.arange(round(SECONDS * FS)) / FS
    x = 3 * np.cos(2 * np.pi * 8 / 60 * time) + simulate_noise(time.size, fs=FS, rng=2)
    result = periodicity_test(x, fs=FS, band=BAND, rng=1, n_surrogates=99)
    inner = slice(round(60 * FS), -round(60 * FS))
    trace = float(np.sqrt(2) * bandpass(x, fs=FS, band=BAND)[inner].std())
    assert result.amplitude == pytest.approx(3.0, rel=0.03)
    assert trace == pytest.approx(result.amplitude, rel=0.04)
    freq, density = scipy.signal.welch(x, fs=FS, nperseg=round(100 * FS))
    flank = (freq > 0.3) & (freq < 0.5)
    own = (result.spectrum.freq > 0.3) & (result.spectrum.freq < 0.5)
    assert result.spectrum.density[own].mean() == pytest.approx(density[flank].mean(), rel=0.15)


def test_the_irregularity_of_the_rate_is_that_of_the_cycles() -> None:
    found = []
    for seed in range(10):
        wave, _ = simulate_rhythm(round(300 * FS), fs=FS, rate_cpm=8.0, cv=0.06, rng=seed)
        noise = simulate_noise(wave.size, fs=FS, rng=100 + seed)
        x = mix_at_snr(wave, noise, fs=FS, band=BAND, snr_db=6)
        found.append(estimate_rate(x, fs=FS, band=BAND, rng=1, n_surrogates=50).cv)
    # a line's width grows with the square of the irregularity: a factor of two would show as .085 or .042
    assert np.median(found) == pytest.approx(0.06, abs=0.01)
