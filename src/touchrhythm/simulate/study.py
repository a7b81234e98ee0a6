"""What would a whole study of known truth look like? For tests, tutorials and planning.

Therapists who follow or guess, subjects with rates of their own, controls, phantoms and what goes
wrong: as sessions in memory, or as a study folder.

**Conventions.** Rates in cpm, times in seconds. Each session draws from its own stream of the seed.

- `simulate_study` : sessions, one after the other
- `write_study_sessions` : the same as a BIDS dataset, with the phantoms' truths beside it
- `break_recording` : what a cut-off file looks like
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import check_fraction, check_rng
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.content import raw_bytes
from touchrhythm.io.writing import as_json, make_folder, refuse_existing, write_new, write_over
from touchrhythm.participants import KINDS, hash_truth
from touchrhythm.session import Session, Taps
from touchrhythm.simulate.session import simulate_session

__all__ = ["StudyDesign", "break_recording", "simulate_study", "write_study_sessions"]

CONSENT = {"given": True, "covers": ["record", "analyse", "share"]}
RATES = (6.5, 11.5)  # of subjects; none is so near the band's edge that it may leave it
COUNTS = (
    "n_therapists",
    "n_subjects",
    "n_sessions",
    "n_null",
    "n_rigid",
    "n_tap_only",
    "n_phantom",
    "n_broken",
    "two_raters",
)
TRUTH_COLUMNS = ("id", "kind", "rater", "followed", "rate_cpm", "lag_s", "broken")
README = """\
# A simulated study

