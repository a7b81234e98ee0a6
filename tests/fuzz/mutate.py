"""What do damaged, cut, mixed and ill-meant files look like?

- `mutated` : bytes → other bytes, by a random generator
"""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import re
import struct
import zipfile
import zlib

ODD = (
    b"",
    b"-1",
    b"0",
    b"nan",
    b"NaN",
    b"inf",
    b"-Infinity",
    b"1e308",
    b"1e-308",
    b"1e400",
    b"1" + b"0" * 5000,
    b"9" * 20,
    b"0x1F",
    b"true",
    b"false",
    b"null",
    b"[]",
    b"{}",
    b'""',
    b"n/a",
    b"=1+1",
    b"../../x",
    b"\0",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"1,5",
    b"1.5.2",
    b"--",
    b"\r",
    b"\t\t\t",
    b";;;;",
    b"'",
    b'"',
    b"#",
    b"%",
    b"1970-01-01",
    b"25:61:61",
    b"2026-02-30T10:00",
    b"[" * 2000,
    b'{"a":' * 300,
    b"\\x4",
    b"R 9 x",
    b"M 5 {}",
    b"D,1,2",
    b"S512",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
)
TOKEN = re.compile(rb"[^\s,;\t\":\[\]{}=]+")


MAT5, MAT_PACKED = b"MATLAB 5.0", 15  # how such a file begins, and the type of a compressed element


def mutated(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    """A file with one to four faults; of a compressed one often of what is inside."""
    if raw[:2] == b"\x1f\x8b" and rng.random() < 0.7:
        return gzip.compress(mutated(gzip.decompress(raw), other, rng), compresslevel=1, mtime=0)
    if raw[:2] == b"PK" and rng.random() < 0.7:
        with contextlib.suppress(zipfile.BadZipFile):
            return _in_zip(raw, other, rng)
    if raw.startswith(MAT5) and raw[128:129] == bytes([MAT_PACKED]) and rng.random() < 0.7:
        return _in_mat(raw, other, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        raw = rng.choice(FAULTS)(raw, other, rng)
    return raw[: 1 << 20]


def _in_zip(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    """A packed file in which one member is damaged, with checksums that hold."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as packed, zipfile.ZipFile(out, "w") as again:
        names = packed.namelist()
        chosen = rng.choice(names)
        for name in names:
            inner = packed.read(name)
            again.writestr(
                name, mutated(inner, other, rng) if name == chosen else inner, zipfile.ZIP_DEFLATED, 1
            )
    return out.getvalue()


def _in_mat(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    """A MATLAB file in which its first compressed variable is damaged."""
    (size,) = struct.unpack("<I", raw[132:136])
    inner = zlib.compress(mutated(zlib.decompress(raw[136 : 136 + size]), other, rng), 1)
    return raw[:132] + struct.pack("<I", len(inner)) + inner + raw[136 + size :]


def _span(raw: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(raw) + 1) if rng.random() < 0.7 else rng.randrange(min(len(raw), 300) + 1)
    return start, min(len(raw), start + int(2 ** rng.uniform(0, 12)))


def _flip(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(rng.choice((1, 1, 5, 50))):
        if changed:
            changed[_span(raw, rng)[0] % len(changed)] = rng.randrange(256)
    return bytes(changed)


def _cut(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    start, end = _span(raw, rng)
    return rng.choice((raw[:start], raw[start:], raw[:start] + raw[end:]))


def _repeat(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    start, end = _span(raw, rng)
    return raw[:end] + raw[start:end] * rng.choice((1, 1, 3, 200)) + raw[end:]


def _splice(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    start, end = _span(raw, rng)
    begin, stop = _span(other, rng)
    return raw[:start] + other[begin:stop] + raw[end:]


def _token(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    start = _span(raw, rng)[0]
    found = TOKEN.search(raw, start) or TOKEN.search(raw)
    if not found:
        return raw + rng.choice(ODD)
    return raw[: found.start()] + rng.choice(ODD) + raw[found.end() :]


def _every_token(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    """The same word everywhere, such as all missing or all one number."""
    tokens = TOKEN.findall(raw[:4000])
    return raw.replace(rng.choice(tokens), rng.choice(ODD)[:50], 2000) if tokens else raw


def _lines(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    lines = raw.split(b"\n")
    k = rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        rng.shuffle(lines)
    elif how == 1:
        lines[k:k] = [rng.choice(ODD)] * rng.choice((1, 3))
    elif how == 2:
        lines[k] = lines[k] * rng.choice((2, 50))
    elif how == 3:
        lines = lines[k:] + lines[:k]
    else:
        lines = [line for line in lines for _ in range(2)]
    return rng.choice((b"\n", b"\n", b"\r\n", b"\r")).join(lines)


def _marks(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    return raw.replace(
        rng.choice((b",", b"\t", b";", b".", b" ", b":", b'"')),
        rng.choice((b",", b"\t", b";", b".", b" ", b"")),
    )


def _text(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    return raw.decode("latin-1").encode(rng.choice(("utf-16", "utf-16-le", "utf-8", "utf-32", "utf-8-sig")))


FAULTS = (_flip, _flip, _cut, _repeat, _splice, _token, _token, _token, _every_token, _lines, _marks, _text)
