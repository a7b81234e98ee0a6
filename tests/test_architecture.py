"""Does data walk one way? Who may know whom, what is loaded when, and how large a room may be."""

import ast
import builtins
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "touchrhythm"
ROOT_FILES = ("", "__main__")

# A module may import from its own line and from the lines above, never from below, and never in a circle.
# A package stands for all its modules that are not named one by one.
RANKS = (
    "errors units _version _check plain_types words",
    "settings session participants estimates",
    "signal simulate.signals device.clock device.events device.baud_rate device.line_grammar device.line_layout device.sketch_lines device.touch_line"
    " device.sequence",
    "rhythm tapping raters pulse",
    "references simulate",
    "io",
    "analysis device simulate.study",
    "study",
    "planning",
    "plotting",
    "report",
    "cli",
)
# These take arrays and fs; from `session` they may only have what knows nothing of recordings.
ARRAYS_ONLY = ["signal", "rhythm", "pulse", "references", "tapping", "raters"]
ARRAY_FRIENDS = {"Annotation", "NullRange", "check_taps_inside", "read_only", "runs_of"}
# Who may load what is heavy or needs a device.
HEAVY = {"matplotlib": ("plotting",), "serial": ("device.port",)}


def name_of(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {name_of(path): ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
MODULES = [name for name in TREES if name not in ROOT_FILES]


def rank_of(module):
    named = {word: rank for rank, line in enumerate(RANKS) for word in line.split()}
    parts = module.split(".")
    for depth in range(len(parts), 0, -1):
        if ".".join(parts[:depth]) in named:
            return named[".".join(parts[:depth])]
    pytest.fail(f"give {module} a place in RANKS")


def typing_only(tree):
    """Nodes under ``if TYPE_CHECKING:``, which no run ever imports."""
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    return {id(inner) for block in blocks for inner in ast.walk(block)}


def imports_of(tree):
    """(module, name) of each import; name is "" for ``import module``."""
    skipped = typing_only(tree)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from ((node.module, alias.name) for alias in node.names)


def own_imports(module):
    for target, name in imports_of(TREES[module]):
        if target.split(".")[0] == "touchrhythm":
            inner = target.partition(".")[2]
            whole = f"{inner}.{name}".strip(".")
            yield whole if whole in TREES else inner


def offenders(find, modules=MODULES):
    """What a rule finds wrong, by module; empty where all is well."""
    found = {module: list(find(module)) for module in modules}
    return {module: wrong for module, wrong in found.items() if wrong}


def test_imports_go_up_the_list_only():
    def wrong(module):
        return (other for other in own_imports(module) if other and rank_of(other) > rank_of(module))

    assert not offenders(wrong)


def test_imports_never_go_in_a_circle():
    graph = {module: {other for other in own_imports(module) if other != module} for module in MODULES}
    order = list(TopologicalSorter(graph).static_order())
    assert len(order) >= len(MODULES)


def test_array_modules_know_no_session():
    def wrong(module):
        taken = (name for target, name in imports_of(TREES[module]) if target == "touchrhythm.session")
        return set(taken) - ARRAY_FRIENDS

    assert not offenders(wrong, [module for module in MODULES if module.split(".")[0] in ARRAYS_ONLY])


def test_the_device_knows_no_files():
    def wrong(module):
        return (other for other in own_imports(module) if other.split(".")[0] == "io")

    assert not offenders(wrong, [module for module in MODULES if module.startswith("device")])


@pytest.mark.parametrize("package", HEAVY)
def test_heavy_packages_stay_in_their_rooms(package):
    def wrong(module):
        if module in HEAVY[package] or module.split(".")[0] in HEAVY[package]:
            return ()
        return (target for target, _ in imports_of(TREES[module]) if target.split(".")[0] == package)

    assert not offenders(wrong)


def test_scipy_is_imported_whole_so_that_it_loads_late():
    def wrong(module):
        imports = imports_of(TREES[module])
        return (
            target for target, name in imports if target.startswith("scipy.") or (target == "scipy" and name)
        )

    assert not offenders(wrong), "write `import scipy` and call scipy.signal.…"


def test_minutes_become_seconds_in_units_only():
    def wrong(module):
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.BinOp) and isinstance(
                node.op, ast.Mult | ast.Div | ast.FloorDiv | ast.Mod
            ):
                used = [node.left, node.right]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "divmod":
                used = node.args
            elif isinstance(node, ast.Assign) and re.search(
                "MINUTE|SECOND|PER_|CPM|HZ", ast.unparse(node.targets[0])
            ):
                used = [node.value]
            else:
                continue
            if any(isinstance(part, ast.Constant) and part.value in (60, 3600) for part in used):
                yield f"line {node.lineno}"

    assert not offenders(wrong, [module for module in MODULES if module != "units"])


def functions_of(module):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return (node for node in ast.walk(TREES[module]) if isinstance(node, kinds))


def test_misspelt_keywords_are_never_swallowed():
    def wrong(module):
        # `say` checks its fields against those that the message names
        free = {"say"} if module == "words" else set()
        return (
            function.name
            for function in functions_of(module)
            if function.args.kwarg and not function.name.startswith("plot_") and function.name not in free
        )

    assert not offenders(wrong)


def test_the_library_never_prints():
    def wrong(module):
        calls = (node for node in ast.walk(TREES[module]) if isinstance(node, ast.Call))
        return (f"line {call.lineno}" for call in calls if ast.unparse(call.func) == "print")

    assert not offenders(wrong, [module for module in MODULES if module.split(".")[0] != "cli"])


def test_a_module_can_be_read_in_one_go():
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert not {name_of(path): length for path, length in lengths.items() if length > 600}


def test_a_public_name_stands_for_one_type():
    homes = {}
    for module in MODULES:
        for node in TREES[module].body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module)
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


