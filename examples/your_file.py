"""From a saved recording to an answer: python3 run.py examples/your_file.py [FILE [SAMPLING RATE]]

Without a file the example recording is read. A table with a time column needs no sampling rate.
"""

import sys
from pathlib import Path

import touchrhythm as tr

EXAMPLE = next((Path(__file__).parents[1] / "recordings" / "example").rglob("*_physio.tsv.gz"))

path = sys.argv[1] if len(sys.argv) > 1 else EXAMPLE
fs = float(sys.argv[2]) if len(sys.argv) > 2 else None

session = tr.read_session(path, fs=fs)
print(session)
for sentence in session.info.get("import_notes", ()):
    print("note:", sentence)

# All that is a choice is set before the answer is looked at, and is written into it.
settings = tr.Settings(band_cpm=(6.0, 12.0), alpha=0.05)
analysis = tr.analyze(session, settings, rng=0)

if analysis.periodicity is None:
    print("no answer:", analysis.reason)
elif analysis.rate is None:
    print(f"no rhythm that noise would not have made as well (p = {analysis.periodicity.pvalue:.3f})")
    null = analysis.cycle_count.null_cpm
    print(
        f"filtering alone gives {analysis.cycle_count.rate_cpm:.1f}; from noise {null.low:.1f} to {null.high:.1f}"
    )
else:
    rate = analysis.rate
    print(f"rhythm: p = {analysis.periodicity.pvalue:.3f}")
    print(f"rate: {rate.rate_cpm:.2f} cycles per minute ({rate.low_cpm:.2f} to {rate.high_cpm:.2f})")

for taps in analysis.taps:
    chance = taps.resultant_null.high
    print(
        f"taps of {taps.rater}: p = {taps.pvalue:.3f}, consistency {taps.resultant:.2f} (chance: up to {chance:.2f})"
    )

tr.write_report(analysis, "my-report.html")
print("page: my-report.html")
