"""What makes the rhythm: claims of a rhythm of its own where there is none, and rhythms beside a reference that are found.

    python benchmarks/references.py --count 40              every kind at 5 and 10 minutes
    python benchmarks/references.py --count 40 --kind lift  one kind

Each recording draws its noise (white, pink, brown, AR(1)), sampling rate, irregularity (5-15 %), belt noise (5-20 %),
delay (0-3 s) and SNR (3-9 dB) by itself. `claims` is the fraction of recordings in which a rhythm of its own was claimed;
of the kinds in which there is one, `right` is the fraction in which its rate was within .4 cycles per minute.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import scipy

from touchrhythm.references.explained import Reference, ReferenceChannel, explain, hold
from touchrhythm.simulate.signals import in_band_power, simulate_noise, simulate_rhythm

BAND = (0.1, 0.2)
ALPHA = 0.05
Array = np.ndarray
Rng = np.random.Generator


def noise(n: int, fs: float, rng: Rng) -> Array:
    kind = rng.integers(4)
    if kind < 3:
        return simulate_noise(n, fs=fs, colour=("white", "pink", "brown")[kind], rng=rng)
    pole = np.exp(-2 * np.pi * rng.uniform(0.02, 0.3) / fs)
    x = scipy.signal.lfilter([1], [1, -pole], rng.standard_normal(n + 1000))[1000:]
    return x / x.std()


def mixed(wave: Array, fs: float, snr_db: float, rng: Rng) -> Array:
    background = noise(wave.size, fs, rng)
    power = in_band_power(background, fs=fs, band=BAND) / in_band_power(wave, fs=fs, band=BAND)
    return np.sqrt(10 ** (snr_db / 10) * power) * wave + background


def slow(n: int, fs: float, rng: Rng, corner: float) -> Array:
    freq = np.fft.rfftfreq(n, 1 / fs)
    lines = rng.standard_normal(freq.size) + 1j * rng.standard_normal(freq.size)
    x = np.fft.irfft(np.exp(-0.5 * (freq / corner) ** 2) * (freq > 0) * lines, n)
    return x / x.std()


def breath_alone(kind: str, duration: float, rng: Rng) -> tuple[Array, Array, float]:
    """Force that only breathing moves, in the way of `kind`, and the belt that recorded it."""
    fs = float(rng.choice([13.17, 20.0, 25.0]))
    n = int(duration * fs)
    t, delay, cv = np.arange(n) / fs, rng.uniform(0, 3), rng.uniform(0.05, 0.15)
    belt_noise, snr = rng.uniform(0.05, 0.2), rng.uniform(3, 9)
    if kind in ("depth", "half"):
        wave, phase = simulate_rhythm(n, fs=fs, rate_cpm=16.0, cv=min(cv, 0.12), rng=rng)
        if kind == "depth":
            depth, _ = simulate_rhythm(n, fs=fs, rate_cpm=7.0, cv=min(cv, 0.12), rng=rng)
            belt, force = (1 + 0.4 * depth) * wave, np.interp(t - delay, t, depth)
        else:
            belt, force = (1 + 0.3 * np.cos(np.pi * phase)) * wave, np.cos(np.pi * phase + 0.3)
        return mixed(force, fs, snr, rng), belt / belt.std() + belt_noise * noise(n, fs, rng), fs
    if kind == "harmonic":
        wave, phase = simulate_rhythm(n, fs=fs, rate_cpm=4.4, cv=cv, rng=rng)
        force = np.interp(t - delay, t, np.cos(4 * np.pi * phase + 1))
        return mixed(force, fs, snr, rng), wave + belt_noise * noise(n, fs, rng), fs
    wave, phase = simulate_rhythm(n, fs=fs, rate_cpm=8.0, cv=cv, rng=rng)
    wave = (wave + 0.15 * np.cos(4 * np.pi * phase + rng.uniform(0, 6))) * (1 + 0.2 * slow(n, fs, rng, 0.01))
    belt, force = wave / wave.std(), np.interp(t - delay, t, wave)
    change = t > duration * rng.uniform(0.3, 0.7)
    if kind == "gain":
        force = force * (1 + 0.4 * slow(n, fs, rng, 0.003))
    elif kind == "delay":
        force = np.interp(t - delay - slow(n, fs, rng, 0.003), t, wave)
    elif kind == "lift":
        force = force * np.where(change, rng.uniform(0.3, 0.6), 1)
    elif kind == "slip":
        belt = belt * np.where(change, rng.uniform(0.3, 0.6), 1) + rng.uniform(-1, 1) * change
    return mixed(force, fs, snr, rng), belt + belt_noise * noise(n, fs, rng), fs


def two_rhythms(
    apart: float, snr_db: float, shared: bool, duration: float, rng: Rng
) -> tuple[Array, Array, float]:
    """Breathing at 8 and a rhythm `apart` from it; `shared`: the breathing is in the force too."""
    fs = 20.0
    n = int(duration * fs)
    breath, _ = simulate_rhythm(n, fs=fs, rate_cpm=8.0, cv=0.05, rng=rng)
    own, _ = simulate_rhythm(n, fs=fs, rate_cpm=8.0 + apart, cv=0.05, rng=rng)
    force = mixed(own, fs, snr_db, rng)
    if shared:
        background = in_band_power(noise(n, fs, rng), fs=fs, band=BAND)
        force = force + np.sqrt(4 * background / in_band_power(breath, fs=fs, band=BAND)) * breath
    return force, breath / breath.std() + 0.1 * noise(n, fs, rng), fs


Maker = Callable[[float, Rng], tuple[Array, Array, float]]


def alone(kind: str) -> Maker:
    return lambda duration, rng: breath_alone(kind, duration, rng)


def pair(apart: float, snr_db: float, shared: bool) -> Maker:
    return lambda duration, rng: two_rhythms(apart, snr_db, shared, duration, rng)


KINDS: dict[str, tuple[Maker, float]] = {
    **{
        kind: (alone(kind), float("nan"))
        for kind in ("constant", "gain", "delay", "lift", "slip", "harmonic", "depth", "half")
    },
    **{
        f"{'beside' if shared else 'unrelated'} {apart:g} cpm {snr:g} dB": (
            pair(apart, snr, shared),
            8 + apart,
        )
        for shared, apart, snr in (
            *((True, apart, snr) for apart, snr in ((1.0, 6.0), (0.5, 6.0), (1.0, 0.0))),
            *((False, apart, snr) for apart in (0.2, 0.5, 1.0) for snr in (0.0, 6.0)),
        )
    },
}


def answer_of(maker: Maker, duration: float, rng: Rng) -> Reference:
    force, belt, fs = maker(duration, rng)
    held = hold(force, ReferenceChannel("belt", "breathing", "", {"": belt}), fs=fs, band=BAND, rng=rng)
    return explain(held, freq=8 / 60, alpha=ALPHA, found=True, rng=rng)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--minutes", type=float, nargs="+", default=[5.0, 10.0])
    args = parser.parse_args()
    print("kind\tminutes\tn\tclaims\tright\twords\tcpu_s", flush=True)
    for kind in [args.kind] if args.kind else KINDS:
        maker, truth = KINDS[kind]
        for minutes in args.minutes:
            began = time.process_time()
            found = [
                answer_of(maker, 60 * minutes, np.random.default_rng([seed, len(kind), int(minutes)]))
                for seed in range(args.count)
            ]
            claims = np.mean([answer.verdict in ("own", "both") for answer in found])
            right = np.mean([abs(answer.own_rate_cpm - truth) < 0.4 for answer in found])
            words = dict(Counter(answer.verdict for answer in found).most_common())
            spent = (time.process_time() - began) / args.count
            print(
                f"{kind}\t{minutes:g}\t{args.count}\t{claims:.3f}\t{right:.3f}\t{words}\t{spent:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
