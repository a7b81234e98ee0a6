"""What makes the rhythm: how often is the answer wrong, and how often is what is there found?

    python benchmarks/references.py run OUTCOMES [--count 400] [--only FIGURE …] [--breathing FILE:RATE[:COLUMN] …]
    python benchmarks/references.py tell OUTCOMES

`run` appends one line per recording to the file OUTCOMES, seed by seed through all cells, so that it can be stopped at any
time, and leaves out what is there already. `tell` adds the lines up to ``results/references.tsv``: a fraction with its exact
95 % interval per cell, and over all cells of a figure.

- alone: breathing or pulse was recorded, and nothing else moves the force; `claims` of a rhythm of its own. "recorded": the
  breath of real recordings, played so slowly that it lies in the band, by one of the five couplings; --breathing names them
  (.npy, or .csv with a column), such as the belts of samuelgarcia/physio and NeuroKit's resting recordings (all MIT).
- beside: a rhythm beside the breathing that moves the force too; `right`: claimed, and its rate within .4 cycles per minute.
- unrelated: breathing was recorded, and only a rhythm of its own moves the force; `shared`: said to be the breathing's.
- taps: taps that belong to nothing, and followers, held against the force, the belt, and what is left without the belt.
- press: a rhythm that the tapping makes, and honest followers; `found` at 5 %, of these `made` by the tapping.
"""

from __future__ import annotations

import argparse
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy
from moved_signals import BAND, KINDS, Breath, Maker, Moved, alone, breath_of, pair, recorded_alone
from tapped_signals import HABITS, PRESSES, WAXING, followed_rhythm, pressed, taps_beside_belt, unrelated_taps

from touchrhythm.analysis.band_test import band_test
from touchrhythm.analysis.references import held_references, references_of, residual_trace
from touchrhythm.references.explained import Held, Reference, residual_of
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum
from touchrhythm.rhythm.rate import bootstrap_samples
from touchrhythm.session import Recording
from touchrhythm.settings import Settings
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.tapping.agreement import tap_agreement_of
from touchrhythm.tapping.press_rhythm import press_rhythm

RESULTS = Path(__file__).parent / "results" / "references.tsv"
COLUMNS = ("figure", "cell", "minutes", "what", "n", "value", "low", "high")
SETTINGS = Settings()
NEAR = 0.4  # cpm within which a rate is right
Rng = np.random.Generator
Outcome = dict[str, bool]


class Cell(NamedTuple):
    """One cell: its figure, name and minutes, and what one recording of it says."""

    figure: str
    name: str
    minutes: int
    outcome: Callable[[Rng], Outcome]


def held_beside(moved: Moved, rng: Rng) -> list[Held]:
    """The reference beside its force, as a session holds it."""
    recording = Recording(np.column_stack((moved.force, moved.reference)), moved.fs, ("force", moved.name))
    spectral = fit_spectrum(cut_into_blocks(moved.force, fs=moved.fs, band=BAND))
    return held_references(recording, moved.force, spectral, column=0, settings=SETTINGS, rng=rng)


def answer_of(maker: Maker, duration: float, rng: Rng) -> Reference:
    """What a session says of its reference, a rhythm taken as found."""
    held = held_beside(maker(duration, rng), rng)
    return references_of(held, freq=8 / 60, found=True, settings=SETTINGS, rng=rng)[0][0]


def words_of(maker: Maker, duration: float, truth: float, rng: Rng) -> Outcome:
    """What the word of a recording says, whose own rhythm has the rate `truth` (NaN: there is none)."""
    answer = answer_of(maker, duration, rng)
    told = {
        "claims": answer.verdict in ("own", "both"),
        "shared": answer.verdict in ("explained", "both"),
        "cannot be told": answer.verdict == "cannot be told",
    }
    return told | ({} if np.isnan(truth) else {"right": bool(abs(answer.own_rate_cpm - truth) < NEAR)})


def follows(draw: Callable[[Rng], tuple[Moved, np.ndarray]], rng: Rng) -> Outcome:
    """Whether taps are said to follow the force, the belt, and what is left."""
    moved, onset = draw(rng)
    left = residual_of(held_beside(moved, rng), alpha=SETTINGS.alpha)
    traces = {
        "follow the force": analytic_trace(moved.force, fs=moved.fs, band=BAND),
        "follow the belt": analytic_trace(moved.reference, fs=moved.fs, band=BAND),
        "follow what is left": residual_trace(left, SETTINGS),
    }
    return {
        name: tap_agreement_of(onset, trace, rng=rng).pvalue <= SETTINGS.alpha
        for name, trace in traces.items()
    }


def made_by_tapping(draw: Callable[[Rng], tuple[np.ndarray, float, np.ndarray]], rng: Rng) -> Outcome:
    """Whether a rhythm is found, and then said to be made by the tapping; as a session asks it."""
    force, fs, onset = draw(rng)
    blocks = cut_into_blocks(force, fs=fs, band=BAND)
    tested = band_test(blocks, SETTINGS, rng=rng, noise=rng.spawn(1)[0])
    if not tested.is_found(SETTINGS.alpha):
        return {"found": False}
    samples = bootstrap_samples(tested.spectral, SETTINGS.n_bootstrap, rng)
    press = press_rhythm(tested.spectral, onset, samples, tested.beside_rhythm())
    return {"found": True, "made": press.is_made}


