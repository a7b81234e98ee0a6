"""Tables of ratings with known variance components, and how often intervals hold the truth."""

import numpy as np


def ratings(n, k, *, subject=1.0, rater=0.3, residual=0.7, rng):
    return (
        8
        + subject * rng.standard_normal((n, 1))
        + rater * rng.standard_normal((1, k))
        + residual * rng.standard_normal((n, k))
    )


def holding_gap(x, share, rng):
    """Copy with a share of cells missing, every subject and rater kept."""
    gap = x.copy()
    gap[rng.random(x.shape) < share] = np.nan
    gap[np.isnan(gap).all(axis=1), 0] = x[np.isnan(gap).all(axis=1), 0]
    return gap
