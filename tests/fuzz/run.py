"""Does any damaged file end in a fault, a hang or a swelling? `python tests/fuzz/run.py --seconds 120 --seed 1`.

Allowed are a result or one of the project's own errors, of a whole command an exit code that says so, within 20 s and
1 GB. Whatever else comes is kept in `--keep` with what it did, and the exit is 1. An hour by hand:
`--seconds 3600 --seed $RANDOM`; one input again: `--seed 7 --only 1234`.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import math
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from corpus import Case, make_corpus
from mutate import mutated

from touchrhythm.analysis.recipe import analyze
from touchrhythm.cli import main as command
from touchrhythm.cli.console import (
    EXIT_CANNOT_CREATE,
    EXIT_DATA,
    EXIT_NO_INPUT,
    EXIT_OK,
    EXIT_TRY_AGAIN,
    EXIT_USAGE,
    UsageError,
)
from touchrhythm.cli.devices import read_calibration
from touchrhythm.cli.record_options import read_study_file
from touchrhythm.errors import TouchRhythmError
from touchrhythm.io.journal import read_journal
from touchrhythm.io.opening import read_session
from touchrhythm.io.rate_table import read_rate_table
from touchrhythm.io.seal import seal_journal
from touchrhythm.io.sealed_hashes import changes_of, find_seals
from touchrhythm.io.table_write import convert
from touchrhythm.io.taps import read_counts, read_taps
from touchrhythm.planning.sealed_plan import read_plan
from touchrhythm.settings import Settings
from touchrhythm.study.find import find_sessions

SECONDS, BYTES = 20, 1_000_000_000
BATCH = 100
WRITING = ("seal", "convert", "command")
ANSWERS = (EXIT_OK, EXIT_DATA, EXIT_NO_INPUT, EXIT_USAGE, EXIT_CANNOT_CREATE, EXIT_TRY_AGAIN)
OURS = re.compile(r'File ".*touchrhythm[/\\](.*)", line (\d+), in (\w+)')
QUICK = Settings(n_surrogates=19)


class TooLong(BaseException):
    """An input took longer than is allowed."""


class OwnFault(Exception):
    """A command ended with a code that none of its inputs may give."""


def read(case: Case, folder: Path, rng: random.Random) -> object:
    """What a command does with the file."""
    path = folder / case.file
    if case.reader == "command":
        return _run(case, folder)
    if case.reader in ("session", "bids"):
        session = read_session(path, fs=rng.choice((None, 10.0)), channel=rng.choice((None, None, 0)))
        if rng.random() < 0.02:
            with contextlib.suppress(ValueError):  # analyze's word for a question that cannot be asked
                analyze(session, QUICK, rng=1)
        return session
    if case.reader == "convert":
        return convert(folder.parent / "a.csv", folder)
    if case.reader == "verify":
        return [changes_of(folder, seal) for seal in find_seals(folder)]
    if case.reader == "seal":
        return seal_journal(path, folder.parent / "sealed")
    readers = {
        "journal": read_journal,
        "taps": read_taps,
        "counts": read_counts,
        "rates": read_rate_table,
        "plan": read_plan,
        "options": read_study_file,
        "calibration": read_calibration,
        "study table": find_sessions,
    }
    return find_sessions(folder) if case.reader == "study" else readers[case.reader](path)


def _run(case: Case, folder: Path) -> object:
    """Run a command on the file, in a place of its own."""
    out = folder.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    places = {"FILE": str(folder / case.file), "FOLDER": str(folder), "OUT": str(out)}
    words = [
        re.sub(r"^(FILE|FOLDER|OUT)(?=/|$)", lambda found: places[found[0]], word) for word in case.words
    ]
    told, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(said):
        code = command(words)
    if code not in ANSWERS:
        where = OURS.findall(said.getvalue())
        place = "{}:{} {}".format(*where[-1]) if where else ""
        raise OwnFault(f"{words[0]} ended with {code}: {said.getvalue().strip()[-150:]} ({place})")
    if code != EXIT_OK:
        raise UsageError(said.getvalue())
    return told.getvalue()


def one_input(case: Case, cases: list[Case], seed: str, place: Path) -> str:
    """Damage a copy, read it, and say what came of it: "result", "refused", or the fault."""
    rng = random.Random(seed)
    folder = place / case.folder.name
    if case.reader in WRITING or not folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(place / "sealed", ignore_errors=True)
        shutil.copytree(case.folder, folder)
        shutil.copy(case.folder.parent / "small" / "a.csv", place / "a.csv")
    other = rng.choice(cases)
    raw = (case.folder / case.file).read_bytes()
    damaged = mutated(raw, (other.folder / other.file).read_bytes(), rng)
    (folder / case.file).write_bytes(damaged)
    signal.alarm(SECONDS)
    try:
        read(case, folder, rng)
    except (TouchRhythmError, UsageError):
        return "refused"
    except TooLong:
        return f"took longer than {SECONDS} s"
    except MemoryError:
        return f"took more than {BYTES / 1e9:g} GB"
    except OwnFault as error:
        return str(error)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [
            frame for frame in traceback.extract_tb(error.__traceback__) if "touchrhythm" in frame.filename
        ]
        where = ours[-1] if ours else last
        return f"{type(error).__name__}: {str(error)[:150]} ({Path(where.filename).name}:{where.lineno} {where.name})"
    finally:
        signal.alarm(0)
        (place / f"damaged-{case.file.name}").write_bytes(damaged)
        if case.reader in WRITING:  # the next one gets the folder as it was
            shutil.rmtree(folder)
        else:
            shutil.copy(case.folder / case.file, folder / case.file)
    return "result"


def work(
    cases: list[Case],
    seed: int,
    first: int,
    place: Path,
    keep: Path | None,
    results: multiprocessing.SimpleQueue,
    n: int = BATCH,
) -> None:
    """One batch in a process of its own, so that memory is its own too."""
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TooLong))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    warnings.simplefilter("ignore")
    shutil.rmtree(place, ignore_errors=True)
    os.environ["TOUCHRHYTHM_DEBUG"] = "1"  # a command that owns up to a fault says where it was
    weights = [case.weight for case in cases]
    for number in range(first, first + n):
        (case,) = random.Random(f"{seed}:{number}:case").choices(cases, weights)
        results.put((number, case.name, None))
        with contextlib.redirect_stderr(io.StringIO()):
            said = one_input(case, cases, f"{seed}:{number}", place)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) * 1024
        results.put((number, case.name, f"took {grown / 1e9:.1f} GB" if grown > BYTES else said))
        if keep is not None and said not in ("result", "refused"):
            keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(place / f"damaged-{case.file.name}", keep / f"{seed}-{number}-{case.file.name}")
        used = max(used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def fuzz(
    seconds: float, seed: int, keep: Path | None = None, only: int | None = None, most: float = math.inf
) -> tuple[collections.Counter, dict[str, list[str]]]:
    """Counts of outcomes, and faults with the inputs that gave them."""
    counts: collections.Counter = collections.Counter()
    faults: dict[str, list[str]] = {}
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as root:
        cases = make_corpus(Path(root) / "corpus")
        until, first = time.monotonic() + seconds, only or 0
        while time.monotonic() < until and first < most:
            results = fork.SimpleQueue()
            place = Path(root) / "place"
            child = fork.Process(
                target=work, args=(cases, seed, first, place, keep, results, BATCH if only is None else 1)
            )
            child.start()
            begun = _collect(child, results, counts, faults, f"{seed}")
            first = first + BATCH if begun is None else begun + 1
            if only is not None:
                break
    return counts, faults


def _collect(child, results, counts, faults, label) -> int | None:
    """Take results until the batch ends; the number of the input that a dying process was at."""
    at, name, limit = None, "", time.monotonic() + BATCH * 2 + 3 * SECONDS
    while child.is_alive() or not results.empty():
        if results.empty():
            if time.monotonic() > limit:
                child.kill()
            time.sleep(0.002)
            continue
        number, name, said = results.get()
        at = number if said is None else None
        if said is not None:
            counts[said if said in ("result", "refused") else "fault"] += 1
            if said not in ("result", "refused"):
                print(f"{label}:{number} {name}: {said}", file=sys.stderr, flush=True)
                faults.setdefault(said, []).append(f"{label}:{number} {name}")
    child.join()
    if at is not None:
        counts["fault"] += 1
        faults.setdefault(f"the process died ({child.exitcode})", []).append(f"{label}:{at} {name}")
    return at


def main() -> int:
    """Fuzz for some time and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=math.inf, help="end after so many, whatever the time")
    parser.add_argument("--only", type=int, help="one input, by its number")
    parser.add_argument("--keep", type=Path, help="folder for inputs that gave a fault")
    args = parser.parse_args()
    counts, faults = fuzz(args.seconds, args.seed, args.keep, args.only, args.inputs)
    for said, where in sorted(faults.items(), key=lambda item: -len(item[1])):
        print(f"{len(where)} × {said}\n    first: {where[0]}")
    print(
        f"seed {args.seed}: {counts.total()} inputs, "
        + ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
