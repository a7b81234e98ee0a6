"""Is the recording treated as one of its surrogates, and does saving work change no p?"""

from __future__ import annotations

import numpy as np
import pytest

from rhythms import BAND, FS, noise, rhythmic
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import (
    PARTS,
    fit_spectrum,
    further_spectra,
    likelihood_ratios,
    null_surrogates,
    parts_of,
    surrogate_parts,
)


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


@pytest.fixture(scope="module")
def of_many_blocks():
    """Spectral fit of a recording of 18 blocks of four minutes."""
    gap = np.full(int(FS), np.nan)
    blocks = [np.concatenate((noise(seed, seconds=240), gap)) for seed in range(18)]
    return fit_spectrum(cut_into_blocks(np.concatenate(blocks), fs=FS, band=BAND))


def test_parts_add_up_to_the_spectra_and_hold_every_block_once(of_many_blocks) -> None:
    pieces = null_surrogates(of_many_blocks, 5, np.random.default_rng(3))
    parts = parts_of(of_many_blocks, pieces)
    assert parts.shape[:2] == (PARTS, 5)
    np.testing.assert_allclose(parts.sum(axis=0), of_many_blocks.model.grid.tapered(pieces), rtol=1e-12)
    pieces[3][:] = 0.0
    changed = parts_of(of_many_blocks, pieces) != parts
    np.testing.assert_array_equal(changed.any(axis=(1, 2)), np.arange(PARTS) == 3)


def test_a_recording_of_few_blocks_has_one_part_and_new_surrogates() -> None:
    spectral = fit_spectrum(cut_into_blocks(noise(4), fs=FS, band=BAND))
    first = surrogate_parts(spectral, 20, np.random.default_rng(1))
    assert first.shape[:2] == (1, 20)
    more = further_spectra(spectral, first, 30, np.random.default_rng(2))
    np.testing.assert_array_equal(more, surrogate_parts(spectral, 30, np.random.default_rng(2))[0])


def test_spectra_put_together_are_spread_as_new_ones(of_many_blocks) -> None:
    rng = np.random.default_rng(4)
    first = surrogate_parts(of_many_blocks, 199, rng)
    joined = further_spectra(of_many_blocks, first, 2000, rng)
    new = surrogate_parts(of_many_blocks, 400, rng).sum(axis=0)
    # 199 and 400 rows: the mean of some 100 independent ordinates is known to .3 %, their SD to 1 %
    assert (joined.mean(axis=0) / new.mean(axis=0)).mean() == pytest.approx(1.0, abs=0.01)
    assert (joined.std(axis=0) / new.std(axis=0)).mean() == pytest.approx(1.0, abs=0.03)
    assert len(np.unique(joined, axis=0)) == len(joined)