# Tests beside the modules of a room: of what several modules do together, or of one seen from another side.
NO_MIRROR = {
    "cli/test_main.py": "what all commands have in common, as the shell sees it",
    "cli/test_odd_files.py": "all commands on names and numbers that no study means",
    "fuzz/test_run.py": "all readers on damaged files",
    "io/test_wrong_input.py": "all readers on wrong files",
    "report/test_browser.py": "all pages in a real browser",
    "study/test_residual_study.py": "a study whose taps are held against what is left without references",
    "study/test_run_memory.py": "a process of its own, for its memory",
    "words/test_messages.py": "all tables of messages against all that say them",
}


def test_the_tests_of_a_room_are_named_after_its_modules():
    tests = ROOT / "tests"
    found = {path.relative_to(tests).as_posix() for path in tests.glob("*/**/test_*.py")}
    modules = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    strays = {name for name in found if name.replace("test_", "", 1) not in modules}
    assert strays - set(NO_MIRROR) == set()
    assert set(NO_MIRROR) - strays == set()


def test_the_formatter_is_never_switched_off():
    folders = [SOURCE, *(ROOT / name for name in ("tests", "benchmarks", "examples"))]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    assert not [str(path) for path in files if re.search(r"#\s*(fmt|yapf):", path.read_text("utf-8"))]


def test_a_loop_says_what_it_goes_through():
    def wrong(module):
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.For | ast.comprehension):
                names = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
                yield from names & {"one", "it", "obj", "thing"}

    assert not offenders(wrong)


def test_a_function_fits_on_a_screen():
    def wrong(module):
        for function in functions_of(module):
            body = (
                function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
            )
            length = body[-1].end_lineno - body[0].lineno + 1
            if length > 40:
                yield f"{function.name}: {length}"

    assert not offenders(wrong)


def test_every_module_says_first_what_it_answers():
    def wrong(module):
        first = (ast.get_docstring(TREES[module]) or "").split("\n")[0]
        return () if len(first) > 20 else (first,)

    assert not offenders(wrong)


@pytest.mark.parametrize("statement", ["import touchrhythm", "import touchrhythm.cli"])
def test_importing_loads_nothing_heavy(statement):
    code = f"{statement}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"matplotlib", "serial", "scipy", "numpy", "pandas"} & set(out.split())


def test_the_front_door_opens_on_every_public_name():
    import touchrhythm

    for name in touchrhythm.__all__:
        assert getattr(touchrhythm, name) is not None


# -- what the documents say of the house --------------------------------------------------------------------

ROOT = SOURCE.parents[1]
DOCS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]
# What documents set in code that no module defines: Python's names, this file's, those of tools and prefixes.
OTHER_NAMES = {"ValueError", "TypeError", "RANKS", "plot_", "fail_under", "code", "schema_version", "recover"}
OTHER_NAMES |= {
    "lint",
    "types",
    "doctests",
    "tests",
    "long",
    "minima",
    "docs",
    "main",
    "CITATION.cff",
    ".venv",
}
ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


