"""Files as people make them: other languages, spellings and layouts of each kind, with what is right or asked.

`FILES` is read by the tests beside `tests.helpers.foreign_files.FILES`, with the same truth: sampling rate, signal and
channels, missing samples, taps; or the options that decide.
"""

from __future__ import annotations

import numpy as np
from tests.helpers.foreign_files import (
    COUNTS,
    FS,
    HOLES,
    TEN,
    B,
    Foreign,
    K,
    N,
    T,
    X,
    clock,
    lines,
    with_holes,
)

KRAFT = {"channels": ("Kraft",)}
ONE = {"channels": ("signal",)}
PRESSED = [k for base in range(40, 400, 60) for k in range(base, base + 3)]
LEVEL = ["1" if k in PRESSED else "0" for k in K]
VALUES = "force\n" + lines(X)


def times(head, scale, places, separator=";"):
    """A table of times in a unit of `scale` per second."""
    rows = zip(T, X, strict=True)
    return head + "\n" + "".join(f"{t * scale:.{places}f}{separator}{x}\n" for t, x in rows)


def button(name, down="1", up="0"):
    return f"time (s),force,{name}\n" + lines(T, X, [down if k in PRESSED else up for k in K])


def names(name):
    return f"time (s),force,{name}\n" + lines(T, X, B)


