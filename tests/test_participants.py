"""Do codes tell nothing, and does consent cover what is done?"""

from __future__ import annotations

import pytest

from touchrhythm.participants import (
    KINDS,
    Consent,
    check_code,
    check_consent,
    draw_phantom,
    hash_truth,
    next_code,
    read_covers,
)


@pytest.mark.parametrize("code", ["S01", "ABC123", "07", "ex104"])
def test_plain_codes_are_taken(code):
    assert check_code(code, "subject") == code


@pytest.mark.parametrize("code", ["", "Anna", "JD", "S1", "ABCD12", "S-01", "AB190580", "19800519", "S 01"])
def test_codes_that_tell_of_a_person_are_refused(code):
    with pytest.raises(ValueError, match="the subject code must"):
        check_code(code, "subject")


def test_codes_are_handed_out_without_reusing_one():
    assert next_code("S", []) == "S01"
    assert next_code("S", ["S01", "S09", "E12"]) == "S10"
    assert next_code("", ["01", "02"]) == "03"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_with_a_person_in_it_needs_consent(kind):
    both = {who: Consent(who, ("record",)) for who in ("subject", "examiner")}
    check_consent(KINDS[kind], both)
    if KINDS[kind].has_examiner:
        with pytest.raises(ValueError, match="consent to be recorded is needed"):
            check_consent(KINDS[kind], {})
    else:
        check_consent(KINDS[kind], {})


def test_consent_to_share_is_not_consent_to_record():
    with pytest.raises(ValueError, match="the subject's consent to be recorded"):
        check_consent(KINDS["palpation"], {"subject": Consent("subject", read_covers("share"))})
    with pytest.raises(ValueError, match="got 'yes'"):
        read_covers("yes")


def test_a_phantoms_hash_does_not_tell_its_rate():
    one, two = draw_phantom((6.0, 12.0)), draw_phantom((6.0, 12.0))
    assert hash_truth(one) != hash_truth(two)
    assert hash_truth({"rate_cpm": 8.0, "salt": "a"}) != hash_truth({"rate_cpm": 8.0, "salt": "b"})


@pytest.mark.parametrize("band", [(6.0, 12.0), (13.0, 20.0)])
def test_most_phantoms_move_in_the_study_s_band(band):
    rates = [draw_phantom(band)["rate_cpm"] for _ in range(400)]
    still = sum(rate is None for rate in rates)
    inside = sum(rate is not None and band[0] <= rate <= band[1] for rate in rates)
    assert 40 <= still <= 125 and 180 <= inside <= 300  # 5 standard deviations around .2 and .6
