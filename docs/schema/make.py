"""What do the commands print with --json? JSON Schema from the types of their answers and the docstrings.

`python docs/schema/make.py` writes a file for each command beside this one; a test says when one is out of date.
"""

import dataclasses
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from touchrhythm.analysis.results import Analysis
from touchrhythm.device.calibration import Calibration
from touchrhythm.device.qualification import Finding
from touchrhythm.planning.power import PowerRow, PowerTable
from touchrhythm.planning.precision import WidthRow, WidthTable
from touchrhythm.raters.limits import Equivalence
from touchrhythm.raters.results import ComparisonEstimate
from touchrhythm.rhythm.peaks import Peak
from touchrhythm.rhythm.periodicity import PeriodicityResult
from touchrhythm.rhythm.rate import RateEstimate

FOLDER = Path(__file__).parent
NUMBER = {"$ref": "#/$defs/number"}
PLAIN = {float: NUMBER, int: {"type": "integer"}, bool: {"type": "boolean"}, str: {"type": "string"}}
PLAIN |= {type(None): {"type": "null"}, typing.Any: {}}
TEXTS = {"type": "array", "items": {"type": "string"}}
COUNT, TEXT = {"type": "integer"}, {"type": "string"}
# What `to_dict` leaves out, and what it and the commands add.
LEFT_OUT = {
    "Analysis": {"traces", "residual", "periodicity", "about", "pulse"},
    "Reference": {"coupling", "series", "left", "slow", "followed"},
    "PeriodicityResult": {"spectrum", "peaks"},
    "Finding": {"fields"},
    "ComparisonEstimate": {"level", "null", "pvalue"},
}
OPEN = {"Analysis"}  # new parts of an answer may come without a new version


def refer(cls, found):
    """Reference to the schema of a dataclass, which is added to `found`."""
    add(cls, found)
    return {"$ref": f"#/$defs/{cls.__name__}"}


def or_null(schema):
    """A value that may be missing."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema):
    """Any number of values."""
    return {"type": "array", "items": schema}


def told_of(cls):
    """Description of each attribute that the docstring of a type describes."""
    section = re.search(r"^Attributes\n-+\n(.*?)(?=^\w+\n---|\Z)", inspect.getdoc(cls) or "", re.M | re.S)
    told = {}
    for names, text in re.findall(
        r"^(\w[\w, ]*)(?: :.*)?\n((?: {4}.*\n?|\n)+)", section[1] if section else "", re.M
    ):
        told |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return told


def schema_of(kind, found):
    """Schema of one type; the dataclasses in it are added to `found`."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return refer(kind, found)
    if origin in (types.UnionType, typing.Union):
        parts = [schema_of(part, found) for part in inside]
        return NUMBER if NUMBER in parts and len(parts) == 2 else {"anyOf": parts}
    if origin is tuple and inside[1:] == (...,):
        return list_of(schema_of(inside[0], found))
    if origin is tuple:
        parts = [schema_of(part, found) for part in inside]
        return {"type": "array", "prefixItems": parts, "items": False, "minItems": len(parts)}
    if origin is np.ndarray:
        return list_of({"anyOf": [NUMBER, list_of(NUMBER)]})
    return {"type": "object"} if origin is Mapping else PLAIN[kind]


def add(cls, found, added=None):
    """Put the schema of a dataclass, and of those in it, into `found`; `added` are properties that are no fields."""
    if cls.__name__ in found:
        return
    found[cls.__name__] = {}
    hints, told = typing.get_type_hints(cls), told_of(cls)
    properties = dict(added or {})
    for field in dataclasses.fields(cls):
        if field.name not in LEFT_OUT.get(cls.__name__, ()):
            described = {"description": told[field.name]} if field.name in told else {}
            properties[field.name] = described | schema_of(hints[field.name], found)
    found[cls.__name__] = {
        "description": " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split()),
        "type": "object",
        "properties": dict(sorted(properties.items())),
        "required": sorted(properties),
        "additionalProperties": cls.__name__ in OPEN,
    }


def analyze(found):
    """One session."""
    added = {
        "file": {"description": "The file as it was named on the command line.", "type": "string"},
        "found": {
            "description": "Whether a rhythm was found in the band at the level set.",
            "type": "boolean",
        },
        "peaks": {"description": "What stands out in 2–36 cpm.", **list_of(refer(Peak, found))},
        "periodicity": {
            "description": "null where the recording cannot answer; `reason` says why.",
            **or_null(refer(PeriodicityResult, found)),
        },
    }
    added["pulse"] = {"description": told_of(Analysis)["pulse"], **or_null(pulse(found))}
    add(Analysis, found, added)
    return {"$ref": "#/$defs/Analysis"}