FILES: dict[str, Foreign] = {
    # times: units in six languages, brackets, suffixes
    "t_min.csv": Foreign(times("t (min);force", 1 / 60, 9)),
    "tiempo_min.csv": Foreign(times("tiempo(min);fuerza", 1 / 60, 9), channels=("fuerza",)),
    "temps_s.csv": Foreign(times("Temps_s;Force", 1, 2), channels=("Force",)),
    "tempo_msec.csv": Foreign(times("Tempo [msec];Forza", 1e3, 0), channels=("Forza",)),
    "tijd_in_minuten.csv": Foreign(times("Tijd in minuten;kracht", 1 / 60, 9), channels=("kracht",)),
    "duree.csv": Foreign(times("Durée (s);Force", 1, 2), channels=("Force",)),
    "hundredths.csv": Foreign(times("time [1/100 s];force", 100, 0), options=("--time none --fs HZ",)),
    "digits_of_a_clock.csv": Foreign(
        "time;force\n" + lines([clock(t + 55).replace(":", "") for t in T], X, separator=";"),
        options=("--time none --fs HZ",),
    ),
    "minutes_unsaid.csv": Foreign(
        "Zeit;Kraft\n" + "".join(f"{k / 50 / 60:.8f};{x}\n" for k, x in enumerate(np.resize(X, 9000))),
        options=("--time Zeit --time-unit s", "--time Zeit --time-unit min"),
    ),
    "row_numbers.csv": Foreign(",force\n" + lines([f"{k}" for k in K], X), options=("--fs HZ",)),
    "epoch_with_fractions.csv": Foreign(
        "ts,force\n" + "".join(f"{1.7e9 + t:.2f},{x}\n" for t, x in zip(T, X, strict=True))
    ),
    "noon.csv": Foreign(
        "time;force\n"
        + lines(
            [
                f"{'11' if t < 10 else '12'}:{'59' if t < 10 else '00'}:{(50 + t) % 60:06.3f} "
                f"{'AM' if t < 10 else 'PM'}"
                for t in T
            ],
            X,
            separator=";",
        )
    ),
    "new_year.csv": Foreign(
        "Datum;Kraft\n"
        + lines(
            [f"{'31.12.2024' if t < 10 else '01.01.2025'} {clock(t, start=86_390.0)}" for t in T],
            X,
            separator=";",
        ),
        **KRAFT,
    ),
    # counters in any dress
    "counts_by_8.csv": Foreign("ctr,force\n" + lines([f"{8 * k % 256}" for k in K], X), keywords={"fs": FS}),
    "sign_of_number.csv": Foreign("#,force\n" + lines([f"{k + 1}" for k in K], X), keywords={"fs": FS}),
    "nr_asked.csv": Foreign("Nr.,force\n" + lines([f"{k + 1}" for k in K], X), options=("--fs HZ",)),
    "only_a_counter.txt": Foreign(
        "packet\n" + lines([f"{k % 256}" for k in K]), keywords={"fs": FS}, refused="counts the samples"
    ),
    # several sensors in one column, in other words
    "kanal_wert.csv": Foreign(
        "Zeit;Kanal;Wert\n"
        + "".join(f"{t:.2f};Kraft;{x}\n{t:.2f};Atmung;{b}\n" for t, x, b in zip(T, X, B, strict=True)),
        options=("--channel Kraft", "--channel Atmung"),
    ),
    "sensor_blocks.csv": Foreign(
        "time,sensor,value\n" + lines(T, ["7"] * N, X) + lines(T, ["9"] * N, B),
        options=("--channel value_7", "--channel value_9"),
    ),
    # rates in the header
    "rate_nl.txt": Foreign("# Bemonsteringsfrequentie = 20 Hz\n" + VALUES),
    "rate_es.txt": Foreign("# tasa de muestreo: 20 Hz\n" + VALUES),
    "rate_it.txt": Foreign("# intervallo di campionamento: 50 ms\n" + VALUES),
    "rate_small_khz.txt": Foreign("# fs=0.02 kHz\n" + VALUES),
    "rate_point_of_thousands.txt": Foreign("# sampling rate: 1.000 Hz\n" + VALUES, options=("--fs HZ",)),
    "rate_thinned.txt": Foreign(
        "# Sampling rate: 100 Hz, downsampled to 20 Hz\n" + VALUES, options=("--fs 100", "--fs 20")
    ),
    "rate_above_the_table.csv": Foreign(
        "Abtastrate;100 Hz\nProband;P01\nZeit (s);Kraft\n" + lines(T, X, separator=";"),
        options=("--fs 20", "--time none --fs 100"),
    ),
    # what stands for a missing value
    "missing_null.csv": Foreign("time (s),force\n" + lines(T, with_holes(X, HOLES, "NULL")), missing=5),
    "missing_dashes.txt": Foreign(
        "force\n" + lines(with_holes(X, HOLES, "--")), keywords={"fs": FS}, missing=5
    ),
    "missing_unbroken_blank.txt": Foreign(
        "force\n" + lines(with_holes(X, HOLES, "\N{NO-BREAK SPACE}")), keywords={"fs": FS}, missing=5
    ),
    "missing_dash.csv": Foreign("time (s),force\n" + lines(T, with_holes(X, HOLES, "-")), missing=5),
    "missing_nv.csv": Foreign(
        "Zeit (s);Kraft\n" + lines(T, with_holes(X, HOLES, "#NV"), separator=";", decimal=","),
        missing=5,
        **KRAFT,
    ),
    "true_minus.csv": Foreign(
        "time (s),force\n" + lines(T, [f"{x - 60:.2f}".replace("-", "\N{MINUS SIGN}") for x in X])
    ),
    # ends of converters
    "rail_12_bit_low.csv": Foreign(
        "time (s),A0\n" + lines(T, with_holes((TEN + 1500).astype(int), HOLES, "0")),
        channels=("A0",),
        missing=5,
        rails=5,
    ),
    "rail_minus_127.csv": Foreign(
        "time (s),force\n" + lines(T, with_holes(X, HOLES, "-127.00")), missing=5, rails=5
    ),
    "rail_16_bit_signed.csv": Foreign(
        "time (s),force\n" + lines(T, with_holes((COUNTS - 50_000).astype(int), HOLES, "-32768")),
        missing=5,
        rails=5,
    ),
    "rail_tared.csv": Foreign(
        "time (s),force\n" + lines(T, with_holes((COUNTS - 50_000).astype(int), HOLES, "8338607")),
        missing=5,
        rails=5,
    ),
    # taps in the recording, in other words
    "taps_klopfen.csv": Foreign(button("Klopfen"), channels=("force", "Klopfen"), taps=6),
    "taps_drukken.csv": Foreign(button("Drukken"), channels=("force", "Drukken"), taps=6),
    "taps_appui.csv": Foreign(button("appui"), channels=("force", "appui"), taps=6),
    "taps_pulsador.csv": Foreign(button("pulsador"), channels=("force", "pulsador"), taps=6),
    "taps_wahr.csv": Foreign(button("Taste", "WAHR", "FALSCH"), channels=("force", "Taste"), taps=6),
    "taps_words.csv": Foreign(button("button", "down", "up"), taps=6),
    "taps_events.csv": Foreign(
        "time (s),force,event\n"
        + lines(T, X, ["tap" if k % 60 == 40 else "cough" if k == 5 else "" for k in K]),
        taps=6,
        annotations=1,
    ),
    "taps_marked_late.csv": Foreign(
        "Zeit (s);Kraft;Klopfen\n" + lines(T, X, ["x" if k in (350, 380) else "" for k in K], separator=";"),
        taps=2,
        **KRAFT,
    ),
    "taps_counted.csv": Foreign(
        "time (s),force,taps\n" + lines(T, X, [f"{sum(k >= at for at in PRESSED[::3])}" for k in K]),
        channels=("force", "taps"),
        taps=6,
    ),
    "two_buttons.csv": Foreign(
        "time (s),force,button_A,button_B\n" + lines(T, X, LEVEL, [*LEVEL[20:], *LEVEL[:20]]),
        channels=("force", "button_A", "button_B"),
        taps=12,
    ),
    # names of breathing and pulse, and words that only look like them
    **{
        f"breathing_{k}.csv": Foreign(names(name), channels=("force", name), roles=("force", "breathing"))
        for k, name in enumerate(
            ("Atemgurt", "Bauchatmung", "buikband", "respirazione", "respiración", "souffle", "RIP", "belt")
        )
    },
    **{
        f"other_{k}.csv": Foreign(names(name), channels=("force", name), roles=("force", role))
        for k, (name, role) in enumerate(
            (
                ("Fingerpuls", "pulse"),
                ("fréquence cardiaque", "heart rate"),
                ("Hauttemperatur", "temperature"),
                ("zafferano", ""),
                ("Breathing rate", ""),
            )
        )
    },
    # programs, other layouts
    "pasco_two_runs.csv": Foreign(
        '"Time (s) Run #1","Force (N) Run #1","Time (s) Run #2","Force (N) Run #2"\n' + lines(T, X, T, B),
        channels=("Force", "Force_2"),
        roles=("force", "force"),
    ),
    "pasco_two_rates.csv": Foreign(
        '"Time (s) Run #1","Force (N) Run #1","Time (s) Run #2","Force (N) Run #2"\n' + lines(T, X, 2 * T, B),
        options=(
            "--time 'Time (s) Run #1' --channel NAME",
            "--time 'Time (s) Run #2' --channel NAME",
        ),
    ),
    "xsens_dot_tag.csv": Foreign(
        "DeviceTag:,Xsens DOT 1\nOutputRate:,60Hz\nPacketCounter,SampleTimeFine,FreeAcc_X\n"
        + "".join(f"{k},{1_000_000 + round(k * 1e6 / 60)},{x}\n" for k, x in enumerate(X)),
        fs=60,
        channels=("FreeAcc_X",),
    ),
    "xsens_without_rate.csv": Foreign(
        "PacketCounter,SampleTimeFine,Acc_X\n" + "".join(f"{k},{100 * k},{x}\n" for k, x in enumerate(X)),
        options=("--fs HZ",),
    ),
    "empatica_ibi.csv": Foreign(
        "1700000000.000000, IBI\n"
        + "".join(
            f"{0.8 * k + 0.01 * (k % 3):.6f},{0.8 + 0.01 * ((k % 3) - ((k - 1) % 3)):.6f}\n" for k in K
        ),
        fs=4.0,
        channels=("IBI",),
        roles=("interval",),
        n=int(4 * (0.8 * (N - 1))) + 1,
    ),
    "polar_rr.txt": Foreign(
        "Phone timestamp;RR-interval [ms]\n"
        + "".join(
            f"2024-05-01T10:{int(0.8 * k // 60):02d}:{0.8 * k % 60:06.3f};{800 + 10 * (k % 2)}\n" for k in K
        ),
        fs=4.0,
        channels=("RR-interval",),
        roles=("interval",),
        n=None,
        unit="s",
    ),
    "labview.lvm": Foreign(
        "LabVIEW Measurement\t\nSeparator\tTab\nDecimal_Separator\t.\nTime\t10:00:00\n***End_of_Header***\t\n"
        "Channels\t1\t\nTime\t10:00:00\t\nX_Dimension\tTime\t\nX0\t0.0\t\nDelta_X\t0.05\t\n***End_of_Header***\t\n"
        "X_Value\tForce\tComment\n" + lines(T, X, separator="\t"),
        channels=("Force",),
    ),
    "labchart_dates.txt": Foreign(
        "Interval=\t0.05 s\nExcelDateTime=\t4.5e4\t01/01/2023\nTimeFormat=\tTimeOfDay\nDateFormat=\tdd/MM/yyyy\n"
        "ChannelTitle=\tForce\tBelt\nRange=\t10 V\t10 V\n"
        + lines([clock(t) for t in T], ["01/01/2023"] * N, X, B, separator="\t"),
        channels=("Force", "Belt"),
        roles=("force", "breathing"),
    ),
    # monitors
    "monitor_lost_lines.txt": Foreign(
        "".join(
            f"{clock(t)} -> {'not ready' if k in HOLES else x}\n"
            for k, (t, x) in enumerate(zip(T, X, strict=True))
        ),
        missing=5,
        **ONE,
    ),
    "monitor_extra_lines.txt": Foreign(
        "".join(
            (f"{clock(t)} -> WARN\n" if k in HOLES else "") + f"{clock(t)} -> {x}\n"
            for k, (t, x) in enumerate(zip(T, X, strict=True))
        ),
        **ONE,
    ),
    "openscale.txt": Foreign(
        "".join(
            f"{50 * k},{x},lbs,{c:.0f},24.56,24.50,\n" for k, (x, c) in enumerate(zip(X, COUNTS, strict=True))
        ),
        channels=("column2", "column4", "column5", "column6"),
        roles=("force", "", "", ""),
        unit="lbs",
    ),
    "hexadecimal.txt": Foreign("".join(f"0x{int(c):X}\n" for c in COUNTS), keywords={"fs": FS}, **ONE),
    "oximeter.txt": Foreign(
        "".join(f" R[{int(c)}] IR[{int(c) + 500}] G[0] Hz[50.1]\n" for c in COUNTS),
        keywords={"fs": FS},
        channels=("IR", "R", "G", "Hz"),
        roles=("pulse", "light", "light", "bookkeeping"),
    ),
    "clock_between_blanks.txt": Foreign(lines([clock(t) for t in T], X, separator="  "), **ONE),
    "putty.log": Foreign(
        "=~=~=~=~=~=~=~= PuTTY log 2024.05.01 10:00:00 =~=~=~=~=~=~=\n" + lines(X), keywords={"fs": FS}, **ONE
    ),
}
