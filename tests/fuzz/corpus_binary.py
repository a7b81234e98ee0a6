"""Which files that are no text does fuzzing begin with? Small ones, as far as the libraries that write them are there.

- `write_binary` : spreadsheets, arrays, EDF, XDF and AcqKnowledge files into a folder
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import scipy

from touchrhythm.io.edf import write_edf
from touchrhythm.session import Annotation, Count, Recording, Session, Taps

FS, N = 20.0, 400
TIME = np.arange(N) / FS
FORCE = np.round(50 + 2 * np.sin(2 * np.pi * 0.13 * TIME), 2)
BELT = np.round(400 + 80 * np.sin(2 * np.pi * 0.25 * TIME), 1)
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
    '<office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body>'
    "</office:document-content>"
)
ODS_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/></manifest:manifest>'
)


def write_binary(folder: Path) -> None:
    """Write one file, or several, of each format."""
    _arrays(folder)
    _ods(folder / "sheet.ods")
    _xdf(folder / "streams.xdf")
    for write in (_xlsx, _edf, _acq):
        with contextlib.suppress(ImportError):
            write(folder)


def _arrays(folder: Path) -> None:
    np.savez(folder / "named.npz", time_s=TIME, force=FORCE, breathing=BELT)
    np.savez_compressed(folder / "packed.npz", force=FORCE, fs=FS)
    save = scipy.io.savemat
    save(folder / "named.mat", {"force": FORCE, "breathing": BELT, "fs": FS})
    save(folder / "packed.mat", {"time_s": TIME, "force": FORCE}, do_compression=True)
    save(
        folder / "structure.mat",
        {"rec": {"force": FORCE, "srate": FS, "labels": np.array(["a", "b"], object)}},
    )
    save(folder / "version4.mat", {"force": FORCE[:, None], "fs": FS}, format="4")
    save(
        folder / "labchart.mat",
        {
            "data": np.concatenate((FORCE, BELT))[None, :],
            "datastart": np.array([[1.0], [N + 1.0]]),
            "dataend": np.array([[float(N)], [2.0 * N]]),
            "titles": np.array(["Force ", "Belt  "]),
            "unittext": np.array(["N ", "mV"]),
            "unittextmap": np.array([[1.0], [2.0]]),
            "samplerate": np.array([[FS], [FS]]),
        },
    )
    save(
        folder / "acqknowledge.mat",
        {
            "data": np.column_stack((FORCE, BELT)),
            "labels": np.array(["Force      ", "Respiration"]),
            "units": np.array(["g    ", "Volts"]),
            "isi": 50.0,
            "isi_units": "ms",
        },
    )


def _ods(path: Path) -> None:
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    number = '<table:table-cell office:value-type="float" office:value="{0}"><text:p>{0}</text:p></table:table-cell>'
    rows = [text.format("time (s)") + text.format("force")]
    rows += [number.format(t) + number.format(x) for t, x in zip(TIME.tolist(), FORCE.tolist(), strict=True)]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", ODS_TYPE)
        packed.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        packed.writestr("content.xml", ODS.format(rows=body), zipfile.ZIP_DEFLATED)


def _xlsx(folder: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Zeit (s)", "Kraft (N)", "Atmung"])
    for row in zip(TIME.tolist(), FORCE.tolist(), BELT.tolist(), strict=True):
        book.active.append(row)
    book.create_sheet("notes").append(["hand on", 12])
    book.save(folder / "sheet.xlsx")


def _edf(folder: Path) -> None:
    import edfio  # noqa: F401 - what write_edf needs

    session = Session(
        Recording(np.column_stack((FORCE, BELT)), FS, ("force", "breathing"), ("g", "mV")),
        (Taps([1.5, 8.25, 15.125], "AB"),),
        (Count(2, 1, 15, "AB"),),
        (Annotation(0.5, 2, "hand on"),),
    )
    for name in ("session.edf", "session.bdf"):
        write_edf(session, folder / name)


def _xdf(path: Path) -> None:
    def chunk(tag: int, content: bytes) -> bytes:
        return b"\x04" + struct.pack("<IH", len(content) + 2, tag) + content

    def stream(number: int, name: str, rate: float, form: str, labels: tuple[str, ...]) -> bytes:
        described = "".join(f"<channel><label>{label}</label><unit>N</unit></channel>" for label in labels)
        text = (
            f"<?xml version='1.0'?><info><name>{name}</name><type>x</type><channel_count>{len(labels) or 1}"
            f"</channel_count><nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format>"
            f"<desc><channels>{described}</channels></desc></info>"
        )
        return chunk(2, struct.pack("<I", number) + text.encode())

    def samples(number: int, rows: list[bytes]) -> bytes:
        return chunk(3, struct.pack("<IBI", number, 4, len(rows)) + b"".join(rows))

    def footer(number: int, n: int) -> bytes:
        text = f"<?xml version='1.0'?><info><first_timestamp>50</first_timestamp><sample_count>{n}</sample_count></info>"
        return chunk(6, struct.pack("<I", number) + text.encode())

    stamp = [b"\x08" + struct.pack("<d", 50 + t) for t in TIME.tolist()]
    force = [
        at + struct.pack("<2d", x, y) for at, x, y in zip(stamp, FORCE.tolist(), BELT.tolist(), strict=True)
    ]
    keys = [stamp[k] + b"\x01\x03tap" for k in (30, 160, 300)]
    path.write_bytes(
        b"XDF:"
        + chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>")
        + stream(1, "Plate", FS, "double64", ("force", "breathing"))
        + stream(2, "Keys", 0, "string", ())
        + samples(1, force)
        + chunk(4, struct.pack("<Idd", 1, 50.0, 0.001))
        + samples(2, keys)
        + footer(1, N)
        + footer(2, len(keys))
    )


def _acq(folder: Path) -> None:
    """A file of version 3.7, laid out by bioread's own structures."""
    from bioread import headers

    def made(kind: str, **fields: object) -> bytes:
        header = getattr(headers, kind).for_revision(38, "<")
        struct_ = header._struct_class()
        for name, value in fields.items():
            setattr(struct_, name, value)
        return ctypes.string_at(ctypes.byref(struct_), ctypes.sizeof(struct_))

    graph, channel = (len(made(kind)) for kind in ("GraphHeader", "ChannelHeader"))
    out = io.BytesIO()
    out.write(made("GraphHeader", lVersion=38, lExtItemHeaderLen=graph, nChannels=2, dSampleTime=1000 / FS))
    for number, (name, unit) in enumerate(((b"Force", b"g"), (b"Belt", b"mV"))):
        out.write(
            made(
                "ChannelHeader",
                lChanHeaderLen=channel,
                nNum=number,
                szCommentText=name,
                szUnitsText=unit,
                lBufLength=N,
                dAmplScale=0.1,
                nChanOrder=number,
                nVarSampleDivider=1,
            )
        )
    out.write(made("ForeignHeader", nLength=4, nType=0))
    out.write(made("ChannelDTypeHeader", nSize=8, nType=1) + made("ChannelDTypeHeader", nSize=2, nType=2))
    for x, y in zip(FORCE.tolist(), BELT.tolist(), strict=True):
        out.write(struct.pack("<dh", x, int(y)))
    out.write(struct.pack("<ll", 8, 0))
    (folder / "biopac.acq").write_bytes(out.getvalue())
