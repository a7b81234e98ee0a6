"""What the simulated board needs on this machine, and how fast its chip runs."""

import shutil
from pathlib import Path

HZ = 16e6
MISSING = [tool for tool in ("avr-gcc", "avr-g++", "avr-nm", "cc") if not shutil.which(tool)]
MISSING += [
    path
    for path in ("/usr/include/simavr/sim_avr.h", "/usr/share/arduino/hardware/arduino/avr/cores/arduino")
    if not Path(path).exists()
]