Nobody was touched: recordings, taps and answers were drawn by `touchrhythm simulate --study`. What is true of them
is not told in this folder.
"""


@dataclass(frozen=True, kw_only=True)
class StudyDesign:
    """A study that is to be simulated.

    Attributes
    ----------
    n_therapists, n_subjects, n_sessions : int
        Every therapist has so many sessions with every subject.
    followed : float
        Share of palpation sessions in which the taps follow the rhythm; else they guess.
    with_rhythm : float
        Share of palpation sessions that hold a rhythm; without one nobody can follow.
    rate_cpm, rate_spread_cpm : float
        Mean rate over subjects and its SD between them.
    lag_s, lag_spread_s : float
        Mean lag of a follower and its SD between sessions.
    tap_jitter, snr_db, cv : float
        As in `simulate_session`.
    duration_s, margin_s, fs : float
        Length, seconds before and after the tapping, and rate of each recording.
    n_null, n_rigid, n_tap_only, n_phantom : int
        Control sessions; therapists take turns at them. Every other phantom moves, in random order.
    hit_rate, false_alarm_rate : float
        Share of moving phantoms that are felt, and of still ones.
    n_broken : int
        Palpation sessions whose recording is cut off when it is written.
    two_raters : int
        Palpation sessions, from the first, in which the next therapist taps too.
    press_g : float
        Grams by which each tap shakes the sensor.
    plan_sha256 : str
        Hash that every palpation session carries; "" for none.
    """

    n_therapists: int = 2
    n_subjects: int = 4
    n_sessions: int = 1
    followed: float = 1.0
    with_rhythm: float = 1.0
    rate_cpm: float = 8.5
    rate_spread_cpm: float = 1.0
    lag_s: float = 0.5
    lag_spread_s: float = 0.3
    tap_jitter: float = 0.15
    snr_db: float = 6.0
    cv: float = 0.07
    duration_s: float = 600.0
    margin_s: float = 120.0
    fs: float = 80.0
    n_null: int = 0
    n_rigid: int = 0
    n_tap_only: int = 0
    n_phantom: int = 0
    hit_rate: float = 0.85
    false_alarm_rate: float = 0.25
    n_broken: int = 0
    two_raters: int = 0
    press_g: float = 0.0
    plan_sha256: str = ""

    def __post_init__(self) -> None:
        for name in ("followed", "with_rhythm", "hit_rate", "false_alarm_rate"):
            _check_fraction_or_end(getattr(self, name), name)
        for name in COUNTS:
            lowest = 1 if name in COUNTS[:3] else 0
            value = getattr(self, name)
            if value < lowest or isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{name} must be a whole number of at least {lowest}, got {value}")
        for name in ("rate_spread_cpm", "lag_spread_s", "tap_jitter", "margin_s", "press_g"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name):g}")
        if not RATES[0] <= self.rate_cpm <= RATES[1]:
            raise ValueError(f"rate_cpm must lie within {RATES[0]:g} and {RATES[1]:g}, got {self.rate_cpm:g}")
        if self.n_broken > self.n_palpation:
            raise ValueError(
                f"n_broken must be at most the {self.n_palpation} palpation sessions, got {self.n_broken}"
            )

    @property
    def n_palpation(self) -> int:
        """Palpation sessions in all."""
        return self.n_therapists * self.n_subjects * self.n_sessions

    @property
    def n_recordings(self) -> int:
        """Palpation and control sessions."""
        return self.n_palpation + self.n_null + self.n_rigid + self.n_tap_only + self.n_phantom


def _check_fraction_or_end(value: float, name: str) -> None:
    """A share from 0 to 1, both included."""
    if value not in (0.0, 1.0):
        check_fraction(value, name)


def simulate_study(
    design: StudyDesign | None = None, *, rng: np.random.Generator | int | None = None
) -> Iterator[Session]:
    """Sessions of a simulated study, palpation first, then controls.

    Parameters
    ----------
    design : StudyDesign, optional
    rng : Generator or int, optional
        Source of randomness; same seed, same study.

    Yields
    ------
    Session
        ``info["truth"]`` holds what was put in, with "followed" and "broken"; a phantom's has its salt.

    Examples
    --------
    >>> design = StudyDesign(n_therapists=1, n_subjects=2, duration_s=200, margin_s=40, fs=10)
    >>> [session.info["entities"]["sub"] for session in simulate_study(design, rng=1)]
    ['S01', 'S02']
    """
    design = StudyDesign() if design is None else design
    generator = check_rng(rng)
    rate = generator.normal(design.rate_cpm, design.rate_spread_cpm, design.n_subjects)
    rate = np.clip(rate, *RATES)
    broken = set(generator.permutation(design.n_palpation)[: design.n_broken].tolist())
    moves = generator.permutation(design.n_phantom) % 2 == 0
    for number in range(design.n_palpation):
        (stream,) = generator.spawn(1)
        subject, session = divmod(number, design.n_therapists * design.n_sessions)
        made = _palpation(design, subject, session, float(rate[subject]), number < design.two_raters, stream)
        yield _named(made, {}, {}, {"broken": number in broken})
    for kind in ("null", "rigid", "tap-only", "phantom"):
        for n in range(getattr(design, f"n_{kind.replace('-', '_')}")):
            (stream,) = generator.spawn(1)
            yield _control(design, kind, n, kind == "phantom" and bool(moves[n]), stream)


def _palpation(
    design: StudyDesign,
    subject: int,
    session: int,
    rate: float,
    two_raters: bool,
    rng: np.random.Generator,
) -> Session:
    therapist = session // design.n_sessions
    has_rhythm = bool(rng.random() < design.with_rhythm)
    follows = has_rhythm and bool(rng.random() < design.followed)
    names = [f"E{(therapist + k) % design.n_therapists + 1:02d}" for k in (0, 1)]
    raters = names if two_raters and design.n_therapists > 1 else names[:1]
    made = simulate_session(
        **_common(design),
        rate_cpm=rate if has_rhythm else None,
        snr_db=design.snr_db,
        cv=design.cv,
        tapper="follow" if follows else "guess",
        raters=raters,
        tap_rate_cpm=None if follows else float(np.clip(rng.normal(8.0, 1.0), 5.0, 12.0)),
        tap_cv=0.08,
        lag_s=float(rng.normal(design.lag_s, design.lag_spread_s)),
        tap_jitter=design.tap_jitter,
        press_g=design.press_g,
        rng=rng,
    )
    entities = {"sub": f"S{subject + 1:02d}", "ses": f"{session + 1:02d}", "task": "palpation", "run": "01"}
    told: dict[str, Any] = {
        "kind": "palpation",
        "consent": {"subject": CONSENT, "examiner": CONSENT},
        "expected_rate_cpm": round(float(rng.normal(8.0, 0.7)), 1),
        "answers": {"felt_nothing": False, "confidence": float(rng.integers(40, 96))},
    }
    if design.plan_sha256:
        told["plan_sha256"] = design.plan_sha256
    return _named(made, entities, told, {"followed": follows})


def _control(design: StudyDesign, kind: str, n: int, moves: bool, rng: np.random.Generator) -> Session:
    truth: dict[str, Any] = {}
    rate = float(np.round(rng.uniform(6.8, 11.2), 2)) if moves else None
    made = simulate_session(
        **_common(design),
        rate_cpm=rate,
        snr_db=design.snr_db,
        cv=0.01,
        force_g=5.0,
        tapper=("follow" if moves else "guess") if KINDS[kind].has_taps else None,
        raters=(f"E{n % design.n_therapists + 1:02d}",),
        tap_jitter=design.tap_jitter,
        lag_s=design.lag_s,
        press_g=design.press_g,
        rng=rng,
    )
    prefix, task = KINDS[kind].prefix, KINDS[kind].task
    entities = {"sub": f"{prefix}{n + 1:02d}", "ses": "01", "task": task, "run": "01"}
    told: dict[str, Any] = {"kind": kind}
    if KINDS[kind].has_examiner:
        told["consent"] = {"examiner": CONSENT}
    if kind == "phantom":
        truth = {"rate_cpm": rate, "salt": rng.bytes(16).hex()}
        told["phantom_sha256"] = hash_truth(truth)
        felt = bool(rng.random() < (design.hit_rate if moves else design.false_alarm_rate))
        told["answers"] = {"felt_nothing": not felt, "confidence": float(rng.integers(50, 96))}
        if not felt:
            made = dataclasses.replace(
                made, taps=tuple(Taps(np.zeros(0), tapped.rater) for tapped in made.taps)
            )
    return _named(made, entities, told, {"followed": moves, "phantom": truth})


def _common(design: StudyDesign) -> dict[str, Any]:
    return {"duration_s": design.duration_s, "margin_s": design.margin_s, "fs": design.fs}


def _named(
    session: Session, entities: dict[str, str], told: dict[str, Any], truth: dict[str, Any]
) -> Session:
    info = dict(session.info) | told | ({"entities": entities} if entities else {})
    info["truth"] = dict(session.info["truth"]) | truth
    return dataclasses.replace(session, info=info)


def write_study_sessions(
    sessions: Iterator[Session] | Sequence[Session], folder: str | Path, *, truths: str | Path | None = None
) -> Path:
    """Write sessions as a BIDS dataset that tells nobody what is true.

    Parameters
    ----------
    sessions : iterable of Session
        From `simulate_study`.
    folder : str or Path
        Root of the dataset; nothing in it is overwritten.
    truths : str or Path, optional
        Folder, outside of the dataset, for the truth files of phantoms and ``truth.tsv``.

    Returns
    -------
    Path
        The dataset.

    Raises
    ------
    CannotWrite
        If a recording or a truth is there already.
    ValueError
        If the truths would lie in the dataset.
    """
    root = Path(folder)
    place = None if truths is None else Path(truths)
    if place is not None:
        if root.resolve() in (place.resolve(), *place.resolve().parents):
            raise ValueError("truths must lie outside of the study folder, or nobody stays blind")
        refuse_existing(place / "truth.tsv")
        make_folder(place)
    make_folder(root)
    if not any(root.glob("README*")):
        write_new(root / "README.md", README.encode())
    lines = ["\t".join(TRUTH_COLUMNS)]
    for session in sessions:
        truth = session.info["truth"]
        told = {key: value for key, value in session.info.items() if key != "truth"} | {"simulated": True}
        path = write_session(dataclasses.replace(session, info=told), root)
        if truth.get("broken"):
            break_recording(path)
        stem = path.name.split("_physio")[0]
        lines.append("\t".join((stem, *_truth_cells(session))))
        if place is not None and truth.get("phantom"):
            sealed = {"schema_version": 1, **truth["phantom"], "sha256": told["phantom_sha256"]}
            write_new(place / f"{stem}_truth.json", as_json(sealed))
    if place is not None:
        write_new(place / "truth.tsv", ("\n".join(lines) + "\n").encode())
    return root


def _truth_cells(session: Session) -> tuple[str, ...]:
    truth = session.info["truth"]
    rate, lag = truth["realised_rate_cpm"], truth["parameters"]["lag_s"]
    rater = session.taps[0].rater if session.taps else "n/a"
    return (
        str(session.info["kind"]),
        rater,
        str(truth["followed"]).lower(),
        "n/a" if rate is None else f"{rate:.4f}",
        f"{lag:.3f}" if truth["followed"] else "n/a",
        str(bool(truth.get("broken"))).lower(),
    )


def break_recording(path: str | Path) -> None:
    """Cut a simulated recording off in its middle, as a full disk leaves it."""
    place = Path(path)
    content = raw_bytes(place)
    write_over(place, content[: len(content) // 2])
