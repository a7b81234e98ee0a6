"""Files as programs, loggers and people write them, small, each with what is right.

`FILES` holds per name the text (or bytes), what must be said on reading, and the truth: sampling rate, signal and
channels; or the options that decide. The truth of each was set when the file was laid out, not read off it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FS, N = 20.0, 400
T = np.arange(N) / FS
RNG = np.random.default_rng(7)
X = np.round(50 + 2 * np.sin(2 * np.pi * 0.13 * T) + RNG.normal(0, 0.2, N), 2)
B = np.round(400 + 80 * np.sin(2 * np.pi * 0.25 * T) + RNG.normal(0, 2, N), 1)
COUNTS = np.round(50_000 + 900 * np.sin(2 * np.pi * 0.13 * T) + RNG.normal(0, 90, N))


@dataclass(frozen=True)
class Foreign:
    """A file: `fs`, `channels` and `roles` as they must be read, or the `options` of which one decides."""

    content: str | bytes
    fs: float = FS
    channels: tuple[str, ...] = ("force",)
    roles: tuple[str, ...] | None = None
    keywords: dict = field(default_factory=dict)
    options: tuple[str, ...] = ()
    refused: str = ""
    n: int | None = N
    missing: int = 0
    unit: str | None = None
    rails: int = 0
    annotations: int = 0
    taps: int = 0
    first: float | None = None


def lines(*columns, separator=",", decimal=".", end="\n"):
    """Rows of a table from columns of texts or numbers."""
    shown = [
        [text if isinstance(text, str) else f"{text:.6f}".rstrip("0").rstrip(".") for text in column]
        for column in columns
    ]
    body = end.join(
        separator.join(one.replace(".", decimal) if decimal != "." else one for one in row)
        for row in zip(*shown, strict=True)
    )
    return body + end


def clock(t, start=36_000.0, form="{h:02d}:{m:02d}:{s:06.3f}"):
    whole = start + t
    return form.format(h=int(whole // 3600) % 24, m=int(whole // 60) % 60, s=round(whole % 60, 3))


def with_holes(values, where, what):
    return [what if k in where else f"{v}" for k, v in enumerate(values)]


HOLES = {20, 21, 22, 90, 200}
K = range(N)
HEAD = "time (s),force\n"
LAB = "Interval=\t0.05 s\nExcelDateTime=\t4.5e4\t01/01/2023\nTimeFormat=\tStartOfBlock\nDateFormat=\t\nChannelTitle=\tForce\tBelt\nRange=\t10 V\t10 V\nUnitName=\tN\tmV\nTopValue=\t10\t10\nBottomValue=\t-10\t-10\n"
LAB2 = LAB.replace("4.5e4", "45000.000347222")
OPENSIGNALS = '# OpenSignals Text File Format\n# {"20:16": {"sensor": ["RESPBIT", "FSR"], "column": ["nSeq", "I1", "O1", "A1", "A2"], "time": "10:15:3.1", "channels": [1, 2], "digital IO": [0, 1], "device": "bitalino_rev", "sampling rate": 20, "label": ["A1", "A2"], "resolution": [4, 1, 1, 10, 10]}}\n# EndOfHeader\n'
PLUX = '# OpenSignals Text File Format\n# {"00:07": {"sensor": ["CUSTOM/0.5/1.0/V"], "device name": "x", "sync interval": 2, "label": ["CH1"], "channels": [1], "device": "bioplux", "sampling rate": 20, "resolution": 12}}\n# EndOfHeader\n'
TEN = np.clip(np.round(500 + 200 * np.sin(T)), 0, 1023)

FILES: dict[str, Foreign] = {
    # spreadsheets in six languages
    "excel_de.csv": Foreign(
        "Zeit (s);Kraft (N);Atmung\n" + lines(T, X, B, separator=";", decimal=","),
        channels=("Kraft", "Atmung"),
        roles=("force", "breathing"),
        unit="N",
    ),
    "excel_nl.csv": Foreign(
        "Tijd (s);Kracht (g);Ademhaling\n" + lines(T, X, B, separator=";", decimal=","),
        channels=("Kracht", "Ademhaling"),
        roles=("force", "breathing"),
        unit="g",
    ),
    "excel_fr.csv": Foreign(
        "Temps (s);Force;Respiration\n" + lines(T, X, B, separator=";", decimal=","),
        channels=("Force", "Respiration"),
        roles=("force", "breathing"),
    ),
    "excel_es.csv": Foreign(
        "Tiempo (s);Fuerza;Respiración\n" + lines(T, X, B, separator=";", decimal=","),
        channels=("Fuerza", "Respiración"),
        roles=("force", "breathing"),
    ),
    "excel_it.csv": Foreign(
        "Tempo (s);Forza;Respiro\n" + lines(T, X, B, separator=";", decimal=","),
        channels=("Forza", "Respiro"),
        roles=("force", "breathing"),
    ),
    "excel_latin1.csv": Foreign(
        ("Zeit in s;Kräfte\n" + lines(T, X, separator=";", decimal=",")).encode("latin-1"),
        channels=("Kräfte",),
    ),
    "excel_sep_line.csv": Foreign("sep=;\ntime (s);force\n" + lines(T, X, separator=";")),
    "excel_utf16.txt": Foreign(("time (s)\tforce\n" + lines(T, X, separator="\t")).encode("utf-16")),
    "excel_broken_header.csv": Foreign('"time\n(s)","force\n(g)"\n' + lines(T, X), unit="g"),
    "excel_error_nl.csv": Foreign(
        "time (s);force\n" + lines(T, with_holes(X, HOLES, "#WAARDE!"), separator=";"), missing=5
    ),
    "excel_error_fr.csv": Foreign(
        "time (s);force\n" + lines(T, with_holes(X, HOLES, "#VALEUR!"), separator=";"), missing=5
    ),
    "excel_error_es.csv": Foreign(
        "time (s);force\n" + lines(T, with_holes(X, HOLES, "#¡VALOR!"), separator=";"), missing=5
    ),
    "excel_minutes_only.csv": Foreign(
        "Time,force\n" + lines([f"01/05/2024 10:{15 + k // 1200}" for k in K], X),
        options=("--time none --fs HZ",),
    ),
    "excel_hm_only.csv": Foreign(
        "Zeit;Kraft\n" + lines([f"10:{15 + k // 100}" for k in K], X, separator=";"),
        options=("--time none --fs HZ",),
    ),
    "excel_days.csv": Foreign(
        "time;force\n"
        + "".join(f"{45_356 + t / 86_400:.12f};{x}\n" for t, x in zip(T, X, strict=True)).replace(".", ",")
    ),
    "excel_mm_ss.csv": Foreign("Time,force\n" + lines([f"{int(t // 60):02d}:{t % 60:05.2f}" for t in T], X)),
    "excel_two_rates.csv": Foreign(
        "# sampling rate: 20 Hz\n# sampling rate: 25 Hz\nforce\n" + lines(X), options=("--fs 20", "--fs 25")
    ),
    # units of time
    "minutes.csv": Foreign(
        "Time (Min),force\n" + "".join(f"{t / 60:.8f},{x}\n" for t, x in zip(T, X, strict=True))
    ),
    "minuten.csv": Foreign(
        "Zeit [Minuten];Kraft\n" + "".join(f"{t / 60:.8f};{x}\n" for t, x in zip(T, X, strict=True)),
        channels=("Kraft",),
    ),
    "mSec.csv": Foreign("Time (mSec),force\n" + lines(1000 * T, X)),
    "millis_suffix.csv": Foreign("time_ms,force\n" + lines(1000 * T, X)),
    "sekunden_suffix.csv": Foreign("Zeit_sec;Kraft\n" + lines(T, X, separator=";"), channels=("Kraft",)),
    "micros.csv": Foreign("micros,force\n" + lines(1e6 * T, X)),
    "time_in_ms.csv": Foreign("time in ms,force\n" + lines(1000 * T, X)),
    "heures.csv": Foreign(
        "Temps (heures);Force\n" + "".join(f"{t / 3600:.12f};{x}\n" for t, x in zip(T, X, strict=True)),
        channels=("Force",),
    ),
    "unit_row.csv": Foreign("time,force\nms,mN\n" + lines(1000 * T, X), unit="mN"),
    "unit_row_brackets.csv": Foreign("time;force\n[s];[g]\n" + lines(T, X, separator=";"), unit="g"),
    "epoch_seconds.csv": Foreign(
        "timestamp,force\n" + "".join(f"{1.7e9 + t:.2f},{x}\n" for t, x in zip(T, X, strict=True))
    ),
    "epoch_ms.csv": Foreign(
        "timestamp,force\n"
        + "".join(f"{1_700_000_000_000 + round(1000 * t)},{x}\n" for t, x in zip(T, X, strict=True))
    ),
    "steps_of_one.csv": Foreign(
        "time,force\n" + "".join(f"{k},{x}\n" for k, x in enumerate(np.resize(X, 30_000))),
        options=("--time time --time-unit s", "--time time --time-unit ms"),
    ),
    # rates and their units
    "rate_comma.txt": Foreign("# sampling rate: 12,5 Hz\nforce\n" + lines(X), fs=12.5),
    "rate_khz.txt": Foreign("# Abtastrate: 1 kHz\nforce\n" + lines(X), fs=1000),
    "rate_in_brackets.txt": Foreign("Sampling rate (Hz): 20\nforce\n" + lines(X)),
    "rate_step.txt": Foreign("# sample interval: 50 ms\nforce\n" + lines(X)),
    "rate_per_sample.txt": Foreign("# 0.05 s/sample\nforce\n" + lines(X)),
    "rate_fr.txt": Foreign("# Fréquence d'échantillonnage : 20 Hz\nforce\n" + lines(X)),
    "rate_full_scale.txt": Foreign("# ADS1115, FS = 4.096 V\nforce\n" + lines(X), options=("--fs HZ",)),
    "rate_without_unit.txt": Foreign("# sampling rate: 20\nforce\n" + lines(X), options=("--fs HZ",)),
    "rate_thousands.txt": Foreign("# sampling rate: 1,000 Hz\nforce\n" + lines(X), options=("--fs HZ",)),
    "rate_20Hz_in_name.txt": Foreign("force\n" + lines(X), options=("--fs HZ",)),
    "rate_disagrees.csv": Foreign(
        "# sampling rate: 250 Hz\n" + HEAD + lines(T, X), options=("--fs 20", "--time none --fs 250")
    ),
    # position is time
    "nan_in_place.txt": Foreign(
        lines(with_holes(X, HOLES, "nan")), keywords={"fs": FS}, channels=("signal",), missing=5
    ),
    "inf_in_place.txt": Foreign(
        "force\n" + lines(with_holes(X, HOLES, "inf")), keywords={"fs": FS}, missing=5
    ),
    "ovf_in_place.txt": Foreign(
        "force\n" + lines(with_holes(X, HOLES, "ovf")), keywords={"fs": FS}, missing=5
    ),
    "words_in_place.txt": Foreign(
        "force\n" + lines(with_holes(X, HOLES, "HX711 not found")), keywords={"fs": FS}, missing=5
    ),
    "labelled_nan.txt": Foreign(
        "".join(f"Force:{v}\n" for v in with_holes(X, HOLES, "nan")),
        keywords={"fs": FS},
        channels=("Force",),
        missing=5,
    ),
    "labelled_words.txt": Foreign(
        "".join("sensor timeout\n" if k in HOLES else f"Force:{x}\n" for k, x in enumerate(X)),
        keywords={"fs": FS},
        channels=("Force",),
        missing=5,
    ),
    "text_in_value_column.csv": Foreign(HEAD + lines(T, with_holes(X, HOLES, "overload!")), missing=5),
    "stray_lines_timed.txt": Foreign(
        "ets Jan 8 2013\nHX711 init...\nReady!\n"
        + "".join(("WARN: not ready\n" if k in HOLES else "") + f"{50 * k},{x}\n" for k, x in enumerate(X)),
        channels=("signal",),
    ),
    "late_column.csv": Foreign(
        "time (s),force,tap\n"
        + "".join(
            f"{t:.2f},{x},{'1' if 350 < k < 353 or 370 < k < 373 else '0' if k > 340 else ''}\n"
            for k, (t, x) in enumerate(zip(T, X, strict=True))
        ),
        channels=("force", "tap"),
        taps=2,
    ),
    "late_decimals.csv": Foreign(
        "time (s);force\n"
        + "".join(
            f"{t:.2f};{round(x) if k < 320 else str(x).replace('.', ',')}\n".replace(".", ",")
            for k, (t, x) in enumerate(zip(T, X, strict=True))
        )
    ),
    "one_long_line.txt": Foreign(
        " ".join(f"{x:e}" for x in X) + "\n", keywords={"fs": FS}, channels=("signal",)
    ),
    "two_headers.csv": Foreign(
        "force\n" + lines(X) + "force\n" + lines(X),
        keywords={"fs": FS},
        refused="a second header, or two files in one?",
    ),
    # counters, clocks, indices
    "packet_first.csv": Foreign("packet,force\n" + lines([f"{k % 192}" for k in K], X), keywords={"fs": FS}),
    "wrap_256.csv": Foreign("seq,force\n" + lines([f"{k % 256}" for k in K], X), keywords={"fs": FS}),
    "lost_packets.csv": Foreign(
        "counter,force\n" + lines([f"{k + k // 97}" for k in K], X), keywords={"fs": FS}
    ),
    "index_time.csv": Foreign("index,time (s),force\n" + lines([f"{k}" for k in K], T, X)),
    "two_clocks.csv": Foreign(
        "time,seconds_elapsed,force\n"
        + "".join(
            f"{1_700_000_000_000_000_000 + round(1e9 * t)},{t:.4f},{x}\n" for t, x in zip(T, X, strict=True)
        )
    ),
    "zaehler.csv": Foreign(
        "Zähler;Kraft\n" + lines([f"{k}" for k in K], X, separator=";"),
        keywords={"fs": FS},
        channels=("Kraft",),
    ),
    # several sensors in one column
    "tidy_numbers.csv": Foreign(
        "time,sensor_id,value\n"
        + "".join(f"{t:.2f},{k % 2 + 1},{x}\n" for k, (t, x) in enumerate(zip(T, X, strict=True))),
        options=("--channel value_1", "--channel value_2"),
    ),
    "tidy_names.csv": Foreign(
        "time,sensor,value\n"
        + "".join(f"{t:.2f},force,{x}\n{t:.2f},belt,{b}\n" for t, x, b in zip(T, X, B, strict=True)),
        options=("--channel belt", "--channel force"),
    ),
    "tidy_chosen.csv": Foreign(
        "time,sensor,value\n"
        + "".join(f"{t:.2f},force,{x}\n{t:.2f},belt,{b}\n" for t, x, b in zip(T, X, B, strict=True)),
        keywords={"sensor": "force"},
    ),
    # rails of converters
    "rail_24_bit.csv": Foreign(
        "time (s),counts\n" + lines(T, with_holes(COUNTS, HOLES, "8388607")),
        channels=("counts",),
        missing=5,
        rails=5,
    ),
    "rail_minus_1.csv": Foreign(
        "time (s),counts\n" + lines(T, with_holes(COUNTS, HOLES, "-1")),
        channels=("counts",),
        missing=5,
        rails=5,
    ),
    "rail_10_bit.csv": Foreign(
        "time (s),A0\n" + lines(T, [f"{1023 if 100 < k < 110 else v:.0f}" for k, v in enumerate(TEN)]),
        channels=("A0",),
        missing=9,
        rails=9,
    ),
    "no_rail.csv": Foreign("time (s),counts\n" + lines(T, COUNTS), channels=("counts",)),
    # words, not parts of words
    "fsr_response.csv": Foreign(
        "time (s),fsr_response,gain\n" + lines(T, X, B),
        channels=("fsr_response", "gain"),
        roles=("force", ""),
    ),
    "corresponding.csv": Foreign(
        "time (s),corresponding\n" + lines(T, X), channels=("corresponding",), roles=("",)
    ),
    "blood_pressure.csv": Foreign(
        "time (s),force,blood_pressure\n" + lines(T, X, B),
        channels=("force", "blood_pressure"),
        roles=("force", "pulse"),
    ),
    # programs
    "labchart.txt": Foreign(
        LAB
        + "".join(
            f"{t:g}\t{x}\t{b}\t{'#* start' if k == 40 else '#2 cough' if k == 90 else ''}\n"
            for k, (t, x, b) in enumerate(zip(T, X, B, strict=True))
        ),
        channels=("Force", "Belt"),
        roles=("force", "breathing"),
        unit="N",
        annotations=2,
    ),
    "labchart_no_time.txt": Foreign(LAB + lines(X, B, separator="\t"), channels=("Force", "Belt")),
    "labchart_nan.txt": Foreign(
        LAB + lines(T, with_holes(X, HOLES, "NaN"), B, separator="\t"), channels=("Force", "Belt"), missing=5
    ),
    "labchart_blocks.txt": Foreign(
        LAB
        + lines(T[:200], X[:200], B[:200], separator="\t")
        + LAB2
        + lines(T[:200], X[200:], B[200:], separator="\t"),
        channels=("Force", "Belt"),
        n=800,
        missing=400,
    ),
    "labchart_taps.txt": Foreign(
        LAB
        + "".join(
            f"{t:g}\t{x}\t{b}{chr(9) + '#* tap' if k in HOLES else ''}\n"
            for k, (t, x, b) in enumerate(zip(T, X, B, strict=True))
        ),
        channels=("Force", "Belt"),
        taps=5,
    ),
    "acqknowledge.txt": Foreign(
        "rec.acq\n50 msec/sample\n2 channels\nForce\nN\nRSP\nVolts\nmin,CH1,CH2,\n,400,400,\n"
        + "".join(f"{t / 60:.9f},{x},{b},\n" for t, x, b in zip(T, X, B, strict=True)),
        channels=("Force", "RSP"),
        roles=("force", "breathing"),
        unit="N",
    ),
    "acqknowledge_no_time.txt": Foreign(
        "rec.acq\n50 msec/sample\n2 channels\nForce\nN\nRSP\nVolts\nCH1\tCH2\t\n400\t400\t\n"
        + lines(X, B, separator="\t", end="\t\n"),
        channels=("Force", "RSP"),
    ),
    "opensignals.txt": Foreign(
        OPENSIGNALS
        + lines([f"{k % 16}" for k in K], ["0"] * N, ["1"] * N, TEN, TEN, separator="\t", end="\t\n"),
        channels=("I1", "O1", "A1", "A2"),
        roles=("trigger", "trigger", "breathing", "force"),
    ),
    "opensignals_plux.txt": Foreign(
        PLUX + lines([f"{k}" for k in K], ["0"] * N, np.round(10 * TEN / 5), separator="\t", end="\t\n"),
        channels=("D1", "CH1"),
    ),
    "vernier.csv": Foreign(
        '"Latest: Time (s)","Latest: Force (N)"\n' + lines(T, X), channels=("Latest: Force",), unit="N"
    ),
    "pasco.csv": Foreign("Time (s) Run #1,Force (N) Run #1\n" + lines(T, X), channels=("Force",), unit="N"),
    "phyphox.csv": Foreign(
        '"Time (s)","Pressure (hPa)"\n' + "".join(f"{t:.9E},{x:.9E}\n" for t, x in zip(T, X, strict=True)),
        channels=("Pressure",),
        unit="hPa",
    ),
    "phyphox_de.csv": Foreign(
        '"Time (s)";"Druck (hPa)"\n'
        + "".join(f"{t:.6E};{x:.6E}\n".replace(".", ",") for t, x in zip(T, X, strict=True)),
        channels=("Druck",),
        unit="hPa",
    ),
    "sensor_logger.csv": Foreign(
        "time,seconds_elapsed,z,y,x\n"
        + "".join(
            f"{1_700_000_000_000_000_000 + round(1e9 * t)},{t:.4f},{x},{b},{-x}\n"
            for t, x, b in zip(T, X, B, strict=True)
        ),
        channels=("z", "y", "x"),
        roles=("", "", ""),
    ),
    "polar.txt": Foreign(
        "Phone timestamp;sensor timestamp [ns];time since start [ms];ECG [uV]\n"
        + "".join(
            f"2024-05-01T10:00:{t // 1:06.3f};{599_616_000_000_000_000 + round(1e9 * t)};{1000 * t:.1f};{x:.0f}\n"
            for t, x in zip(T, B, strict=True)
        ),
        channels=("ECG",),
        roles=("pulse",),
        unit="uV",
    ),
    "shimmer.csv": Foreign(
        "sep=\t\nShimmer_A1B2_Timestamp_Unix_CAL\tShimmer_A1B2_PPG_A13_CAL\t\nCAL\tCAL\t\nms\tmV\t\n"
        + "".join(f"{1_700_000_000_000 + 1000 * t:.3f}\t{x}\t\n" for t, x in zip(T, X, strict=True)),
        channels=("PPG_A13_CAL",),
        roles=("pulse",),
        unit="mV",
    ),
    "openbci.txt": Foreign(
        "%OpenBCI Raw EXG Data\n%Number of channels = 2\n%Sample Rate = 20 Hz\n%Board = OpenBCI_GUI$BoardCyton\nSample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Other, Timestamp, Timestamp (Formatted)\n"
        + "".join(
            f"{k % 256}, {x}, {b}, 0.1, 0.0, {1.7e9 + t // 1}, 2024-05-01 10:00:{t // 1:06.3f}\n"
            for k, (t, x, b) in enumerate(zip(T, X, B, strict=True))
        ),
        channels=("EXG Channel 0", "EXG Channel 1", "Accel Channel 0", "Other"),
    ),
    "openbci_old.txt": Foreign(
        "%OpenBCI Raw EEG Data\n%\n%Sample Rate = 20.0 Hz\n%First Column = SampleIndex\n%Last Column = Timestamp\n"
        + "".join(
            f"{k % 256}, {x}, {b}, 0.0, 0.0, 0.0, 10:00:{t // 1:06.3f}\n"
            for k, (t, x, b) in enumerate(zip(T, X, B, strict=True))
        ),
        channels=("EXG Channel 0", "EXG Channel 1", "Accel Channel 0", "Accel Channel 1", "Accel Channel 2"),
    ),
    "empatica_bvp.csv": Foreign("1700000000.000000\n20.000000\n" + lines(X), channels=("signal",)),
    "xsens_dot.csv": Foreign(
        "sep=,\n// Update Rate: 20.0Hz\nPacketCounter,SampleTimeFine,Acc_X\n"
        + "".join(f"{k},{50_000 * k},{x}\n" for k, x in enumerate(X)),
        channels=("Acc_X",),
    ),
    "moorvms.txt": Foreign(
        "moorVMS-PC export\nSubject\t1\nTime (s)\tFlux (PU)\n" + lines(T, X, separator="\t"),
        channels=("Flux",),
        unit="PU",
    ),
    "toa5.dat": Foreign(
        '"TOA5","Stn","CR1000X","1","OS","prog","2","Tab"\n"TIMESTAMP","RECORD","Force_Avg"\n"TS","RN","N"\n"","","Avg"\n'
        + "".join(
            f'"2024-05-01 10:00:{t:05.2f}",{k},{x}\n' for k, (t, x) in enumerate(zip(T, X, strict=True))
        ),
        channels=("Force_Avg",),
        unit="N",
    ),
    "physiobank.csv": Foreign(
        "'Elapsed time','RESP','II'\n'seconds','pm','mV'\n" + lines(T, X, B),
        channels=("RESP", "II"),
        roles=("breathing", ""),
        unit="pm",
    ),
    "physiobank_clock.csv": Foreign(
        "'Elapsed time','RESP'\n'hh:mm:ss.mmm','pm'\n"
        + lines([f"{int(t // 60)}:{t % 60:06.3f}" for t in T], X),
        channels=("RESP",),
        roles=("breathing",),
    ),
    "cmrr_resp.log": Foreign(
        "UUID = 1\nScanDate = x\nLogVersion = EJA_1\nLogDataType = RESP\nSampleTime  = 20\n\nACQ_TIME_TICS  CHANNEL  VALUE  SIGNAL\n"
        + "".join(
            f"{14_400_000 + 20 * k}   RESP   {x * 40:.0f}\n"
            + (f"{14_400_000 + 20 * k + 1}   RESP   2048  RESP_TRIGGER\n" if k % 80 == 7 else "")
            for k, x in enumerate(X)
        ),
        channels=("RESP",),
        roles=("breathing",),
    ),
    "siemens.resp": Foreign(
        "1 2 20 2 "
        + " ".join(f"{40 * x:.0f}" + (" 5000" if k % 90 == 5 else "") for k, x in enumerate(X))
        + " 5003\nECG  Freq Per: 0 0\nLogStartMDHTime:  36632000\nLogStopMDHTime:   36652000\nLogStartMPCUTime: 36632000\nLogStopMPCUTime:  36652000\n6003\n",
        channels=("RESP",),
        roles=("breathing",),
    ),
    "philips.log": Foreign(
        "## Amsterdam, Release r5 (SWID 118)\n## Wed 20-04-2011 14:24:06\n## Dockable table = FALSE\n# v1raw v2raw  v1 v2  ppu resp  gx gy gz mark\n"
        + "".join(
            f"1 2 3 {k % 7} {b:.0f} {x * 10:.0f} 0 0 0 {'0010' if k == 9 else '0000'}\n"
            for k, (x, b) in enumerate(zip(X, B, strict=True))
        ),
        options=("--fs HZ",),
    ),
    "philips_rate.log": Foreign(
        "## Amsterdam, Release r5 (SWID 118)\n# v1raw v2raw  v1 v2  ppu resp  gx gy gz mark\n"
        + "".join(
            f"1 2 3 {k % 7} {b:.0f} {x * 10:.0f} 0 0 0 {'001a' if k == 9 else '0000'}\n"
            for k, (x, b) in enumerate(zip(X, B, strict=True))
        ),
        keywords={"fs": FS},
        channels=("v1raw", "v2raw", "v1", "v2", "ppu", "resp", "gx", "gy", "gz"),
    ),
    "ge_resp.txt": Foreign(lines(np.round(X * 10)), options=("--fs HZ", "--time intervals")),
    # intervals between beats
    "kubios_rr.txt": Foreign(
        "RR (ms)\n" + lines(750 + 50 * (np.arange(N) % 2)),
        fs=4.0,
        channels=("rr_interval",),
        roles=("interval",),
        n=int(4 * (np.sum(750 + 50 * (np.arange(1, N) % 2)) / 1000)) + 1,
        unit="s",
    ),
    # serial monitors
    "arduino_stamps.txt": Foreign(
        "".join(f"{clock(t)} -> Force: {x} g\n" for t, x in zip(T, X, strict=True)),
        channels=("Force",),
        unit="g",
    ),
    "arduino_bracket.txt": Foreign(
        "".join(f"[2024-05-01 {clock(t)}] {x}\n" for t, x in zip(T, X, strict=True)), channels=("signal",)
    ),
    "teraterm.log": Foreign(
        "".join(f"[Wed May 01 {clock(t)} 2024] {x}\n" for t, x in zip(T, X, strict=True)),
        channels=("signal",),
    ),
    "teleplot.txt": Foreign("".join(f">force:{x}|g\n" for x in X), keywords={"fs": FS}, unit="g"),
    "json_lines.txt": Foreign(
        "".join('{"millis":' + f"{50 * k}" + ',"force":' + f"{x:.2f}" + "}\n" for k, x in enumerate(X))
    ),
    "balance.txt": Foreign(
        "".join(f"ST,GS,+  {x:.2f} g\n" for x in X), keywords={"fs": FS}, channels=("signal",), unit="g"
    ),
    "midnight.csv": Foreign("clock,force\n" + lines([clock(t, start=86_390.0) for t in T], X)),
    "am_pm.csv": Foreign("time,force\n" + lines([f"{clock(t)} AM" for t in T], X)),
    # what went wrong in silence once
    "marks_of_presses.csv": Foreign(
        "time (s),force,tap\n"
        + "".join(
            f"{t:.2f},{x},{'1' if k in (350, 370, 371, 390) else ''}\n"
            for k, (t, x) in enumerate(zip(T, X, strict=True))
        ),
        channels=("force", "tap"),
        taps=3,
    ),
    "filter_frequency.txt": Foreign(
        "# low-pass frequency: 5 Hz, mains frequency 50 Hz\nforce\n" + lines(X), options=("--fs HZ",)
    ),
    "full_scale_and_rate.txt": Foreign("# FS: 2.048 V; fs = 20 Hz\nforce\n" + lines(X)),
    "counts_down.csv": Foreign("remaining,force\n" + lines([f"{N - k}" for k in K], X), keywords={"fs": FS}),
    "epoch_beside.csv": Foreign(
        "millis,unix,force\n" + lines([f"{50 * k}" for k in K], [f"{1_700_000_000 + k // 20}" for k in K], X)
    ),
    "rail_of_floats.csv": Foreign(
        "time (s),force\n" + lines(T, with_holes(COUNTS + 0.5, HOLES, "8388607.0")), missing=5, rails=5
    ),
    "stuck.csv": Foreign("time (s),A0\n" + lines(T, ["8388607"] * N), channels=("A0",)),
    "lying.csv": Foreign(
        ",".join(f"{t:.2f}" for t in T) + "\n" + ",".join(map(str, X)) + "\n",
        keywords={"fs": FS},
        refused="turn the table",
    ),
    "named_long_line.csv": Foreign("force," + ",".join(map(str, X)) + "\n", keywords={"fs": FS}),
    "first_value_lost.txt": Foreign(
        "".join("Force:\n" if k % 5 == 0 else f"Force:{x}\n" for k, x in enumerate(X)),
        keywords={"fs": FS},
        channels=("Force",),
        missing=80,
    ),
    "sensor_without_name.csv": Foreign(
        "time,a,value\n"
        + "".join(
            f"{t:.2f},{k % 2 + 1},{x if k % 2 else b}\n"
            for k, (t, x, b) in enumerate(zip(T, X, B, strict=True))
        ),
        options=("--channel value_1", "--channel value_2"),
    ),
    "trigger_on_a_sample.log": Foreign(
        "LogDataType = PULS\nSampleTime = 20\n\nACQ_TIME_TICS  CHANNEL  VALUE  SIGNAL\n"
        + "".join(
            f"{1000 + 20 * k} PULS {x * 40:.0f}{'  PULS_TRIGGER' if k % 40 == 3 else ''}\n"
            for k, x in enumerate(X)
        ),
        channels=("PULS",),
        roles=("pulse",),
    ),
    "labchart_decimal_comma.txt": Foreign(
        (LAB + "".join(f"{t:g}\t{x}\t{b}\n" for t, x, b in zip(T, X, B, strict=True)))
        .replace("4.5e4", "4,5e4")
        .replace(".", ","),
        channels=("Force", "Belt"),
    ),
    # what cannot be used
    "vendor_names_only.csv": Foreign("time (s),force\n", refused="no numbers"),
    "ragged.csv": Foreign(
        HEAD + lines(T, X).replace("\n1.5,", "\n1.5,9,"), refused="3 columns where the table has 2"
    ),
    "thousands.csv": Foreign(
        "time (ms);force\n" + "".join(f"{k:,};{k % 9}\n".replace(",", ".") for k in range(0, 3000, 50)),
        refused="thousands set apart",
    ),
    "second_header.csv": Foreign(
        HEAD + lines(T, X) + HEAD + lines(T, X), refused="a second header, or two files in one?"
    ),
}
