"""Published tables of agreement, as numbers.

- SHROUT_FLEISS: Shrout PE, Fleiss JL (1979) Psychol Bull 86:420-428, table 2: 6 targets x 4 judges.
- PEFR: Bland JM, Altman DG (1986) Lancet i:307-310: peak expiratory flow (l/min) of 17 subjects, two readings
  each with a large (Wright) and a mini meter: wright1, wright2, mini1, mini2.
- CARDIAC: Bland JM, Altman DG (1999) Stat Methods Med Res 8:135-160, table 4: cardiac output of 12 subjects,
  by radionuclide ventriculography (RV) and impedance cardiography (IC): subject, RV, IC.
- ZAR: Zar JH (2010) Biostatistical Analysis, 5th ed, example 26.8: mean angle (degrees) and r of 7 samples.
"""

import numpy as np

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)

PEFR = np.fromstring(
    """494 490 512 525 395 397 430 415 516 512 520 508 434 401 428 444 476 470 500 500 557 611 600 625
    413 415 364 460 442 431 380 390 650 638 658 642 433 429 445 432 417 420 432 420 656 633 626 605
    267 275 260 227 478 492 477 467 178 165 259 268 423 372 350 370 427 421 451 443""",
    sep=" ",
).reshape(17, 4)

CARDIAC = [
    (1, "7.83 7.42 7.89 7.12 7.88", "6.57 5.62 6.9 6.57 6.35"),
    (2, "6.16 7.26 6.71 6.54", "4.06 4.29 4.26 4.09"),
    (3, "4.75 5.24 4.86 4.78 6.05 5.42", "4.71 5.5 5.08 5.02 6.01 5.67"),
    (4, "4.21 3.61 3.72 3.87 3.92", "4.14 4.2 4.61 4.68 5.04"),
    (5, "3.13 2.98 2.85 3.17 3.09 3.12", "3.03 2.86 2.77 2.46 2.32 2.43"),
    (6, "5.92 6.42 5.92 6.27", "5.9 5.81 5.7 5.76"),
    (7, "7.13 6.62 6.58 6.93", "5.09 4.63 4.61 5.09"),
    (8, "4.54 4.81 5.11 5.29 5.39 5.57", "4.72 4.61 4.36 4.2 4.36 4.2"),
    (9, "4.48 4.92 3.97", "3.17 3.12 2.96"),
    (10, "4.22 4.65 4.74 4.44 4.5", "4.35 4.62 3.16 3.53 3.53"),
    (11, "6.78 6.07 6.52 6.42 6.41 5.76", "7.2 6.09 7 7.1 7.4 6.8"),
    (12, "5.06 4.72 4.9 4.8 4.9 5.1", "4.5 4.2 3.8 3.8 4.2 4.5"),
]

ZAR = np.array(
    [(160, 0.8954), (169, 0.7747), (117, 0.4696), (140, 0.8794), (186, 0.3922), (134, 0.6952), (171, 0.3338)]
)


def cardiac():
    """Subject codes, RV and IC, row by row."""
    subject, rv, ic = [], [], []
    for number, one, two in CARDIAC:
        rv += [float(value) for value in one.split()]
        ic += [float(value) for value in two.split()]
        subject += [number] * len(one.split())
    return subject, np.array(rv), np.array(ic)


def zar_phasors():
    """Second-order sample: one mean phasor per sample."""
    return ZAR[:, 1] * np.exp(1j * np.deg2rad(ZAR[:, 0]))
