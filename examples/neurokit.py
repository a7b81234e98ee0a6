"""A recording goes to NeuroKit2, and what it finds comes back: python3 examples/neurokit.py [FILE]

NeuroKit2 cleans the signal and finds its peaks; whether they follow a rhythm at all is asked here. Without a file
the example recording is read.
"""

import sys
from pathlib import Path

import numpy as np

import touchrhythm as tr

try:
    import neurokit2 as nk
except ImportError:
    sys.exit("this example needs NeuroKit2: python3 -m pip install neurokit2")

EXAMPLE = next((Path(__file__).parents[1] / "recordings" / "example").rglob("*_physio.tsv.gz"))
session = tr.read_session(sys.argv[1] if len(sys.argv) > 1 else EXAMPLE)
recording = session.recording

# there: plain samples and their rate are all that NeuroKit2 asks for; it takes no gaps
x, fs = recording.data[:, 0], recording.fs
time = np.arange(x.size) / fs
filled = np.interp(time, time[np.isfinite(x)], x[np.isfinite(x)])
clean = nk.signal_filter(filled, sampling_rate=fs, lowcut=0.1, highcut=0.2, method="butterworth", order=2)
peaks = nk.signal_findpeaks(clean)["Peaks"]
print(f"NeuroKit2: {len(peaks)} peaks, {60 * fs / np.mean(np.diff(peaks)):.2f} a minute")

# and back: peaks become taps of a rater of their own; the signal is the one that was measured, for filtered
# noise shows a rhythm too
back = tr.Session(recording, (*session.taps, tr.Taps(peaks / fs, "NeuroKit2")))
analysis = tr.analyze(back, rng=0)
if analysis.rate is None:
    print("touchrhythm: no rhythm that noise would not have made as well; those peaks are the filter's")
else:
    print(
        f"touchrhythm: {analysis.rate.rate_cpm:.2f} cycles per minute, p = {analysis.periodicity.pvalue:.3f}"
    )
