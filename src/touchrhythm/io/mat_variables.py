"""Which variables stand in this MATLAB file, versions 4 to 7?

Every size, dimension and depth is held against the bytes that are there before anything is made of it: SciPy's reader,
which trusts them, ends the whole program on some damaged files.

**Conventions.** Numbers are arrays in MATLAB's order of axes, texts arrays of one string per row, cells arrays of values,
structures of one element dicts. Sparse matrices, objects, functions and arrays of structures are left out.

- `mat_variables` : bytes → variables by name

References
----------
MathWorks, *MAT-File Format*, R2023b: Level 5 (chapter 1) and Level 4 (chapter 2).
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["mat_variables"]

HEADER5, HEADER4 = 128, 20  # bytes
LITTLE, BIG = b"IM", b"MI"  # of version 5, as the two bytes of "MI" lie
MATRIX, PACKED, UTF8 = 14, 15, 16
STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
    16: "u1",
    17: "u2",
    18: "u4",
}
CELL, STRUCTURE, TEXT = 1, 2, 4
NUMBERS = {
    6: "f8",
    7: "f4",
    8: "i1",
    9: "u1",
    10: "i2",
    11: "u2",
    12: "i4",
    13: "u4",
    14: "i8",
    15: "u8",
}
IS_COMPLEX = 0x800
STORED4 = ("f8", "f4", "i4", "i2", "u2", "u1")
TAG = 8  # bytes of the smallest element
DEEPEST = 32
LONE = 0xD800  # from here on a code may be half of a character
WIDEST = 8  # bytes of the largest number


def mat_variables(raw: bytes, most: int) -> dict[str, Any]:
    """Variables of a file.

    Parameters
    ----------
    raw : bytes
        The whole file.
    most : int
        Most bytes that all numbers together may take, unpacked.

    Raises
    ------
    ValueError
        If it is damaged, or no such file.
    MemoryError
        If it holds more than `most`.
    """
    if raw[126:128] in (LITTLE, BIG) and 0 not in raw[:4]:
        return dict(_level5(raw, "<" if raw[126:128] == LITTLE else ">", most))
    return dict(_level4(memoryview(raw), most))


# -- version 4 -----------------------------------------------------------------------------------------


def _level4(raw: memoryview, most: int) -> Iterator[tuple[str, Any]]:
    at = 0
    while at < len(raw):
        if at + HEADER4 > len(raw):
            raise ValueError("ends within a header")
        order = "<" if 0 <= struct.unpack_from("<i", raw, at)[0] < 5000 else ">"
        kind, n_rows, n_columns, has_imaginary, n_name = struct.unpack_from(f"{order}5i", raw, at)
        stored, what = kind // 10 % 10, kind % 10
        if not (0 <= kind < 5000 and stored < len(STORED4) and what < 3):
            raise ValueError("does not begin as one")
        if min(n_rows, n_columns, n_name) < 0:
            raise ValueError("has a negative size")
        name = bytes(raw[at + HEADER4 : at + HEADER4 + n_name]).rstrip(b"\0").decode("latin-1")
        dtype, n = np.dtype(order + STORED4[stored]), n_rows * n_columns
        start = at + HEADER4 + n_name
        at = start + n * dtype.itemsize * (2 if has_imaginary else 1)
        if at > len(raw):
            raise ValueError(f"{name or 'a variable'} is cut off")
        if n * WIDEST > most:
            raise MemoryError
        if what < 2 and not has_imaginary:  # neither sparse nor complex
            values, shape = np.frombuffer(raw, dtype, n, start), (n_rows, n_columns)
            yield name, _rows(values, shape) if what else values.reshape(shape, order="F")


# -- versions 5 to 7 -----------------------------------------------------------------------------------


def _level5(raw: bytes, order: str, most: int) -> Iterator[tuple[str, Any]]:
    file, at = memoryview(raw), HEADER5
    while at + TAG <= len(file):
        kind, content, at = _element(file, at, order)
        if kind == PACKED:
            kind, content, _ = _element(_inflated(content, most), 0, order)
        if kind == MATRIX:
            most -= len(content)
            name, value = _matrix(content, order, most, 0)
            if value is not None:
                yield name, value


def _inflated(content: memoryview, most: int) -> memoryview:
    try:
        packed = zlib.decompressobj()
        found = packed.decompress(content, max(most, 0) + TAG + 1)
    except zlib.error as error:
        raise ValueError(f"damaged where it is compressed: {error}") from None
    if len(found) > most + TAG:
        raise MemoryError
    return memoryview(found)


def _element(raw: memoryview, at: int, order: str) -> tuple[int, memoryview, int]:
    """Type and content of the element at a place, and where the next one is."""
    if at + TAG > len(raw):
        raise ValueError("ends within an element")
    kind, size = struct.unpack_from(f"{order}2I", raw, at)
    if kind >> 16:  # up to 4 bytes stand beside their type
        kind, size, start, stop = kind & 0xFFFF, kind >> 16, at + TAG // 2, at + TAG
        if size > TAG // 2:
            raise ValueError("has an element of a size that cannot be")
    else:
        start = at + TAG
        stop = start + size
        if kind != PACKED:
            stop += -size % TAG
    if start + size > len(raw):
        raise ValueError("ends within an element")
    return kind, raw[start : start + size], stop


def _matrix(raw: memoryview, order: str, most: int, depth: int) -> tuple[str, Any]:
    """Name and value of a matrix; None for what is none of the known kinds."""
    if not len(raw):
        return "", np.zeros((0, 0))
    if depth > DEEPEST:
        raise ValueError(f"is nested deeper than {DEEPEST}")
    _, flags, at = _element(raw, 0, order)
    _, sizes, at = _element(raw, at, order)
    _, letters, at = _element(raw, at, order)
    if len(flags) < TAG or len(sizes) < TAG or len(sizes) % 4:
        raise ValueError("has a matrix without its kind or size")
    (what,) = struct.unpack_from(f"{order}I", flags)
    shape = np.frombuffer(sizes, f"{order}i4").tolist()
    if min(shape) < 0 or len(shape) > DEEPEST:
        raise ValueError("has a matrix of a size that cannot be")
    name, kind, n = bytes(letters).decode("latin-1"), what & 0xFF, math.prod(shape)
    if kind in NUMBERS:
        return name, _numbers(raw, at, order, NUMBERS[kind], shape, most, bool(what & IS_COMPLEX))
    if kind == TEXT:
        return name, _text(raw, at, order, shape, most)
    if kind == CELL:
        if n * TAG > len(raw) - at:  # each has a tag at the least
            raise ValueError(f"has {len(raw) - at} bytes for {n} cells")
        values = np.empty(n, object)
        for k in range(n):
            values[k], at = _inner(raw, at, order, most, depth)
        return name, values.reshape(shape, order="F")
    if kind == STRUCTURE and n == 1:
        return name, _structure(raw, at, order, most, depth)
    return name, None


def _inner(raw: memoryview, at: int, order: str, most: int, depth: int) -> tuple[Any, int]:
    kind, content, at = _element(raw, at, order)
    if kind != MATRIX:
        raise ValueError("has something else where a value must stand")
    return _matrix(content, order, most, depth + 1)[1], at


def _structure(raw: memoryview, at: int, order: str, most: int, depth: int) -> dict[str, Any]:
    _, width, at = _element(raw, at, order)
    _, letters, at = _element(raw, at, order)
    if len(width) != 4 or not 0 < (n := struct.unpack(f"{order}i", width)[0]) <= max(len(letters), 1):
        raise ValueError("has a structure whose fields have no names")
    out: dict[str, Any] = {}
    for k in range(len(letters) // n):
        name = bytes(letters[k * n : (k + 1) * n]).split(b"\0", 1)[0].decode("latin-1")
        out[name], at = _inner(raw, at, order, most, depth)
    return out


def _values(raw: memoryview, at: int, order: str, n: int, most: int) -> tuple[np.ndarray, int]:
    kind, content, at = _element(raw, at, order)
    if kind not in STORED:
        raise ValueError(f"has numbers of an unknown kind ({kind})")
    if n * WIDEST > most:
        raise MemoryError
    dtype = np.dtype(order + STORED[kind])
    if len(content) != n * dtype.itemsize:
        raise ValueError(f"has {len(content)} bytes for {n} numbers of {dtype.itemsize}")
    return np.frombuffer(content, dtype), at


def _numbers(
    raw: memoryview, at: int, order: str, dtype: str, shape: list[int], most: int, is_complex: bool
) -> np.ndarray:
    n = math.prod(shape)
    values, at = _values(raw, at, order, n, most)
    with np.errstate(invalid="ignore"):  # numbers stored as floats that no whole number holds
        found: np.ndarray = values.astype(dtype)
    if is_complex:
        found = found + 1j * _values(raw, at, order, n, most)[0]
    return found.reshape(shape, order="F")


def _text(raw: memoryview, at: int, order: str, shape: list[int], most: int) -> np.ndarray:
    kind, content, _ = _element(raw, at, order)
    if kind == UTF8:
        codes = np.array([ord(sign) for sign in bytes(content).decode("utf-8", "replace")], "u4")
        if codes.size != math.prod(shape):
            raise ValueError("has a text of another length than it says")
    else:
        codes = _values(raw, at, order, math.prod(shape), most)[0]
    return _rows(codes, (shape[0], math.prod(shape[1:])))


def _rows(codes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """One string for each row of a matrix of characters."""
    readable = np.where((codes >= 0) & (codes < LONE), codes, ord("?")).astype("u4")
    return np.array(["".join(map(chr, row)) for row in readable.reshape(shape, order="F").tolist()], str)
