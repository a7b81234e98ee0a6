"""Does data walk one way? Who may know whom, what is loaded when, and how large a room may be."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "touchrhythm"
ROOT_FILES = ("", "__main__")

# A module may import from its own line and from the lines above, never from below, and never in a circle.
# A package stands for all its modules that are not named one by one.
RANKS = (
    "errors units _check wording settings",
    "session estimates",
    "decimation sampling simulate simulate_signals simulate_taps filtering spectrum whittle background blocks"
    " stuck levels device.clock device.codes device.events device.garbled device.lines device.plain"
    " device.plausible",
    "validity evidence magnitude peaks periodicity rate timecourse references traces"
    " leakage tap_reference tapper_model shift_test tap_figures tapping rotation swap"
    " variance_components raters concordance limits loam measurement_error truth_trials comparison io",
    "analysis limitations recipe compare study_phase study_sensitivity simulate_study device",
    "planning",
    "study study_*",
    "verdict plotting compare_words rotation_words study_plots",
    "report compare_page",
    "cli",
)
# These take arrays and fs; from `session` they may only have what knows nothing of recordings.
ARRAYS_ONLY = ["filtering", "spectrum", "background", "periodicity", "rate", "tapping", "raters"]
ARRAY_FRIENDS = {"NullRange", "check_taps_inside", "read_only", "runs_of"}
# Who may load what is heavy or needs a device.
HEAVY = {"matplotlib": ("plotting", "study_plots", "device.live"), "serial": ("device.port",)}


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
    if parts[0].startswith("study_"):
        return named["study_*"]
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


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_up_the_list_only(module):
    wrong = [other for other in own_imports(module) if other and rank_of(other) > rank_of(module)]
    assert not wrong, f"{module} stands above {wrong}"


def test_imports_never_go_in_a_circle():
    graph = {module: {other for other in own_imports(module) if other != module} for module in MODULES}
    order = list(TopologicalSorter(graph).static_order())
    assert len(order) >= len(MODULES)


@pytest.mark.parametrize("module", [name for name in ARRAYS_ONLY if name in TREES])
def test_array_modules_know_no_session(module):
    taken = {name for target, name in imports_of(TREES[module]) if target == "touchrhythm.session"}
    assert taken <= ARRAY_FRIENDS


@pytest.mark.parametrize("package", HEAVY)
def test_heavy_packages_stay_in_their_rooms(package):
    users = {m for m in MODULES if any(t.split(".")[0] == package for t, _ in imports_of(TREES[m]))}
    allowed = HEAVY[package]
    assert all(user.split(".")[0] in allowed or user in allowed for user in users), users


@pytest.mark.parametrize("module", MODULES)
def test_scipy_is_imported_whole_so_that_it_loads_late(module):
    parts = [target for target, _ in imports_of(TREES[module]) if target.startswith("scipy.")]
    named = [name for target, name in imports_of(TREES[module]) if target == "scipy" and name]
    assert not parts + named, "write `import scipy` and call scipy.signal.…"


@pytest.mark.parametrize("module", [name for name in MODULES if name != "units"])
def test_minutes_become_seconds_in_units_only(module):
    found = [
        node.lineno
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value in (60, 3600)
        and not is_a_setting(node, TREES[module])
    ]
    assert not found, f"{module} lines {found}: use touchrhythm.units"


def is_a_setting(node, tree):
    """Whether a number is the plain value of a named thing (a margin of 60 s), not arithmetic."""
    for holder in ast.walk(tree):
        if isinstance(holder, ast.AnnAssign) and holder.value is node:
            return True
        if isinstance(holder, ast.arguments) and node in (*holder.defaults, *holder.kw_defaults):
            return True
    constants = [n for n in tree.body if isinstance(n, ast.Assign) and n.value is node]
    return any(not re.search("MINUTE|SECOND|PER_|CPM|HZ", ast.unparse(n.targets[0])) for n in constants)


def test_the_device_knows_no_files():
    users = [m for m in MODULES if m.startswith("device") and any(o.startswith("io") for o in own_imports(m))]
    assert not users


@pytest.mark.parametrize("module", MODULES)
def test_misspelt_keywords_are_never_swallowed(module):
    swallowing = [
        node.name
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.FunctionDef) and node.args.kwarg and not node.name.startswith("plot_")
    ]
    assert not swallowing


@pytest.mark.parametrize("module", MODULES)
def test_the_library_never_prints(module):
    if module.split(".")[0] == "cli":
        return
    calls = [n for n in ast.walk(TREES[module]) if isinstance(n, ast.Call) and ast.unparse(n.func) == "print"]
    assert not calls


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=name_of)
def test_a_module_can_be_read_in_one_go(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=name_of)
def test_a_function_fits_on_a_screen(path):
    long = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = body[-1].end_lineno - body[0].lineno + 1
            if length > 40:
                long[node.name] = length
    assert not long


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_first_what_it_answers(module):
    first = (ast.get_docstring(TREES[module]) or "").split("\n")[0]
    assert len(first) > 20


@pytest.mark.parametrize("statement", ["import touchrhythm", "import touchrhythm.cli"])
def test_importing_loads_nothing_heavy(statement):
    code = f"{statement}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"matplotlib", "serial", "scipy", "numpy", "pandas"} & set(out.split())


def test_the_front_door_opens_on_every_public_name():
    import touchrhythm

    for name in touchrhythm.__all__:
        assert getattr(touchrhythm, name) is not None
