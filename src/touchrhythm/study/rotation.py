"""Do taps follow the signal over a study? Tests of the sessions' mean phasors.

**Conventions.** `z` holds one complex mean phasor per session, shape (n_sessions,): length R (0–1),
angle the phase of the signal at the taps in radians (0 = peak, positive = after it). `weights` are
taps per session. Without following, the phase between taps and signal is uniform in each session
and independent of the others, *whatever happens inside a session*: that is all the tests use.

- `rotation_test` : a common phase? (undirected, directional, or axial)
- `turned_phasors` : what it asks for the mean of
- `lag_phase` : phase of a declared lag
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_rng
from touchrhythm.estimates import rank_pvalue
from touchrhythm.session import NullRange

__all__ = [
    "FEWEST_SESSIONS",
    "ROTATION_FORMS",
    "RotationResult",
    "check_phases",
    "check_phasors",
    "check_weights",
    "lag_phase",
    "leave_one_out",
    "rotation_test",
    "turned_phasors",
]

ComplexArray = npt.NDArray[np.complex128]

FEWEST_SESSIONS = 4

ROTATION_FORMS = ("undirected", "directional", "axial")


@dataclass(frozen=True)
class RotationResult:
    """Random-rotation test of the sessions' mean phasors.

    Attributes
    ----------
    form : str
        One of `ROTATION_FORMS`; `touchrhythm.words.methods` says what each asks and when it is valid.
    resultant : float
        Weighted mean of the phasors: its length, or in the directional form its component along the
        declared phase (which may be negative).
    resultant_null : NullRange
        The same from rotated sessions.
    phase : float
        Angle of the weighted mean phasor in radians (axial: of the axis, modulo π).
    pvalue : float
        (1 + count)/(1 + rotations).
    n_sessions, n_rotations : int
        Sessions; random rotations.
    """

    form: str
    resultant: float
    resultant_null: NullRange
    phase: float
    pvalue: float
    n_sessions: int
    n_rotations: int


def lag_phase(lag_s: float, rate_hz: npt.ArrayLike, *, polarity: int = 1) -> FloatArray:
    """Phase in radians that a declared lag gives in each session.

    Parameters
    ----------
    lag_s : float
        Lag of the taps after the event they follow, in seconds.
    rate_hz : array_like, shape (n_sessions,)
        Rate of the signal in each session, in Hz.
    polarity : {1, -1}, default 1
        1 if taps belong to peaks, -1 to troughs.

    Returns
    -------
    ndarray, shape (n_sessions,)
        2π · lag · rate, plus half a cycle for troughs.

    >>> lag_phase(0.5, [0.125, 0.1]).round(3)
    array([0.393, 0.314])
    """
    if polarity not in (1, -1):
        raise ValueError(f"polarity must be 1 (peaks) or -1 (troughs), got {polarity!r}")
    rate = np.asarray(rate_hz, dtype=np.float64)
    if not (np.isfinite(rate).all() and (rate > 0).all()):
        raise ValueError("rate_hz must be above 0 Hz and finite in every session")
    return np.asarray(2 * np.pi * lag_s * rate + (np.pi if polarity == -1 else 0.0))


def check_phasors(z: npt.ArrayLike, *, minimum: int = FEWEST_SESSIONS) -> ComplexArray:
    """Mean phasors, shape (n_sessions,): finite, no longer than 1, enough of them."""
    array = np.asarray(z)
    if array.dtype.kind not in "cfiu":
        raise TypeError(f"z must hold complex numbers, got {type(z).__name__}")
    array = array.astype(np.complex128)
    if array.ndim != 1:
        raise ValueError(f"z must hold one phasor per session, shape (n_sessions,), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"z must be finite, got {array[~np.isfinite(array)][0]} (leave such sessions out)")
    if array.size < minimum:
        raise ValueError(f"a study test needs at least {minimum} sessions, got {array.size}")
    if (np.abs(array) > 1 + 1e-9).any():
        raise ValueError(
            f"mean phasors must not be longer than 1, got {np.abs(array).max():.3g} (a sum instead of a mean?)"
        )
    return array


def check_weights(weights: npt.ArrayLike | None, n: int) -> FloatArray:
    """Weights, shape (n_sessions,): finite and not negative; None weighs all alike."""
    if weights is None:
        return np.ones(n)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n,):
        raise ValueError(
            f"weights must hold one number per session, got shape {array.shape} for {n} sessions"
        )
    if not (np.isfinite(array).all() and (array >= 0).all() and array.sum() > 0):
        raise ValueError("weights must be finite and not negative, and not all 0")
    return array


def rotation_test(
    z: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    phase: npt.ArrayLike | None = None,
    axial: bool = False,
    n_rotations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> RotationResult:
    """Whether the sessions' phasors share a phase, against random rotations of each session.

    Parameters
    ----------
    z : array_like of complex, shape (n_sessions,)
        Mean phasor of each session.
    weights : array_like, shape (n_sessions,), optional
        Taps per session; by default all sessions weigh alike.
    phase : float or array_like, shape (n_sessions,), optional
        Phase in radians declared before the data (`lag_phase`); makes the test directional.
    axial : bool, default False
        Double the angles, so that phases half a cycle apart count as the same.
    n_rotations : int, default 9999
        Random rotations.
    rng : Generator, int or None
        Random generator or seed.

    Returns
    -------
    RotationResult
        Exact up to the number of rotations, for any number of sessions from 4.

    Raises
    ------
    ValueError
        If there are fewer than 4 sessions, phasors are not finite or longer than 1, or both
        `phase` and `axial` are given.

    References
    ----------
    Moore BR (1980) A modification of the Rayleigh test for vector data. Biometrika 67:175–180.
    Hemerik J, Goeman J (2018) Exact testing with random permutations. TEST 27:811–825.

    Examples
    --------
    >>> import numpy as np
    >>> z = 0.5 * np.exp(1j * np.array([0.1, 0.4, -0.2, 0.3, 0.2, 0.0]))
    >>> rotation_test(z, rng=0).pvalue
    0.0002
    """
    phasors, scale = turned_phasors(z, weights, phase=phase, axial=axial)
    if int(n_rotations) < 99:
        raise ValueError(f"n_rotations must be at least 99, got {n_rotations}")
    form = "axial" if axial else "undirected" if phase is None else "directional"
    arms = scale / scale.sum() * phasors
    turned = _rotated(arms, int(n_rotations), check_rng(rng))
    mean = complex(arms.sum())
    own, null = (mean.real, turned.real) if form == "directional" else (abs(mean), np.abs(turned))
    pvalue = rank_pvalue(float(own), null)
    angle = float(np.angle(mean if phase is None else complex((scale * np.asarray(z)).sum())))
    return RotationResult(
        form,
        float(own),
        NullRange.of(null),
        angle / 2 if axial else angle,
        pvalue,
        phasors.size,
        int(n_rotations),
    )


def leave_one_out(
    z: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    phase: npt.ArrayLike | None = None,
    axial: bool = False,
    n_rotations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> FloatArray:
    """p-value of `rotation_test` without each session in turn, shape (n_sessions,).

    Parameters are those of `rotation_test`. At least 5 sessions are needed. A p-value that rises
    much without one session says that the answer rests on it.

    Raises
    ------
    ValueError
        If there are fewer than 5 sessions, or as in `rotation_test`.
    """
    phasors = check_phasors(z, minimum=FEWEST_SESSIONS + 1)
    n = phasors.size
    scale = check_weights(weights, n)
    turn = None if phase is None else np.broadcast_to(check_phases(phase, n), (n,))
    generator = check_rng(rng)
    found = []
    for keep in ~np.eye(n, dtype=bool):
        without = rotation_test(
            phasors[keep],
            weights=scale[keep],
            phase=None if turn is None else turn[keep],
            axial=axial,
            n_rotations=n_rotations,
            rng=generator,
        )
        found.append(without.pvalue)
    return np.array(found)


def turned_phasors(
    z: npt.ArrayLike, weights: npt.ArrayLike | None, *, phase: npt.ArrayLike | None, axial: bool
) -> tuple[ComplexArray, FloatArray]:
    """Phasors whose weighted mean `rotation_test` asks for, and their weights, each of shape (n_sessions,).

    In the directional form the declared phase is turned to 0, in the axial form angles are doubled.
    """
    phasors = check_phasors(z)
    scale = check_weights(weights, phasors.size)
    if phase is not None and axial:
        raise ValueError("a test is either directional (phase) or axial, not both")
    if axial:
        phasors = _doubled(phasors)
    if phase is not None:
        phasors = phasors * np.exp(-1j * check_phases(phase, phasors.size))
    return phasors, scale


def _doubled(phasors: ComplexArray) -> ComplexArray:
    length = np.abs(phasors)
    return np.asarray(np.where(length > 0, phasors**2 / np.where(length > 0, length, 1.0), 0.0))


def check_phases(phase: npt.ArrayLike, n: int) -> FloatArray:
    """Declared phase in radians: one for all sessions, or shape (n_sessions,)."""
    array = np.asarray(phase, dtype=np.float64)
    if array.shape not in ((), (n,)) or not np.isfinite(array).all():
        raise ValueError(
            f"phase must be one finite angle in radians, or one per session, got shape {array.shape} for {n} sessions"
        )
    return array


def _rotated(arms: ComplexArray, n_rotations: int, rng: np.random.Generator) -> ComplexArray:
    """Sums of the arms, each turned by its own random angle; shape (n_rotations,)."""
    total = np.empty(n_rotations, dtype=np.complex128)
    step = max(1, 1_000_000 // arms.size)
    for start in range(0, n_rotations, step):
        stop = min(start + step, n_rotations)
        # Without following, a session's phase is uniform whatever its length, and independent of the others':
        # turning each by an angle of its own leaves the law as it is, so the rank is exact (Hemerik and Goeman
        # 2018). The lengths stay, as in Moore 1980 for vectors.
        angle = 2 * np.pi * rng.random((stop - start, arms.size))
        total[start:stop] = np.cos(angle) @ arms + 1j * (np.sin(angle) @ arms)
    return total
