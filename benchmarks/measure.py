"""CPU time and peak memory beyond the data of one call, in a process of its own (Linux)."""

import gc
import multiprocessing
import resource
import time


def in_fresh_process(function, *args):
    """(cpu seconds, megabytes beyond what was there before the call) of ``function(*args)()``.

    `function` prepares (imports, makes data, warms up) and returns the call that is measured.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (function, args))


def _measured(function, args):
    call = function(*args)
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak counts from here
    before, start = _status("VmRSS"), _cpu()
    call()
    return _cpu() - start, max(0.0, _status("VmHWM") - before)


def _cpu():
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _status(name):
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(name))
    return int(line.split()[1]) / 1024


def wall_and_cpu(call, repeat=3):
    """Best wall and CPU seconds of several calls in this process."""
    best = (float("inf"), float("inf"))
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), _cpu()
        call()
        best = min(best, (time.perf_counter() - wall, _cpu() - cpu))
    return best
