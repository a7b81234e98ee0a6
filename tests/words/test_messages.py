"""Is every message that the code says in its table, is every one in a table said, and are its fields those that are given?"""

import ast
from pathlib import Path

import pytest

from touchrhythm.words import devices, fields_of, recording, session_protocol

SOURCE = Path(__file__).resolve().parents[2] / "src" / "touchrhythm"
TABLES = {
    name: getattr(module, name)
    for module in (devices, recording, session_protocol)
    for name in module.__all__
    if name.isupper()
}


def said():
    """(table, code, fields or None where they are handed on) of each `say` in the code."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "say" and len(node.args) == 2):
                continue
            names = [keyword.arg for keyword in node.keywords]
            fields = None if None in names else frozenset(names)
            for code in ast.walk(node.args[1]):
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield ast.unparse(node.args[0]), code.value, fields


SAID = [(table, code, fields) for table, code, fields in said() if table in TABLES]


@pytest.mark.parametrize(("table", "code", "fields"), [call for call in SAID if call[2] is not None])
def test_a_message_is_given_the_fields_that_it_names(table, code, fields):
    if code in TABLES[table]:  # else a word of a condition
        assert fields_of(TABLES[table][code]) == fields


def test_no_message_lies_about_unsaid():
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py") if "words" not in path.parts)
    unsaid = {(name, key) for name, table in TABLES.items() for key in table if f'"{key}"' not in code}
    assert not unsaid