def pulse(found):
    """A pulse channel: heart rate and series."""
    series = dict.fromkeys(("pvalue", "pvalue_adjusted", "modulation"), NUMBER)
    series |= {
        "modulation_low": NUMBER,
        "modulation_high": NUMBER,
        "modulation_bound": NUMBER,
        "rate": or_null(refer(RateEstimate, found)),
    }
    names = {"enum": ["baseline", "height", "interval"]}
    properties = {
        "signal": {"enum": ["pulse", "ecg"]},
        "said_by": {"description": "Who says what the channel is.", "enum": ["settings", "name", "looks"]},
        "rate_bpm": NUMBER,
        "rate_low_bpm": NUMBER,
        "rate_high_bpm": NUMBER,
        "n_beats": COUNT,
        "inverted": {"description": "Whether the wave was turned upright.", "type": "boolean"},
        "regularity": {"enum": ["regular", "irregular", "bigeminal"]},
        "gap_s": {"description": "Seconds without a signal.", **NUMBER},
        "bad_fraction": {"description": "Of the beats, where there was a signal.", **NUMBER},
        "bad_beats": {"description": "By reason.", "type": "object", "additionalProperties": COUNT},
        "bridged_s": NUMBER,
        "answering": or_null(names),
        "declared": {"type": "boolean"},
        "leaks_from": {"type": "array", "items": names},
        "series": {"type": "object", "propertyNames": names, "additionalProperties": closed(series)},
    }
    return closed(properties)


def compare(found):
    """Rates of raters, from a table."""
    properties = {
        "table": {"description": "The table's name.", "type": "string"},
        "sha256": TEXT,
        "n_subjects": COUNT,
        "n_sessions": COUNT,
        "n_rows": COUNT,
        "raters": TEXTS,
        "felt_nothing": {"description": "By rater.", "type": "object", "additionalProperties": COUNT},
        "delta_cpm": NUMBER,
        "equivalence": {"type": "object", "additionalProperties": refer(Equivalence, found)},
        "estimates": list_of(refer(ComparisonEstimate, found)),
        "without_figures": {
            "description": "Why a comparison has none.",
            "type": "object",
            "additionalProperties": TEXT,
        },
        "notes": TEXTS,
        "seed": COUNT,
        "version": TEXT,
        "answer": TEXTS,
        "flags": TEXTS,
        "methods": TEXT,
    }
    return closed(properties)


def check(found):
    """The untouched sensor."""
    verdict = {"enum": ["fit", "fit with limits", "not fit"]}
    add(Finding, found, {"words": {"description": "The finding as a sentence.", "type": "string"}})
    return closed({"verdict": verdict, "findings": list_of(refer(Finding, found))})


def calibrate(found):
    """A calibration line."""
    add(Calibration, found, {"file": {"description": "Where the line is kept.", "type": "string"}})
    return {"$ref": "#/$defs/Calibration"}


def plan(found):
    """Power of designs, or widths of intervals."""
    add(PowerTable, found, {"quantity": {"const": "power"}, "enough": list_of(refer(PowerRow, found))})
    add(WidthTable, found, {"enough": or_null(refer(WidthRow, found))})
    return {"anyOf": [{"$ref": "#/$defs/PowerTable"}, {"$ref": "#/$defs/WidthTable"}]}


COMMANDS = (analyze, compare, check, calibrate, plan)
ALSO = {"plan": {"plan_sha256": {"description": "Of the plan that was sealed.", "type": "string"}}}


def closed(properties):
    """An object with exactly these properties."""
    names = sorted(properties)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def text_of(command):
    """The schema of what a command prints, as its file has it."""
    found = {"number": {"description": "null where there is no such number.", "type": ["number", "null"]}}
    properties = {"schema_version": {"const": 1}, "results": list_of(command(found))}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"touchrhythm {command.__name__} --json",
        "description": f"{command.__doc__} Hz and seconds, unless a name says another unit.",
        **closed(properties),
        "$defs": dict(sorted(found.items())),
    }
    whole["properties"] = properties | ALSO.get(command.__name__, {})
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in COMMANDS:
        (FOLDER / f"{each.__name__}.schema.json").write_text(text_of(each), "utf-8")
