"""Is every message that the code says in its table, is every one in a table said, and are its fields those that are given?"""

import ast
import re
from pathlib import Path

import pytest

from touchrhythm.words import (
    comparison,
    devices,
    fields_of,
    grras,
    methods,
    plan,
    rate_methods,
    recording,
    session_protocol,
    study,
    study_page,
)

SOURCE = Path(__file__).resolve().parents[2] / "src" / "touchrhythm"
MODULES = (
    devices,
    recording,
    session_protocol,
    study,
    study_page,
    comparison,
    methods,
    rate_methods,
    plan,
    grras,
)
TABLES = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if isinstance(getattr(module, name), dict)
}
TEMPLATES = {
    "study.html": "touchrhythm.words.study_page.PAGE",
    "comparison.html": "touchrhythm.words.comparison.PAGE",
}


def imported(tree):
    """Full names by the names under which a module knows them."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def full_name(node, names):
    """Full name of a table, given as ``TABLE`` or as ``module.TABLE``."""
    first, _, rest = ast.unparse(node).partition(".")
    return ".".join(filter(None, (names.get(first, first), rest)))


def strings_in(node):
    return {
        word.value
        for word in ast.walk(node)
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    }


def is_chosen_before(code):
    """Whether a code, or one of two, is a variable of the function."""
    ways = (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,)
    return any(isinstance(way, ast.Name) for way in ways)


def looked_up():
    """(table, codes, fields or None where they are not told here) of each message that the code takes."""
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = imported(tree)
        parts = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for part in (*parts, tree):
            for node in ast.walk(part):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "say" and len(node.args) == 2:
                    given = {keyword.arg for keyword in node.keywords}
                    codes, fields = strings_in(node.args[1]), None if None in given else given
                    if part is not tree and is_chosen_before(node.args[1]):
                        codes, fields = strings_in(part), None
                    yield full_name(node.args[0], names), codes, fields
                elif isinstance(node, ast.Subscript):  # a phrase, by the name of what it stands for
                    table = full_name(node.value, names)
                    codes = strings_in(node.slice)
                    yield table, codes or set(TABLES.get(table, ())), None
                elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".get", ".items")):
                    table = full_name(node.func.value, names)
                    yield table, set(TABLES.get(table, ())), None
                elif isinstance(node, ast.Call):  # handed on to where one of them is said
                    for argument in node.args:
                        if isinstance(argument, ast.Name):
                            yield full_name(argument, names), strings_in(node), None
    for template, table in TEMPLATES.items():
        text = (SOURCE / "report" / "templates" / template).read_text("utf-8")
        codes = set(re.findall(r'say\("(\w+)"', text)) | {
            f"h_{name}" for name in re.findall(r'chapter\("(\w+)"', text)
        }
        yield table, codes, None


LOOKED_UP = [(table, codes, fields) for table, codes, fields in looked_up() if table in TABLES]
SAID = sorted(
    {
        (table, code, tuple(sorted(fields)))
        for table, codes, fields in LOOKED_UP
        if fields is not None
        for code in codes
        if code in TABLES[table]  # else a word of a condition
    }
)


@pytest.mark.parametrize("table", TABLES)
def test_messages_are_given_the_fields_that_they_name(table):
    wrong = {
        (code, fields)
        for name, code, fields in SAID
        if name == table and fields_of(TABLES[table][code]) != set(fields)
    }
    assert not wrong


@pytest.mark.parametrize("table", TABLES)
def test_no_message_lies_about_unsaid(table):
    said = {code for name, codes, _ in LOOKED_UP if name == table for code in codes}
    assert not set(TABLES[table]) - said


def test_every_message_that_is_said_is_there():
    missing = {
        (table, code)
        for table, codes, fields in LOOKED_UP
        if fields is not None and len(codes) == 1
        for code in codes
        if code not in TABLES[table]
    }
    assert not missing