def cells(breaths: Sequence[Breath]) -> Iterator[Cell]:
    """All cells, in the order of the table."""
    sources = {kind: alone(kind) for kind in KINDS}
    if breaths:
        sources["recorded"] = partial(recorded_alone, breaths)
    for name, maker in sources.items():
        for minutes in (5, 10):
            yield Cell("alone", name, minutes, partial(words_of, maker, 60.0 * minutes, np.nan))
    for apart, snr in ((1.0, 6.0), (0.5, 6.0), (1.0, 0.0)):
        maker = pair(apart, snr, True)
        yield Cell("beside", f"{apart:g} cpm, {snr:g} dB", 10, partial(words_of, maker, 600.0, 8 + apart))
    for apart in (0.2, 0.5, 1.0):
        for minutes, snr in ((10, 6.0), (5, 0.0)):
            draw = partial(words_of, pair(apart, snr, False), 60.0 * minutes, 8 + apart)
            yield Cell("unrelated", f"{apart:g} cpm, {snr:g} dB", minutes, draw)
    for habit in HABITS:
        for both in (False, True):
            moved_by = "breath and own rhythm" if both else "breath"
            yield Cell(
                "taps, unrelated",
                f"{habit}; {moved_by}",
                5,
                partial(follows, partial(unrelated_taps, habit, both)),
            )
    for followed, both in (("own", True), ("breath", True), ("breath", False)):
        moved_by = "breath and own rhythm" if both else "breath"
        draw = partial(follows, partial(taps_beside_belt, followed, both))
        yield Cell("taps, followers", f"of the {followed}; {moved_by}", 5, draw)
    for width in PRESSES:
        for before in (False, True):
            where = "before" if before else "after"
            draw = partial(made_by_tapping, partial(pressed, width, before))
            yield Cell("press, made", f"{width:g} s {where} the tap", 5, draw)
    for waxing in WAXING:
        yield Cell("press, honest", waxing, 5, partial(made_by_tapping, partial(followed_rhythm, waxing)))


def run(path: Path, wanted: Sequence[Cell], count: int) -> None:
    """Append what is not there yet, seed by seed through all cells."""
    done = set()
    if path.exists():
        done = {tuple(line.split("\t")[:4]) for line in path.read_text("utf-8").splitlines()}
    with path.open("a", encoding="utf-8") as file:
        for seed in range(count):
            for cell in wanted:
                key = (cell.figure, cell.name, str(cell.minutes), str(seed))
                if key in done:
                    continue
                name = zlib.crc32(f"{cell.figure} {cell.name}".encode())
                outcome = cell.outcome(np.random.default_rng([seed, name, cell.minutes]))
                told = " ".join(f"{what.replace(' ', '_')}={int(is_so)}" for what, is_so in outcome.items())
                file.write("\t".join((*key, told)) + "\n")
                file.flush()


def tell(path: Path) -> list[str]:
    """Rows of the table from the lines of `run`."""
    total: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        figure, cell, minutes, _, told = line.split("\t")
        for said in told.split():
            what, is_so = said.rsplit("=", 1)
            for key in ((cell, minutes), ("all", "")):
                total[(figure, *key, what.replace("_", " "))].append(int(is_so))
    figures = list(dict.fromkeys(key[0] for key in total))
    rows = ["\t".join(COLUMNS)]
    for key, hits in sorted(total.items(), key=lambda item: (figures.index(item[0][0]), item[0][1] == "all")):
        exact = scipy.stats.binomtest(sum(hits), len(hits)).proportion_ci(method="exact")
        numbers = (np.mean(hits), exact.low, exact.high)
        rows.append("\t".join((*key, str(len(hits)), *(f"{number:.4f}" for number in numbers))))
    return rows


def breath_from(given: str) -> Breath:
    """A recorded breath from FILE:RATE[:COLUMN]."""
    name, rate, *column = given.split(":")
    if column:
        return breath_of(np.genfromtxt(name, delimiter=",", names=True)[column[0]], float(rate))
    return breath_of(np.load(name), float(rate))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run")
    runs.add_argument("outcomes", type=Path)
    runs.add_argument("--count", type=int, default=400)
    runs.add_argument("--only", nargs="*", help="figures, or cells of them")
    runs.add_argument("--breathing", nargs="*", default=[], metavar="FILE:RATE[:COLUMN]")
    commands.add_parser("tell").add_argument("outcomes", type=Path)
    args = parser.parse_args()
    if args.command == "tell":
        RESULTS.write_text("\n".join(tell(args.outcomes)) + "\n", encoding="utf-8")
        return
    wanted = [
        cell
        for cell in cells([breath_from(given) for given in args.breathing])
        if not args.only or {cell.figure, cell.name} & set(args.only)
    ]
    run(args.outcomes, wanted, args.count)


if __name__ == "__main__":
    main()
