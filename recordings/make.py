"""Make the recording "gaps" anew: python recordings/make.py [FOLDER]

A simulated session, laid down as a BIDS dataset in raw counts with its calibration line, and the truth in ``sourcedata/truth.json``. The seed stands in the truth. The other
recordings went through a board: ``make_on_board.py``.
"""

import json
import sys
from pathlib import Path

import numpy as np

from touchrhythm import Recording, Session, simulate_session, write_session

COUNTS_PER_GRAM = 812.5
ZERO_COUNTS = 20480

RECORDINGS = {
    # A faint cable, a slipping hand, and two raters: one follows, one guesses.
    "gaps": {
        "seed": 4,
        "rate_cpm": 9.3,
        "snr_db": 8.0,
        "cv": 0.08,
        "gaps": ((61.0, 0.3), (150.0, 7.5), (420.0, 25.0)),
        "steps": ((250.0, 1.5),),
        "contact_loss": ((330.0, 12.0),),
        "tapper": ("follow", "guess"),
        "raters": ("T1", "T2"),
        "fs": 40.0,
    },
}


def session_of(name):
    """The session in raw counts, and what was put into it."""
    parts = dict(RECORDINGS[name])
    seed = parts.pop("seed")
    simulated = simulate_session(rng=seed, **parts)
    recording = simulated.recording
    data = np.array(recording.data)
    data[:, 0] = np.round(data[:, 0] * COUNTS_PER_GRAM + ZERO_COUNTS)
    data[:, 1:] = np.round(data[:, 1:], 3)
    units = ("counts", *recording.units[1:])
    info = {
        "calibration": {"force": {"counts_per_gram": COUNTS_PER_GRAM, "zero_counts": ZERO_COUNTS}},
        "timing": "device",
    }
    counts = Recording(data, recording.fs, recording.channels, units)
    session = Session(counts, simulated.taps, (), simulated.annotations, info)
    return session, {"seed": seed, **simulated.info["truth"]}


def main(folder):
    """Write all of them below a folder; what is there already is left alone, with an error."""
    for name in RECORDINGS:
        session, truth = session_of(name)
        print(write_session(session, folder / name))
        (folder / name / "sourcedata").mkdir()
        text = json.dumps(truth, indent=1, sort_keys=True) + "\n"
        (folder / name / "sourcedata" / "truth.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
