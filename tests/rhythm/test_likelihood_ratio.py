"""Is the recording treated as one of its surrogates, and does saving work change no p?"""

from __future__ import annotations

import numpy as np
import pytest

from rhythms import BAND, FS, noise, rhythmic
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum, likelihood_ratios, null_surrogates


def test_the_recording_is_treated_as_one_of_its_copies() -> None:
    spectral = fit_spectrum(cut_into_blocks(noise(4), fs=FS, band=BAND))
    grid = spectral.model.grid
    copies = grid.tapered(null_surrogates(spectral, 20, np.random.default_rng(1)))
    alone = likelihood_ratios(spectral.spectrum[None], spectral.background, spectral.model)
    among = likelihood_ratios(
        np.vstack((spectral.spectrum[None], copies)), spectral.background, spectral.model
    )
    assert among.statistic[0] == pytest.approx(alone.statistic[0], abs=1e-6)


def test_skipping_hopeless_copies_changes_no_p() -> None:
    spectral = fit_spectrum(cut_into_blocks(rhythmic(8.0, snr_db=-1), fs=FS, band=BAND))
    copies = spectral.model.grid.tapered(null_surrogates(spectral, 300, np.random.default_rng(2)))
    observed = likelihood_ratios(spectral.spectrum[None], spectral.background, spectral.model).statistic[0]
    whole = likelihood_ratios(copies, spectral.background, spectral.model).statistic
    quick = likelihood_ratios(copies, spectral.background, spectral.model, reach=observed).statistic
    assert abs(int((whole >= observed).sum()) - int((quick >= observed).sum())) <= 1
