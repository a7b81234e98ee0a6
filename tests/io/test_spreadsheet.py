"""Spreadsheets: the one sheet of numbers, read as its text would be."""

import datetime
import sys
import zipfile

import numpy as np
import pytest

from touchrhythm.errors import BadFile
from touchrhythm.io import read_session, read_taps
from touchrhythm.io.rate_table import read_rate_table
from touchrhythm.words.program import how_to_install

pytest.importorskip("python_calamine")
openpyxl = pytest.importorskip("openpyxl")

ROWS = [[k / 10, float(np.sin(k)), k % 5] for k in range(200)]


def xlsx(folder, sheets, name="a.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def test_a_sheet_is_read_as_its_table(tmp_path):
    rows = [["Zeit (s)", "Kraft (N)", "Atmung"], *ROWS]
    session = read_session(xlsx(tmp_path, {"Messung": rows, "Notizen": [["nichts"]]}))
    recording = session.recording
    assert (recording.channels, recording.units) == (("Kraft", "Atmung"), ("N", ""))
    assert recording.roles == ("force", "breathing")
    assert recording.fs == pytest.approx(10)
    np.testing.assert_allclose(recording.data, np.array(ROWS)[:, 1:], rtol=1e-14)  # as openpyxl writes them
    assert session.info["import_notes"] == ("sheet Messung of 2 was read",)


def test_dates_and_empty_cells_keep_their_place(tmp_path):
    start = datetime.datetime(2024, 5, 1, 23, 59, 50)
    rows = [
        [start + datetime.timedelta(seconds=row[0]), None if k == 7 else row[1]] for k, row in enumerate(ROWS)
    ]
    recording = read_session(xlsx(tmp_path, {"a": [["Datum", "force"], *rows]})).recording
    assert recording.fs == pytest.approx(10)
    assert np.flatnonzero(np.isnan(recording.data[:, 0])).tolist() == [7]


def test_taps_and_rates_are_read_from_sheets(tmp_path):
    taps = read_taps(xlsx(tmp_path, {"a": [["tap", "onset"], [1, 1.5], [2, 8.25], [3, 15]]}))
    assert taps[0].onset.tolist() == [1.5, 8.25, 15]
    table = read_rate_table(
        xlsx(tmp_path, {"a": [["subject", "rater", "rate_cpm"], ["s1", "A", 7.5], ["s2", "A", 8]]}, "b.xlsx")
    )
    assert table.rate_cpm.tolist() == [7.5, 8]


def test_two_sheets_of_numbers_are_refused(tmp_path):
    with pytest.raises(BadFile, match="sheets a, b hold numbers; keep the one sheet of the recording"):
        read_session(xlsx(tmp_path, {"a": ROWS, "b": ROWS}))
    with pytest.raises(BadFile, match="no sheet holds numbers"):
        read_session(xlsx(tmp_path, {"a": [["x"]]}))


def test_a_damaged_file_is_refused_in_words(tmp_path):
    path = xlsx(tmp_path, {"a": ROWS})
    whole = path.read_bytes()
    for content in (b"PK\x03\x04", whole[: len(whole) // 2], b"no spreadsheet"):
        path.write_bytes(content)
        with pytest.raises(BadFile, match="is damaged, locked, or no spreadsheet"):
            read_session(path)


def test_without_the_library_the_line_that_installs_it_is_said(tmp_path, monkeypatch):
    path = xlsx(tmp_path, {"a": ROWS})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(BadFile) as refused:
        read_session(path)
    assert refused.value.message.endswith(f"which is not installed: {how_to_install('python-calamine')}")


def test_a_cell_far_outside_of_the_table_costs_a_sentence_and_not_the_program(tmp_path):
    path = xlsx(tmp_path, {"a": [["time (s)", "force"], *[row[:2] for row in ROWS]]})
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = 1
    book.save(path)
    with pytest.raises(BadFile, match="is a cell far outside of the table filled"):
        read_session(path)


def test_what_unpacks_to_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHRHYTHM_MAX_MB", "1")
    path = xlsx(tmp_path, {"a": ROWS})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/more.xml", b" " * 2_000_000)
    with pytest.raises(BadFile, match="once unpacked, more than the limit of 1 MB"):
        read_session(path)
    whole = path.read_bytes()
    at = whole.index(b"PK\x01\x02")
    for damaged in (whole.replace(b"PK\x01\x02", b"PK\x01\x03"), whole[: at + 6] + b"\xff" + whole[at + 7 :]):
        path.write_bytes(damaged)
        with pytest.raises(BadFile, match="is damaged, locked, or no spreadsheet"):
            read_session(path)


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Messung">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""
ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_KIND}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def ods_cell(value):
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    if value is None:
        return "<table:table-cell/>"
    return f'<table:table-cell office:value-type="float" office:value="{value!r}"><text:p>{value}</text:p></table:table-cell>'


def test_a_table_of_libreoffice_is_read_as_its_table(tmp_path):
    rows = [
        ["Tijd (s)", "Kracht (N)", "Ademhaling"],
        *[[a, None if k == 7 else b, c] for k, (a, b, c) in enumerate(ROWS)],
    ]
    body = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as packed:
        packed.writestr("mimetype", ODS_KIND)
        packed.writestr("META-INF/manifest.xml", MANIFEST)
        packed.writestr("content.xml", ODS.format(rows=body))
    recording = read_session(tmp_path / "a.ods").recording
    assert (recording.channels, recording.units) == (("Kracht", "Ademhaling"), ("N", ""))
    assert recording.fs == pytest.approx(10)
    known = np.isfinite(recording.data[:, 0])
    assert np.flatnonzero(~known).tolist() == [7]
    np.testing.assert_allclose(recording.data[known, 0], np.array(ROWS)[known, 1], rtol=1e-14)
    np.testing.assert_array_equal(recording.data[:, 1], np.array(ROWS)[:, 2])


def test_a_workbook_of_excel_97_is_read_as_its_table(tmp_path):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("Feuil1")
    for k, row in enumerate([["Temps (s)", "Force (N)"], *[row[:2] for row in ROWS]]):
        for column, value in enumerate(row):
            sheet.write(k, column, value)
    book.save(str(tmp_path / "a.xls"))
    recording = read_session(tmp_path / "a.xls").recording
    assert (recording.channels, recording.units) == (("Force",), ("N",))
    assert recording.fs == pytest.approx(10)
    np.testing.assert_allclose(recording.data[:, 0], np.array(ROWS)[:, 1], rtol=1e-14)
