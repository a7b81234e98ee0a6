"""What several references that are asked side by side may be said to explain: one level for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.references import judgement
from touchrhythm.references.attribution import Attribution
from touchrhythm.references.explained import ReferenceChannel, attribute_held, explain, hold, surrogates_for
from touchrhythm.references.features import Feature
from touchrhythm.references.judgement import attribute_all
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm

FS = 8.0
N = 2400
BAND = (0.1, 0.2)


def belt(rate: float, seed: int) -> ReferenceChannel:
    wave = simulate_rhythm(N, fs=FS, rate_cpm=rate, cv=0.06, rng=seed)[0]
    return ReferenceChannel("belt", "breathing", "", {"": wave})


def test_a_p_value_that_stands_alone_must_stand_among_all_references(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_at = []

    def weak(pieces: object, fit: object, *, fs: float, band: object, level: float) -> list[Attribution]:
        asked_at.append(level)
        return [Attribution("", name, 0.3, 0.2, p) for name, p in (("wave", 0.01), ("depth", 0.5))]

    class Asked:
        blocks = type("B", (), {"pieces": (), "fs": FS, "band": BAND})
        features = (Feature("wave", (), (0.0,), True), Feature("depth", (), (0.0,), True))

    monkeypatch.setattr(judgement, "attribute", weak)
    each = [(Asked(), [Asked()])]
    assert attribute_all(each, alpha=0.03)[0].stands == [True, False]  # type: ignore[arg-type]
    two = attribute_all(each * 2, alpha=0.03)  # type: ignore[arg-type]
    assert [attributed.stands for attributed in two] == [[False, False], [False, False]]
    assert asked_at == [0.015, 0.0075, 0.0075]  # what must be explained to be told goes with the family


def test_so_many_surrogates_are_drawn_that_one_of_many_features_can_stand() -> None:
    assert surrogates_for([belt(8.0, 1)]) == 99
    for n in (2, 3, 5):
        assert 1 / (1 + surrogates_for([belt(8.0, 1)] * n)) < 0.05 / (4 * n)


def test_one_reference_is_judged_as_if_by_itself_and_a_true_one_beside_a_false_still_is() -> None:
    true, false = belt(8.0, 2), belt(11.0, 3)
    x = true.series[""] + 0.4 * simulate_noise(N, fs=FS, colour="pink", rng=4)
    held = [
        hold(
            x,
            channel,
            fs=FS,
            band=BAND,
            rng=np.random.default_rng(5),
            n_surrogates=surrogates_for([true, false]),
        )
        for channel in (true, false)
    ]

    def word(attributed: judgement.Attributed | None) -> object:
        rng = np.random.default_rng(6)
        answer = explain(held[0], freq=8 / 60, alpha=0.05, found=True, rng=rng, attributed=attributed)
        return answer.verdict, answer.shared, answer.detectable_fraction, answer.pvalue_after

    assert word(attribute_held(held[:1], alpha=0.05)[0]) == word(None)
    assert attribute_held(held, alpha=0.05)[0].stands[0]
    assert not any(attribute_held(held, alpha=0.05)[1].stands)
