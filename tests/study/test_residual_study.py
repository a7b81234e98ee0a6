"""A study may hold its taps against what is left of the signal without breathing: then a follower of the breath does not follow."""

import numpy as np
import pytest

from touchrhythm.io import write_session
from touchrhythm.report.study.taps import follow_sentences
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.settings import Settings
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm
from touchrhythm.study.run import analyze_study

QUICK = {"n_surrogates": 19, "n_bootstrap": 50}
FS = 10.0
N = 3000


def recorded(number, *, follows, with_belt=True):
    """Breathing at 8 and a rhythm at 10 in the force; taps on one of them."""
    breath, breath_phase = simulate_rhythm(N, fs=FS, rate_cpm=8.0, cv=0.08, rng=10 * number)
    own, own_phase = simulate_rhythm(N, fs=FS, rate_cpm=10.0, cv=0.08, rng=10 * number + 1)
    force = 1.5 * breath + own + 0.3 * simulate_noise(N, fs=FS, rng=10 * number + 2)
    phase = breath_phase if follows == "breathing" else own_phase
    time = np.arange(N) / FS
    onset = np.interp(np.arange(int(phase[900]) + 1, int(phase[2400])), phase, time) + 0.3
    channels = {"force": force, "belt": breath} if with_belt else {"force": force}
    entities = {"sub": f"S{number:02}", "ses": "01", "task": "palpation"}
    recording = Recording(np.column_stack(list(channels.values())), FS, tuple(channels))
    return Session(recording, taps=(Taps(onset, "E01"),), info={"entities": entities})


@pytest.mark.parametrize("follows", ["breathing", "own"])
def test_taps_are_held_against_what_was_declared(tmp_path, follows):
    for number in range(1, 6):
        write_session(recorded(number, follows=follows), tmp_path)
    signal, residual = (
        analyze_study(tmp_path, Settings(channel="force", taps_against=against, **QUICK), rng=1)
        for against in ("signal", "residual")
    )
    locked = [np.mean([row.taps[0].resultant for row in result.rows]) for result in (signal, residual)]
    assert (locked[1] < locked[0]) == (follows == "breathing")
    assert (locked[1] > 0.8) == (follows == "own")
    assert "without its reference channels" in follow_sentences(residual)[1]
    assert not any("reference channels" in sentence for sentence in follow_sentences(signal))


def test_a_session_without_a_reference_is_left_out_and_says_why(tmp_path):
    write_session(recorded(1, follows="own"), tmp_path)
    write_session(recorded(2, follows="own", with_belt=False), tmp_path)
    result = analyze_study(tmp_path, Settings(channel="force", taps_against="residual", **QUICK), rng=1)
    states = {row.subject: (row.state, row.reason) for row in result.rows}
    assert states["S01"][0] == "analysed"
    assert states["S02"][0] == "excluded"
    assert "holds no breathing or pulse channel" in states["S02"][1]
