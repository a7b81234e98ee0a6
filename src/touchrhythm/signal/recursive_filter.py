"""What comes out of a recursive filter, run forwards and backwards?

Written out, because loading scipy.signal takes as long as reading, testing and answering ten minutes; held against
it in the tests. Runs block by block as matrix products, all rows at once.

**Conventions.** Second-order sections, shape (n_sections, 6), as in scipy.signal; signals along the last axis.

- `butterworth_bandpass` : the sections
- `gain_of` : complex gain of sections at frequencies
- `blockwise` : the sections as matrices of one block
- `there_and_back` : rows through the sections, forwards and then backwards

References
----------
Oppenheim A. V., Schafer R. W. (2009). Discrete-Time Signal Processing, 3rd ed., ch. 7.
Gustafsson F. (1996). Determining the initial states in forward-backward filtering. IEEE Trans.
Signal Process. 44, 988.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray

__all__ = ["Blockwise", "blockwise", "butterworth_bandpass", "gain_of", "there_and_back"]

BLOCK = 64  # samples that are filtered as one matrix product


def butterworth_bandpass(order: int, band: tuple[float, float], fs: float) -> FloatArray:
    """Sections of a Butterworth band-pass, those with the poles nearest to the unit circle last.

    Parameters
    ----------
    order : int
        Of the low-pass prototype.
    band : tuple of float
        Half-power edges (low, high) in Hz.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (order, 6)
    """
    low, high = (np.tan(np.pi * edge / fs) for edge in band)  # of the bilinear transform s = (z - 1)/(z + 1)
    prototype = -np.exp(0.5j * np.pi * np.arange(1 - order, order, 2) / order)
    half = prototype * (high - low) / 2
    root = np.sqrt(half**2 - low * high)
    poles = np.concatenate((half + root, half - root))
    gain = float(((high - low) ** order / np.prod(1 - poles)).real)
    poles = (1 + poles) / (1 - poles)
    pairs = [(pole, pole.conjugate()) for pole in poles[poles.imag > 1e-12]]
    real = poles[np.abs(poles.imag) <= 1e-12]  # of a wide band of odd order
    pairs += list(zip(real[::2], real[1::2], strict=True))
    zeros = [1.0] * order + [-1.0] * order
    sections = []
    # the pole nearest to the unit circle takes the zeros nearest to it: no section rises far above the others
    for first, second in sorted(pairs, key=lambda pair: 1 - max(abs(pair[0]), abs(pair[1]))):
        near = sorted(zeros, key=lambda zero: abs(zero - first))[:2]
        for zero in near:
            zeros.remove(zero)
        sections.append(np.concatenate((np.poly(near), np.poly((first, second)).real)))
    sos = np.array(sections[::-1])
    sos[0, :3] *= gain
    return sos


def gain_of(sos: FloatArray, freq: FloatArray, *, fs: float) -> npt.NDArray[np.complex128]:
    """Complex gain of the sections, run once, at frequencies in Hz; shape of `freq`."""
    back = np.exp(-2j * np.pi * np.asarray(freq) / fs)
    gain = np.ones(back.shape, dtype=np.complex128)
    for section in sos:
        gain *= np.polyval(section[2::-1], back) / np.polyval(section[:2:-1], back)
    return gain


class Blockwise(NamedTuple):
    """A cascade of sections over one block: what its samples and the state before it make of output and state."""

    output_of_samples: FloatArray  # (BLOCK, BLOCK)
    output_of_state: FloatArray  # (BLOCK, 2 n_sections)
    state_of_samples: FloatArray  # (2 n_sections, BLOCK)
    state_of_state: FloatArray  # (2 n_sections, 2 n_sections)


def blockwise(sos: FloatArray) -> Blockwise:
    """The cascade over a block, read off the answers to single samples and to single states."""
    size = 2 * len(sos)
    samples = np.eye(BLOCK, BLOCK + size)
    state = np.eye(size, BLOCK + size, BLOCK).reshape(len(sos), 2, -1)
    out = np.empty_like(samples)
    for t in range(BLOCK):
        value = samples[t]
        for (b0, b1, b2, _, a1, a2), held in zip(sos, state, strict=True):
            passed = b0 * value + held[0]
            held[0] = b1 * value - a1 * passed + held[1]
            held[1] = b2 * value - a2 * passed
            value = passed
        out[t] = value
    after = state.reshape(size, -1)
    return Blockwise(out[:, :BLOCK], out[:, BLOCK:], after[:, :BLOCK], after[:, BLOCK:])


def there_and_back(cascade: Blockwise, rows: FloatArray) -> FloatArray:
    """Rows through a cascade that passes no constant, forwards and then backwards.

    Each run starts as if its first value had lasted for ever.

    Parameters
    ----------
    cascade : Blockwise
    rows : ndarray, shape (n_rows, n_samples) or (n_samples,)

    Returns
    -------
    ndarray, shape of `rows`
    """
    once = _forwards(cascade, np.atleast_2d(rows))
    both = _forwards(cascade, once[:, ::-1])[:, ::-1]
    return np.asarray(both.reshape(rows.shape))


def _forwards(cascade: Blockwise, rows: FloatArray) -> FloatArray:
    n_rows, n = rows.shape
    n_blocks = -(-n // BLOCK)
    blocks = np.zeros((n_rows, n_blocks * BLOCK))
    # the answer to a constant is nothing: without it the filter starts from rest
    np.subtract(rows, rows[:, :1], out=blocks[:, :n])
    blocks = blocks.reshape(n_rows, n_blocks, BLOCK)
    pushed = np.moveaxis(blocks @ cascade.state_of_samples.T, 1, 0)
    before = np.zeros((n_blocks, n_rows, pushed.shape[2]))
    onward = np.ascontiguousarray(cascade.state_of_state.T)
    for k in range(1, n_blocks):
        before[k] = before[k - 1] @ onward + pushed[k - 1]
    out = blocks @ cascade.output_of_samples.T
    out += np.moveaxis(before @ cascade.output_of_state.T, 0, 1)
    return np.asarray(out.reshape(n_rows, -1)[:, :n])
