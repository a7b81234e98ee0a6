"""Rows of studies that never were, for tests of what is said about many sessions."""

import numpy as np

import touchrhythm
from touchrhythm.settings import Settings
from touchrhythm.study.answers import answer_study
from touchrhythm.study.find import FoundSessions, SessionRef
from touchrhythm.study.rows import SessionRow, TapRow
from touchrhythm.study.run import StudyResult


def tap_row(z, *, rater="E01", n=40, pvalue=0.5, rate=8.0, signal=8.0, leak=0.5, ratio=1.0):
    return TapRow(
        rater=rater,
        n_taps=n,
        n_dropped=0,
        rate_cpm=rate,
        rate_low_cpm=rate - 0.2,
        rate_high_cpm=rate + 0.2,
        signal_cpm=signal,
        resultant=float(abs(z)),
        null_high=0.3,
        phase=float(np.angle(z)),
        lag_s=0.5,
        pvalue=pvalue,
        statistic="R",
        press_artefact_pvalue=leak,
        press_artefact_ratio=ratio,
        reason="",
    )


def session_row(number, z=None, *, kind="palpation", subject=None, taps=None, **more):
    taps = taps if taps is not None else (() if z is None else (tap_row(z),))
    given = {
        "id": f"sub-{number:04d}",
        "subject": subject or f"S{number % 10:02d}",
        "session": "01",
        "kind": kind,
        "raters": tuple(one.rater for one in taps) or ("E01",),
        "state": "analysed",
        "duration": 600.0,
        "usable": 590.0,
        "fs": 80.0,
        "channel": "force",
        "found": True,
        "pvalue": 0.01,
        "rate_cpm": 8.0 + number % 10 / 10,
        "low_cpm": 7.9,
        "high_cpm": 8.1,
        "cycle_count_cpm": 8.2,
        "noise_low_cpm": 7.5,
        "noise_high_cpm": 9.9,
        "taps": taps,
        "sha256": f"{number:064x}",
    }
    return SessionRow(**(given | more))


def phasors(n, rng, *, follow=0.0):
    """Mean phasors of 40 taps: at any phase, or pulled to 0.4 rad."""
    rng = np.random.default_rng(rng)
    free = 0.3 * rng.random(n) * np.exp(2j * np.pi * rng.random(n))
    return (1 - follow) * free + follow * 0.6 * np.exp(0.4j)


def study_of(rows, settings=None, *, primary=None, plan_sha256="", name="made", **declared):
    settings = settings or Settings()
    refs = tuple(SessionRef(row.id, "", "", row.subject, row.session, row.kind) for row in rows)
    answers = answer_study(rows, settings, primary=primary, rng=0, plan_sha256=plan_sha256, **declared)
    found = FoundSessions(name, None, False, refs)
    least, delta = declared.get("min_taps", 5), declared.get("delta_cpm")
    return StudyResult(
        name, tuple(rows), answers, settings, 0, touchrhythm.__version__, plan_sha256, 0, found, least, delta
    )
