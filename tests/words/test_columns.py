"""Columns are known by the words of six languages, and by whole words only."""

import pytest

from touchrhythm.words.columns import is_time_name, person_of, role_of, roles_of, time_unit_of

NAMES = {
    "breathing": "respiratory RSP Belt_1 CO2 Ademhaling Atmung Atemgurt respiration respiración respiro souffle thorax"
    " chest abdomen Brustgurt RespBelt breathing_examiner",
    "heart rate": "BPM hr heart_rate AvgBPM Herzfrequenz PR",
    "saturation": "SpO2 SPO2 spo2 SaO2 Saturation Sauerstoffsättigung zuurstofsaturatie",
    "interval": "IBI rri beat_interval RR_interval",
    "pulse": "PPG abp blood_pressure Blutdruck bvp photo Puls pouls hartslag latidos polso EKG1",
    "force": "force Kracht Kraft fuerza forza poids fsr_response loadcell Druck pression weight",
    "temperature": "temperature Temp Temperatuur",
    "button": "button taste bouton knop tap",
    "trigger": "trigger Marker event",
    "time": "time Tijd Zeit temps tiempo tempo time_ms millis timestamp Uhrzeit",
    "counter": "packet nSeq index Sample_Index Zähler",
    "": "gain A1 hand corresponding respuesta timeout signal",
}


@pytest.mark.parametrize(("role", "names"), NAMES.items())
def test_a_name_says_what_a_column_holds(role, names):
    assert {name: role_of(name) for name in names.split()} == dict.fromkeys(names.split(), role)


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        ("IR", "pulse"),
        ("irValue redValue", "pulse light"),
        ("red ir HR HRvalid SPO2 SPO2Valid", "light pulse heart-rate bookkeeping saturation bookkeeping"),
        ("R G IR Hz", "light light pulse bookkeeping"),
        ("IR BPM AvgBPM", "pulse heart-rate heart-rate"),
        ("red HR validSPO2", "pulse heart-rate bookkeeping"),
        ("red green bpm", "light pulse heart-rate"),
        ("R G", "- -"),
        ("red force", "- force"),
        ("ir_temp g", "temperature -"),
        ("IR1 IR2", "pulse pulse"),
    ],
)
def test_of_the_lights_of_an_oximeter_one_is_the_wave(names, roles):
    known = tuple({"-": ""}.get(role, role.replace("-", " ")) for role in roles.split())
    assert roles_of(names.split()) == known


def test_the_unit_says_it_where_the_name_does_not():
    assert (role_of("A1", "mN"), role_of("ch", "°C"), role_of("A1", "V")) == ("force", "temperature", "")
    assert (role_of("Pulse", "bpm"), role_of("Pulse", "mV"), role_of("RR", "bpm")) == (
        "heart rate",
        "pulse",
        "",
    )


def test_people_are_told_apart():
    assert [person_of(name) for name in ("breathing_examiner", "Patient", "belt")] == [
        "examiner",
        "subject",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("mSec", "ms"),
        ("Min", "min"),
        ("Sekunden", "s"),
        ("[s]", "s"),
        ("heures", "h"),
        ("µs", "us"),
        ("g", None),
    ],
)
def test_units_of_time_are_known_in_any_spelling(text, unit):
    assert time_unit_of(text) == unit


def test_a_response_time_is_not_the_time():
    assert not is_time_name("response time") and is_time_name("Latest: Time (s)")


def test_a_unit_of_force_tells_where_no_name_does_but_not_of_an_axis():
    assert [role_of(name, "g") for name in ("", "signal", "A1", "acc_x", "Z")] == [*["force"] * 3, "", ""]
