"""How long must a session last? Ask simulated sessions whose truth is known.

A rhythm as strong as the background in the band (0 dB), its cycles varying by 10 %: in how many of a few sessions of
each length is it found, how far is the rate from the truth, and how often does pure background pass for a rhythm?
"""

import numpy as np

import touchrhythm as tr

SESSIONS = 6  # a real plan takes a few hundred
BAND = (0.1, 0.2)  # Hz: 6 to 12 cycles per minute


def tested(rng, duration, rate):
    session = tr.simulate_session(duration_s=duration, fs=10.0, rate_cpm=rate, snr_db=0.0, cv=0.1, rng=rng)
    x = session.recording.channel("force")
    found = tr.periodicity_test(x, fs=10.0, band=BAND, n_surrogates=199, rng=0).pvalue <= 0.05
    if not (found and rate):
        return found, np.nan
    estimate = tr.estimate_rate(x, fs=10.0, band=BAND, rng=0)
    return found, abs(estimate.rate_cpm - session.info["truth"]["realised_rate_cpm"])


print("minutes  found  median error  false alarms")
for minutes in (3, 8):
    duration = 60.0 * minutes
    seeds = np.random.default_rng(minutes).spawn(2 * SESSIONS)
    with_rhythm = [tested(rng, duration, 8.5) for rng in seeds[:SESSIONS]]
    without = [tested(rng, duration, None)[0] for rng in seeds[SESSIONS:]]
    share = np.mean([found for found, _ in with_rhythm])
    error = np.nanmedian([error for _, error in with_rhythm])
    print(f"{minutes:7}  {share:5.0%}  {error:8.2f} cpm  {sum(without)} of {SESSIONS}")