@cache
def defined_names():
    """Every name that the source defines or takes: functions, types, fields, parameters, constants."""
    return frozenset(_defined_names())


def _defined_names():
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def defines(module, name):
    body = TREES[module].body
    named = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = {alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names}
    return name in named | imported


def is_there(code):
    """Whether what a document names in `code` exists: a path, a module's function, or a name."""
    if code in OTHER_NAMES:
        return True
    if "/" in code or re.search(r"\.(py|md|toml|json|yaml)$", code):
        return any((place / code).exists() for place in (ROOT, SOURCE))
    module, _, name = code.removeprefix("touchrhythm.").rpartition(".")
    if module:
        return module in TREES and (defines(module, name) or f"{module}.{name}" in TREES)
    return code in defined_names() or code in TREES


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_what_a_document_names_exists(document):
    told = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.M | re.S)
    codes = set(re.findall(r"`([\w./]+)`", told))
    assert not {code for code in codes if not is_there(code)}


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


def test_the_documents_know_every_room():
    told = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert not [room for room in ROOMS if f"| `{room}/` |" not in told], "add a row to docs/architecture.md"


# Files are written by `io.writing`, and by a journal that grows while it is recorded; foreign JSON and TOML come in
# by `io.content`.
WRITERS = ("io.writing", "io.journal_writer", "io.locks")
LOADERS = (  # files; a line that a sketch prints as JSON; what a process of ours says of a spreadsheet
    "io.content",
    "device.line_grammar",
    "io.sheet_rows",
)
READERS = (
    "io.content",
    "io.journal_records",
    "device.port",
)  # a pipe or a device is waited for by none of them
INNER = (
    "os.devnull",
    "importlib.resources",
    "gzip.open(file)",
    "packed.open(",
)  # what is open already, or ours
WRITES = re.compile(
    r"\b(write_text|write_bytes|os\.replace|os\.rename|os\.link|shutil\.(copy\w*|move)|np\.save(txt|z)?)\($"
)


def called(module):
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func) + "(", node


def is_write(name, call):
    if name.endswith("open(") and not name.startswith(("os.open", "os.fdopen")):
        given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
        modes = [
            word.value for word in given if isinstance(word, ast.Constant) and isinstance(word.value, str)
        ]
        return any(re.fullmatch("[rwxab+t]{1,3}", mode) and set(mode) & set("wxa+") for mode in modes)
    to_memory = name.startswith("np.save") and call.args and ast.unparse(call.args[0]) == "buffer"
    return WRITES.search(name) is not None and not to_memory


def test_every_file_is_written_by_the_one_writer():
    def wrong(module):
        for name, call in called(module):
            if is_write(name, call) and "os.devnull" not in ast.unparse(call):
                yield f"line {call.lineno}: {name}"

    assert not offenders(wrong, [module for module in MODULES if module not in WRITERS])


def test_every_file_is_read_through_the_one_door():
    reads = re.compile(r"(^open|\.open|\.read_bytes|\.read_text)\($")

    def wrong(module):
        for name, call in called(module):
            told = ast.unparse(call)
            if reads.search(name) and not any(word in told for word in INNER):
                yield f"line {call.lineno}: {name}"

    assert not offenders(wrong, [module for module in MODULES if module not in (*WRITERS, *READERS)])


def test_json_and_toml_come_in_by_one_door():
    def wrong(module):
        loads = re.compile(r"^(json|tomllib)\.loads?\($")
        return (f"line {call.lineno}: {name}" for name, call in called(module) if loads.search(name))

    assert not offenders(wrong, [module for module in MODULES if module not in LOADERS])


def identifiers():
    """Every name in the code, and every module."""
    for module, tree in TREES.items():
        yield from module.split(".")
        for node in ast.walk(tree):
            for kind in ("name", "id", "arg", "attr"):
                if isinstance(found := getattr(node, kind, None), str):
                    yield from found.split(".")
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
                yield node.value  # a key, a field, a code


KNOWN = {*identifiers(), *dir(builtins), "touchrhythm"}


def test_what_a_docstring_names_exists():
    def wrong(module):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef
        for node in (node for node in ast.walk(TREES[module]) if isinstance(node, kinds)):
            for name in re.findall(r"(?<!`)`([A-Za-z_][\w.]*)`(?!`)", ast.get_docstring(node) or ""):
                if not set(name.split(".")) <= KNOWN:
                    yield name

    assert not offenders(wrong), "double backticks quote what is no name of the code"
