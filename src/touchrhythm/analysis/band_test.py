"""Does a channel that was cut into blocks hold a rhythm? One test, with what everything after it needs again.

**Conventions.** Blocks in; the fitted spectrum, its surrogates and the test out. The surrogates of the test are
those that the filtered trace and the time course are held against.

- `BandTest` : the three together
- `band_test` : from blocks
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.blocks import Blocks
from touchrhythm.rhythm.likelihood_ratio import (
    SpectralFit,
    affordable,
    fit_spectrum,
    null_surrogates,
    parts_of,
)
from touchrhythm.rhythm.periodicity import FIRST_SURROGATES, PeriodicityResult, periodicity_of
from touchrhythm.settings import Settings

__all__ = ["BandTest", "band_test"]


class BandTest(NamedTuple):
    """A fitted spectrum, its surrogates (one array (n_surrogates, n) per block), the test, and the rng of the noise."""

    spectral: SpectralFit
    surrogates: list[FloatArray]
    test: PeriodicityResult
    noise: np.random.Generator

    def is_found(self, alpha: float) -> bool:
        """Whether there is a rhythm in the band at this level that is no harmonic of a slower one."""
        test = self.test
        return test.inside and test.pvalue <= alpha and test.harmonic_of is None

    def beside_rhythm(self) -> list[FloatArray]:
        """As many surrogates of what is left of the recording beside the rhythm found."""
        held = len(self.surrogates[0])
        return null_surrogates(self.spectral, held, self.noise, beside_rhythm=True)


def band_test(
    blocks: Blocks, settings: Settings, *, rng: np.random.Generator, noise: np.random.Generator
) -> BandTest:
    """Test blocks for a rhythm; `noise` draws the first surrogates, `rng` those that the test needs beyond."""
    spectral = fit_spectrum(blocks)
    held = affordable(blocks, min(FIRST_SURROGATES, settings.n_surrogates))
    surrogates = null_surrogates(spectral, held, noise)
    first = parts_of(spectral, surrogates)
    test = periodicity_of(spectral, rng=rng, n_surrogates=settings.n_surrogates, first=first)
    return BandTest(spectral, surrogates, test, noise)
