"""An equal rate is not agreement: three raters tap on one recording.

A follows the rhythm, B keeps a beat of their own at the same rate, C presses at random.
"""

import touchrhythm as tr

session = tr.simulate_session(
    duration_s=660.0,
    fs=20.0,
    rate_cpm=8.0,
    snr_db=10.0,
    cv=0.1,
    tapper=("follow", "guess", "random"),
    raters=("A", "B", "C"),
    rng=1,
)
analysis = tr.analyze(session, rng=0)

print("measured:", f"{analysis.rate.rate_cpm:.2f} cycles per minute")
print("rater  taps/min  consistency  reached by unrelated taps  p")
for taps in analysis.taps:
    print(
        f"{taps.rater:5}  {taps.rate_cpm:8.1f}  {taps.resultant:11.2f}"
        f"  {taps.resultant_null.high:25.2f}  {taps.pvalue:.3f}"
    )
