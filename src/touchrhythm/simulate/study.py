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
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import check_rng, check_share
from touchrhythm.device.codes import KINDS, hash_truth
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.writing import make_folder
from touchrhythm.session import Session, Taps
from touchrhythm.simulate.session import simulate_session

__all__ = ["StudyDesign", "break_recording", "simulate_study", "write_study_sessions"]

CONSENT = {"given": True, "covers": ["record", "analyse", "share"]}


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
        Control sessions.
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
    two_raters: int = 0
    press_g: float = 0.0
    plan_sha256: str = ""

    def __post_init__(self) -> None:
        check_share_or_end(self.followed, "followed")
        check_share_or_end(self.with_rhythm, "with_rhythm")
        for name in ("n_therapists", "n_subjects", "n_sessions"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")


def check_share_or_end(value: float, name: str) -> float:
    """A share from 0 to 1, both included."""
    return value if value in (0.0, 1.0) else check_share(value, name)


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
        ``info["truth"]`` holds what was put in, with "followed"; a phantom's truth has its salt.

    Examples
    --------
    >>> design = StudyDesign(n_therapists=1, n_subjects=2, duration_s=200, margin_s=40, fs=10)
    >>> [session.info["entities"]["sub"] for session in simulate_study(design, rng=1)]
    ['S01', 'S02']
    """
    design = StudyDesign() if design is None else design
    generator = check_rng(rng)
    rate = generator.normal(design.rate_cpm, design.rate_spread_cpm, design.n_subjects)
    rate = np.clip(rate, 6.5, 11.5)
    number = 0
    for subject in range(design.n_subjects):
        for therapist in range(design.n_therapists):
            for _ in range(design.n_sessions):
                (stream,) = generator.spawn(1)
                session = number % (design.n_therapists * design.n_sessions) + 1
                yield _palpation(design, subject, therapist, session, number, float(rate[subject]), stream)
                number += 1
    for kind, count in (
        ("null", design.n_null),
        ("rigid", design.n_rigid),
        ("tap-only", design.n_tap_only),
        ("phantom", design.n_phantom),
    ):
        for n in range(count):
            (stream,) = generator.spawn(1)
            yield _control(design, kind, n, stream)


def _palpation(
    design: StudyDesign,
    subject: int,
    therapist: int,
    session: int,
    number: int,
    rate: float,
    rng: np.random.Generator,
) -> Session:
    has_rhythm = bool(rng.random() < design.with_rhythm)
    follows = has_rhythm and bool(rng.random() < design.followed)
    names = [f"E{(therapist + k) % design.n_therapists + 1:02d}" for k in (0, 1)]
    raters = names if number < design.two_raters and design.n_therapists > 1 else names[:1]
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
    entities = {"sub": f"S{subject + 1:02d}", "ses": f"{session:02d}", "task": "palpation", "run": "01"}
    told: dict[str, Any] = {
        "kind": "palpation",
        "consent": {"subject": CONSENT, "examiner": CONSENT},
        "expected_rate_cpm": round(float(rng.normal(8.0, 0.7)), 1),
        "answers": {"felt_nothing": False, "confidence": float(rng.integers(40, 96))},
    }
    if design.plan_sha256:
        told["plan_sha256"] = design.plan_sha256
    return _named(made, entities, told, {"followed": follows})


def _control(design: StudyDesign, kind: str, n: int, rng: np.random.Generator) -> Session:
    truth: dict[str, Any] = {}
    has_taps = KINDS[kind].has_taps
    moves = kind == "phantom" and n % 2 == 0
    rate = float(np.round(rng.uniform(6.8, 11.2), 2)) if moves else None
    follows = moves
    made = simulate_session(
        **_common(design),
        rate_cpm=rate,
        snr_db=design.snr_db,
        cv=0.01,
        force_g=5.0,
        tapper=("follow" if follows else "guess") if has_taps else None,
        raters=("E01",),
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
        felt = bool(rng.random() < (0.85 if moves else 0.25))
        told["answers"] = {"felt_nothing": not felt, "confidence": float(rng.integers(50, 96))}
        if not felt:
            made = dataclasses.replace(made, taps=tuple(Taps(np.zeros(0), one.rater) for one in made.taps))
    return _named(made, entities, told, {"followed": follows, "phantom": truth})


def _common(design: StudyDesign) -> dict[str, Any]:
    return {"duration_s": design.duration_s, "margin_s": design.margin_s, "fs": design.fs}


def _named(
    session: Session, entities: dict[str, str], told: dict[str, Any], truth: dict[str, Any]
) -> Session:
    info = dict(session.info) | {"entities": entities, **told}
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
        If a recording is there already.
    ValueError
        If the truths would lie in the dataset.
    """
    root = Path(folder)
    if truths is not None and root.resolve() in (Path(truths).resolve(), *Path(truths).resolve().parents):
        raise ValueError("truths must lie outside of the study folder, or nobody stays blind")
    lines = ["id\tkind\tfollowed\trate_cpm"]
    for session in sessions:
        truth = session.info["truth"]
        blind = {key: value for key, value in session.info.items() if key != "truth"}
        path = write_session(dataclasses.replace(session, info=blind), root)
        rate = truth.get("realised_rate_cpm")
        lines.append(
            f"{path.name.split('_physio')[0]}\t{session.info['kind']}\t{str(truth['followed']).lower()}"
            f"\t{'n/a' if rate is None else round(rate, 4)}"
        )
        if truths is not None and truth.get("phantom"):
            make_folder(Path(truths))
            name = f"{path.name.split('_physio')[0]}_truth.json"
            (Path(truths) / name).write_text(json.dumps(truth["phantom"]) + "\n", encoding="utf-8")
    if truths is not None:
        make_folder(Path(truths))
        (Path(truths) / "truth.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def break_recording(path: str | Path) -> None:
    """Cut a simulated recording off in its middle, as a full disk leaves it."""
    place = Path(path)
    content = place.read_bytes()
    place.write_bytes(content[: len(content) // 2])
