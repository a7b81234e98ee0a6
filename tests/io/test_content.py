"""Does one odd file give a sentence with its place, and never a fault, a hang or a swelling?"""

import gzip
import os
import re

import pytest

from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.io.content import open_bytes, open_json, open_text, open_toml


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a":\n' + "[" * 100_000, ", line 2: JSON is nested deeper than 64"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "JSON is nested deeper than 64"),
        ('{"a": 1' + "0" * 5000 + "}", "a whole number of 5001 digits"),
        ('{"a": 1' + "0" * 400 + "}", "a whole number of 401 digits"),
        ('{"a": 1e400}', "a number beyond all measure: 1e400"),
        ('{"a": -Infinity}', "-Infinity, which is no number"),
        ('{"a": "\\ud800"}', "half of a character"),
        ("[1]", "must hold an object"),
        ('{"a": 1', "broken JSON"),
    ],
)
def test_odd_json_is_refused_with_its_place(tmp_path, text, sentence):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(BadFile, match=re.escape(sentence)):
        open_json(path)


def test_brackets_inside_of_texts_nest_nothing(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": "' + "[{" * 500 + '\\"", "b": NaN}')
    assert open_json(path)["b"] is None


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "a = 1" + "0" * 5000, "a = 1e999", "a.b = 1\na = 2", "[" * 300, "\x00"]
)
def test_odd_toml_is_refused(tmp_path, text):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(BadFile, match="TOML"):
        open_toml(path)


def test_what_is_no_utf_8_is_named_with_its_line(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": 1,\n "b\xe9": 2}')
    with pytest.raises(BadFile, match=r"line 2: JSON must be UTF-8, got byte 0xe9"):
        open_json(path)


def test_a_small_file_cannot_grow_beyond_the_limit(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHRHYTHM_MAX_MB", "5")
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(bytes(8_000_000)))
    with pytest.raises(BadFile, match=r"once unpacked, more than the limit of 5 MB \(set TOUCHRHYTHM_MAX_MB"):
        open_bytes(path)
    monkeypatch.setenv("TOUCHRHYTHM_MAX_MB", "9")
    assert len(open_bytes(path)[0]) == 8_000_000
    monkeypatch.setenv("TOUCHRHYTHM_MAX_MB", "0.001")
    with pytest.raises(BadFile, match="MB large, more than the limit"):
        open_bytes(path)


def test_members_and_padding_of_gzip_are_read_and_cuts_are_told(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one ") + gzip.compress(b"two") + bytes(100))
    assert open_bytes(path)[0] == b"one two"
    path.write_bytes(gzip.compress(os.urandom(5000))[:-20])
    with pytest.raises(BadFile, match="damaged or cut off"):
        open_bytes(path)
    path.write_bytes(gzip.compress(b"one") + b"rest")
    with pytest.raises(BadFile, match="damaged or cut off"):
        open_bytes(path)


@pytest.mark.skipif(os.name == "nt", reason="no pipes with names")
def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(NoSuchInput, match="is a pipe, not a file"):
        open_text(tmp_path / "a.csv")
    with pytest.raises(NoSuchInput, match="is a device, not a file"):
        open_text("/dev/zero")
    with pytest.raises(NoSuchInput, match="is a folder, not a file"):
        open_text(tmp_path)
