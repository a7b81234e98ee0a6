"""Where does the time of a session go, stage by stage?

    python benchmarks/profile_stages.py [FILE | --duration 600 --fs 20] [--surrogates 999] [--repeat 3]

CPU seconds from the start of the interpreter to the page, of the first session of a process, which loads what each stage
needs, and the best of further ones. Without a file a followed rhythm with taps is simulated. A stage inside
another counts for itself only.
"""

import argparse
import functools
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path

# stage: where its functions are called
STAGES = {
    "cuts": ("analysis.recipe.find_cuts", "analysis.recipe.apply_cuts"),
    "decimation": ("analysis.recipe.cut_into_blocks",),
    "background": ("analysis.band_test.fit_spectrum",),
    "surrogates": ("analysis.band_test.null_surrogates", "rhythm.likelihood_ratio.null_surrogates"),
    "test": ("analysis.band_test.periodicity_of",),
    "filtered trace": ("analysis.recipe.analytic_trace", "analysis.recipe.count_cycles"),
    "bootstrap": ("analysis.recipe.bootstrap_samples",),
    "rate": ("analysis.recipe.rate_of",),
    "time course": ("analysis.recipe.follow_rate",),
    "references": ("analysis.recipe.references_of",),
    "pulse": ("analysis.recipe.read_pulse",),
    "taps": ("analysis.recipe.tap_agreement_of", "analysis.recipe.residual_energy"),
    "drawn traces": ("analysis.recipe.draw_traces",),
}
ORDER = ("start", "read", *STAGES, "rest of the analysis", "page")


class Stages:
    """CPU seconds of each stage; a stage inside another is taken off that."""

    def __init__(self):
        self.seconds, self.inner = {}, [0.0]

    def timed(self, stage, function):
        @functools.wraps(function)
        def call(*args, **keywords):
            self.inner.append(0.0)
            start = time.process_time()
            try:
                return function(*args, **keywords)
            finally:
                spent = time.process_time() - start
                self.seconds[stage] = self.seconds.get(stage, 0.0) + spent - self.inner.pop()
                self.inner[-1] += spent

        return call

    def watch(self):
        for stage, places in STAGES.items():
            for place in places:
                module, name = f"touchrhythm.{place}".rsplit(".", 1)
                room = importlib.import_module(module)
                setattr(room, name, self.timed(stage, getattr(room, name)))


def simulated(folder, given):
    """A simulated session's file, made in another process so that this one starts empty."""
    code = (
        "import touchrhythm as tr, sys\n"
        "session = tr.simulate_session(duration_s=float(sys.argv[1]), fs=float(sys.argv[2]), cv=0.1, tapper='follow', rng=1)\n"
        "tr.write_session(session, sys.argv[3])\n"
    )
    os.spawnv(
        os.P_WAIT, sys.executable, [sys.executable, "-c", code, str(given.duration), str(given.fs), folder]
    )
    return next(Path(folder).rglob("*_physio.tsv.gz"))


def profiled(path, n_surrogates, repeat):
    """Seconds of each stage: of the first session, and the least of further ones."""
    stages = Stages()
    stages.watch()
    start = time.process_time()
    from touchrhythm import Settings, read_session
    from touchrhythm.analysis.recipe import analyze
    from touchrhythm.report.session.page import page_of

    read = stages.timed("read", read_session)
    answer = stages.timed("rest of the analysis", analyze)
    page = stages.timed("page", page_of)
    runs = []
    for _ in range(1 + repeat):
        stages.seconds = {} if runs else {"start": start}
        page(answer(read(path), Settings(n_surrogates=n_surrogates), rng=0))
        runs.append(stages.seconds)
    first, *others = runs
    return first, {stage: min(run[stage] for run in others) for stage in others[0]}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?")
    parser.add_argument("--duration", type=float, default=600.0)
    parser.add_argument("--fs", type=float, default=20.0)
    parser.add_argument("--surrogates", type=int, default=999)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.file or simulated(folder, given)
        first, further = profiled(path, given.surrogates, given.repeat)
    print("stage", "first_cpu_s", "further_cpu_s", "further_percent", sep="\t")
    total = sum(further.values())
    for stage in (name for name in ORDER if name in first):
        again = further.get(stage, 0.0)
        print(stage, f"{first[stage]:.3f}", f"{again:.3f}", f"{100 * again / total:.0f}", sep="\t")
    print("all", f"{sum(first.values()):.3f}", f"{total:.3f}", "100", sep="\t")


if __name__ == "__main__":
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    main()
