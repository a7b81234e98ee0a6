"""One test per clause of BIDS that our files touch, and the official validator on a whole dataset."""

import gzip
import importlib.util
import json
import re
import shutil
import subprocess
import sysconfig
import zlib
from pathlib import Path

import numpy as np
import pytest

from touchrhythm.io import write_session
from touchrhythm.session import Annotation, Count, Recording, Session, Taps

VALIDATOR = Path(sysconfig.get_path("scripts")) / "bids-validator-deno"
HAS_VALIDATOR = importlib.util.find_spec("bids_validator_deno") is not None or VALIDATOR.exists()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Two subjects, three sessions, with references, gaps, taps, counts, calibration and plain ones."""
    root = tmp_path_factory.mktemp("study")
    x = np.random.default_rng(1).normal(5, 1, (2000, 2))
    x[500:700] = np.nan
    x[3, 0] = 1e-9
    both = Recording(x, 80.0, ("force", "respiratory"), ("g", "V"))
    raw = Recording(np.round(1000 * x[:, 0]), 80.0, ("force",), ("count",))
    belt = Recording(x[::4, 1], 20.0, ("respiratory",), ("V",))
    extra = {
        "taps": (Taps([1.5, 8.25, 20.0], "AB"), Taps([], "CD")),
        "counts": (Count(3, 0.0, 20.0, "AB"),),
        "annotations": (Annotation(0.0, 0.0, "hand on"), Annotation(2.0, 20.0, "tapping")),
    }
    calibration = {"force": {"counts_per_gram": 1000.0, "zero_counts": 0.0}}
    first = {"sub": "01", "ses": "01", "run": "01"}
    for recording, info, more in (
        (
            raw,
            {"entities": first | {"recording": "force"}, "calibration": calibration, "timing": "device"},
            extra,
        ),
        (belt, {"entities": first | {"recording": "breathing"}}, {}),
        (both, {"entities": {"sub": "01", "ses": "02", "run": "01"}, "import_notes": ("µ",)}, extra),
        (both, {"entities": {"sub": "02"}}, {}),
    ):
        write_session(Session(recording, info=info, **more), root)
    return root


def physio(dataset):
    return sorted(dataset.rglob("*_physio.tsv.gz"))


def sidecar(path):
    return json.loads(Path(str(path).replace(".tsv.gz", ".json")).read_text(encoding="utf-8"))


def test_physio_files_must_not_include_a_header_line(dataset):
    for path in physio(dataset):
        first = gzip.decompress(path.read_bytes()).split(b"\n", 1)[0].decode()
        assert all(re.fullmatch(r"-?[\d.]+(e-?\d+)?|n/a", field) for field in first.split("\t"))


def test_physio_files_must_be_one_gzip_member(dataset):
    for path in physio(dataset):
        unpacker = zlib.decompressobj(wbits=31)
        unpacker.decompress(path.read_bytes())
        assert unpacker.eof
        assert unpacker.unused_data == b""


def test_gzip_headers_should_hold_no_name_and_no_time(dataset):
    for path in physio(dataset):
        raw = path.read_bytes()
        assert raw[3] == 0
        assert raw[4:8] == bytes(4)


def test_columns_sampling_frequency_and_start_time_are_required(dataset):
    for path in physio(dataset):
        keys = sidecar(path)
        n = len(gzip.decompress(path.read_bytes()).split(b"\n", 1)[0].split(b"\t"))
        assert len(keys["Columns"]) == n
        assert keys["SamplingFrequency"] > 0
        assert isinstance(keys["StartTime"], float)


def test_each_column_should_be_described(dataset):
    for path in physio(dataset):
        keys = sidecar(path)
        assert all(keys[name]["Description"] for name in keys["Columns"])


def test_missing_values_must_be_written_as_n_a(dataset):
    text = b"".join(gzip.decompress(path.read_bytes()) for path in physio(dataset)).lower()
    assert b"n/a" in text
    assert b"nan" not in text


def test_events_must_begin_with_onset_and_duration_and_should_be_in_order(dataset):
    files = sorted(dataset.rglob("*_events.tsv"))
    assert len(files) == 2
    for path in files:
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        assert lines[0][:2] == ["onset", "duration"]
        onsets = [float(fields[0]) for fields in lines[1:]]
        assert onsets == sorted(onsets)
        assert len(onsets) == 6


def test_every_subject_should_be_listed_among_the_participants(dataset):
    assert (dataset / "participants.tsv").read_text() == "participant_id\nsub-01\nsub-02\n"


def test_a_dataset_must_have_a_description_with_name_and_version(dataset):
    keys = json.loads((dataset / "dataset_description.json").read_text())
    assert keys["Name"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", keys["BIDSVersion"])


def validated(root):
    done = subprocess.run(
        [str(VALIDATOR), "--format", "json", "--max-rows", "-1", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout[done.stdout.index("{") :])


@pytest.mark.skipif(not HAS_VALIDATOR, reason="bids-validator-deno is not installed")
def test_the_official_validator_finds_no_error(dataset):
    code, found = validated(dataset)
    assert [one for one in found["issues"]["issues"] if one["severity"] == "error"] == []
    assert code == 0
    assert found["summary"]["totalFiles"] == sum(path.is_file() for path in dataset.rglob("*"))
    assert found["summary"]["tasks"] == ["palpation"]  # which it reads from the sidecars


@pytest.mark.skipif(not HAS_VALIDATOR, reason="bids-validator-deno is not installed")
@pytest.mark.parametrize("fault", ["no sampling rate", "one column too many", "nan for n/a"])
def test_the_official_validator_looks_into_each_physio_file(dataset, tmp_path, fault):
    broken = tmp_path / "broken"
    shutil.copytree(dataset, broken)
    files = physio(broken)
    for path in files:
        if fault == "no sampling rate":
            keys = sidecar(path)
            del keys["SamplingFrequency"]
            path.with_name(path.name.replace(".tsv.gz", ".json")).write_text(json.dumps(keys))
        else:
            lines = gzip.decompress(path.read_bytes()).decode().splitlines()
            lines = (
                [line + "\t1" for line in lines] if fault == "one column too many" else ["nan", *lines[1:]]
            )
            path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
    code, found = validated(broken)
    named = {one["location"] for one in found["issues"]["issues"] if one["severity"] == "error"}
    assert code == 16
    assert named == {"/" + path.relative_to(broken).as_posix() for path in files}
    print(f"{fault}: the validator named {len(named)} of {len(files)} physio files")
