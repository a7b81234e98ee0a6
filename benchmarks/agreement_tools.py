"""Agreement beside pingouin and mir_eval: the same numbers, and where not, why.

    pip install pingouin mir_eval && python benchmarks/agreement_tools.py [--out FILE]

Published tables (tests/helpers/agreement_tables.py) and ten taps; each row has both numbers, the time of either
call, and the reason where they differ.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

import matplotlib

matplotlib.use("Agg")

import mir_eval
import pandas
import pingouin

from agreement_tables import PEFR, SHROUT_FLEISS, cardiac
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.limits import limits_of_agreement
from touchrhythm.raters.reliability import ICC_FORMS, icc, icc_forms
from touchrhythm.tapping.agreement import rater_agreement

OUT = Path(__file__).parent / "results" / "agreement_tools.tsv"
HEADER = "figure\ttouchrhythm\tother\ttool\tms_touchrhythm\tms_other\twhy_they_differ"

Row = tuple[str, str, str, str, float, float, str]


def timed(call: Callable[[], Any], repeats: int = 5) -> tuple[Any, float]:
    """Result and milliseconds, the fastest of some."""
    best, result = np.inf, None
    for _ in range(repeats):
        began = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - began)
    return result, 1000 * best


def long_form(x: np.ndarray) -> pandas.DataFrame:
    rows = [(i, j, x[i, j]) for i in range(x.shape[0]) for j in range(x.shape[1]) if np.isfinite(x[i, j])]
    return pandas.DataFrame(rows, columns=["target", "rater", "value"])


def by_pingouin(table: pandas.DataFrame, **options: Any) -> pandas.DataFrame:
    return pingouin.intraclass_corr(table, targets="target", raters="rater", ratings="value", **options)


def judged(ours: float, theirs: float, note: str = "") -> str:
    """Whether two numbers are the same to 1e-6 of a unit."""
    return ("same" if abs(ours - theirs) < 1e-6 else "DIFFERENT, not explained") + note


def ends(low: float, high: float, digits: int = 4) -> str:
    return f"{low:.{digits}f} to {high:.{digits}f}"


def icc_rows() -> Iterator[Row]:
    table = long_form(SHROUT_FLEISS)
    ours, ms = timed(lambda: icc_forms(SHROUT_FLEISS))
    theirs, other_ms = timed(lambda: by_pingouin(table))
    theirs = theirs.set_index("Type")
    for form, estimate in zip(ICC_FORMS, ours, strict=True):
        row = theirs.loc[f"ICC({form})"]
        yield (
            f"ICC({form}), Shrout & Fleiss",
            f"{estimate.estimate:.6f}",
            f"{row['ICC']:.6f}",
            "pingouin",
            ms,
            other_ms,
            judged(estimate.estimate, float(row["ICC"])),
        )
        low, high = row["CI95"]
        why = "pingouin rounds intervals to two decimals"
        yield (
            f"ICC({form}) interval",
            ends(estimate.ci_low, estimate.ci_high),
            ends(low, high, 2),
            "pingouin",
            ms,
            other_ms,
            why,
        )


def missing_rows() -> Iterator[Row]:
    gap = SHROUT_FLEISS.copy()
    gap[0, 0] = np.nan
    ours, ms = timed(lambda: icc(gap), repeats=1)
    said = ""
    try:
        by_pingouin(long_form(gap))
    except ValueError as error:
        said = f"refuses: {re.split(r'[.]', str(error))[0]}"
    why = "touchrhythm keeps the subject (REML, bootstrap interval)"
    yield ("ICC(A,1), one cell missing", f"{ours.estimate:.6f}", said, "pingouin", ms, 0.0, why)
    theirs, other_ms = timed(lambda: by_pingouin(long_form(gap), nan_policy="omit").set_index("Type"))
    value = f"{theirs.loc['ICC(A,1)', 'ICC']:.6f}"
    why = "pingouin drops the whole subject; touchrhythm keeps its three other ratings"
    yield (
        "ICC(A,1), one cell missing, nan_policy omit",
        f"{ours.estimate:.6f}",
        value,
        "pingouin",
        ms,
        other_ms,
        why,
    )


def drawn_limits(x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
    """Bias, upper and lower limit: pingouin returns axes only, so they are read from its lines."""
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    pingouin.plot_blandaltman(x, y, ax=ax)
    return tuple(
        sorted(
            {
                float(line.get_ydata()[0])
                for line in ax.lines
                if len(set(line.get_ydata())) == 1 and line.get_ydata()[0] != 0
            }
        )
    )


def limit_rows() -> Iterator[Row]:
    subject, rv, ic = cardiac()
    sets = (
        (
            "peak flow, 17 pairs",
            PEFR[:, 0],
            PEFR[:, 2],
            list(range(17)),
            "1.959964 here, 1.96 there; intervals exact here, approximate there",
        ),
        (
            "cardiac output, 12 subjects, 60 pairs",
            rv,
            ic,
            subject,
            "pingouin takes the 60 pairs for independent subjects",
        ),
    )
    for name, x, y, who, why in sets:
        ours, ms = timed(lambda x=x, y=y, who=who: limits_of_agreement(x, y, subject=who))
        theirs, other_ms = timed(lambda x=x, y=y: drawn_limits(x, y), repeats=2)
        text = ", ".join(f"{v:.3f}" for v in theirs)
        mine = ", ".join(f"{figure.estimate:.3f}" for figure in (ours.lower, ours.bias, ours.upper))
        yield (f"limits of agreement, {name}", mine, text, "pingouin", ms, other_ms, why)
        yield (
            f"interval of the upper limit, {name}",
            ends(ours.upper.ci_low, ours.upper.ci_high, 3),
            "drawn, not returned",
            "pingouin",
            ms,
            other_ms,
            why,
        )
    agreement, ms = timed(lambda: concordance(PEFR[:, 0], PEFR[:, 2]))
    yield (
        "concordance, peak flow",
        f"{agreement.estimate:.5f}",
        "none",
        "pingouin",
        ms,
        0.0,
        "pingouin has no concordance correlation",
    )


def tap_rows() -> Iterator[Row]:
    """Ten reference beats every 7.5 s and ten taps; F-measure at several tolerances."""
    beats = 7.5 + 7.5 * np.arange(10)
    taps = 7.5 + 15 * (np.array([5.02, 5.51, 6.10, 6.5, 7.03, 7.5, 8.3, 8.5, 9.0, 9.6]) - 5)
    for share in (0.04, 0.08, 1 / 6, 4 / 15):
        ours, ms = timed(
            lambda share=share: (
                rater_agreement(taps, beats, duration=90.0, rng=0, tolerance_fraction=share).f_measure
            ),
            1,
        )
        theirs, other_ms = timed(
            lambda share=share: mir_eval.beat.f_measure(beats, taps, f_measure_threshold=7.5 * share)
        )
        why = judged(ours, theirs, " (the time of touchrhythm includes its null)")
        yield (
            f"F-measure, ± {share:.3g} of a period",
            f"{ours:.3f}",
            f"{theirs:.3f}",
            "mir_eval",
            ms,
            other_ms,
            why,
        )
    theirs, other_ms = timed(lambda: mir_eval.beat.f_measure(beats, taps))
    ours, ms = timed(lambda: rater_agreement(taps, beats, duration=90.0, rng=0).f_measure, 1)
    why = "defaults: 1/6 of the local period here, 0.07 s (music) there, which is 0.9 % of a period of 7.5 s"
    yield ("F-measure, defaults", f"{ours:.3f}", f"{theirs:.3f}", "mir_eval", ms, other_ms, why)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "pingouin", "mir_eval")
    )
    rows = [f"# {versions}", HEADER]
    for part in (icc_rows, missing_rows, limit_rows, tap_rows):
        for figure, ours, theirs, tool, ms, other_ms, why in part():
            rows.append("\t".join((figure, ours, theirs, tool, f"{ms:.3g}", f"{other_ms:.3g}", why)))
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
