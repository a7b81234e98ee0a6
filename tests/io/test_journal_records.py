"""Is a journal read as far as it goes, whatever happened to it?"""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording import record_virtual
from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.io.journal_records import escape, read_records, unescape
from touchrhythm.io.journal_writer import JournalWriter


def writer(path, header=None, **options):
    return JournalWriter(path, header or {}, **({"min_free": 0, "ballast": 0} | options))


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_survive_as_one_line_of_text(data):
    text = escape(data)
    assert unescape(text) == data
    assert b"\n" not in text and b"\r" not in text
    assert text.isascii() and text.decode().isprintable()


@pytest.fixture(scope="module")
def session_journal(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "journal.txt"
    board, recorder = record_virtual(path)
    return path, board, recorder


def test_every_received_byte_is_in_the_journal(tmp_path):
    sink = writer(tmp_path / "j.txt")
    rng = np.random.default_rng(1)
    batches = [rng.bytes(int(n)) for n in rng.integers(1, 200, 100)]
    for k, batch in enumerate(batches):
        sink.write_received(k * 1000, batch)
    sink.close()
    journal = read_records(tmp_path / "j.txt")
    assert [one.data for one in journal.received] == batches
    assert [one.host_us for one in journal.received] == [k * 1000 for k in range(100)]
    assert journal.import_notes == ("the journal has no closing record: it ended without stop",)


def test_the_schema_version_is_written_and_a_later_one_is_refused(tmp_path):
    sink = writer(tmp_path / "j.txt")
    sink.close()
    first = json.loads((tmp_path / "j.txt").read_text().splitlines()[0])
    assert first["touchrhythm"] == "journal" and first["schema_version"] == 1
    (tmp_path / "late.txt").write_text('{"touchrhythm": "journal", "schema_version": 99}\n')
    with pytest.raises(BadFile, match="a newer touchrhythm reads it"):
        read_records(tmp_path / "late.txt")


@pytest.mark.parametrize("content", [b"", b"time;force\n1;2\n", b"\x00\xff" * 50, b'{"a": 1}\n', b'{"touch'])
def test_what_is_no_journal_is_said_to_be_none(tmp_path, content):
    (tmp_path / "j.txt").write_bytes(content)
    with pytest.raises(BadFile, match="JSON header of a touchrhythm journal"):
        read_records(tmp_path / "j.txt")


def test_a_missing_journal_is_no_input(tmp_path):
    with pytest.raises(NoSuchInput):
        read_records(tmp_path / "none.txt")


def test_a_line_of_rubbish_in_the_middle_costs_that_line_only(tmp_path, session_journal):
    path, _, _ = session_journal
    lines = path.read_bytes().split(b"\n")
    lines[100] = b"\x00" * 40
    lines[200] = b"R notatime D,1"
    (tmp_path / "j.txt").write_bytes(b"\n".join(lines))
    journal = read_records(tmp_path / "j.txt")
    assert len(journal.received) == len(read_records(path).received) - 2
    assert sum("cannot be read" in one for one in journal.import_notes) == 2


@pytest.mark.long
def test_truncated_at_any_of_its_last_4096_bytes_it_loses_that_byte_only(tmp_path, session_journal):
    path, _, _ = session_journal
    lines = path.read_bytes().splitlines(keepends=True)
    torn = tmp_path / "torn.txt"
    torn.write_bytes(lines[0] + b"".join(lines[-150:]))
    complete = b"".join(one.data for one in read_records(torn).received)
    kept, size = len(complete), torn.stat().st_size
    assert size > 4096 + len(lines[0])
    for cut in range(1, 4097):
        os.truncate(torn, size - cut)
        journal = read_records(torn)
        data = b"".join(one.data for one in journal.received)
        assert complete.startswith(data)
        assert 0 <= kept - len(data) <= 1
        kept = len(data)
    assert kept < len(complete) - 2000
