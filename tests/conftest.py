"""What holds for every test: linear algebra in one thread, as the commands have it, and a Ctrl-C that arrives."""

import os
import signal

from touchrhythm.cli.console import THREADS

# Before numpy is loaded, and for the processes that tests start: small arrays are slower in several threads.
os.environ.update({name: os.environ.get(name, "1") for name in THREADS})

# The lines that commands print to be pasted name the program as it was called: here as the installed command.
os.environ.pop("TOUCHRHYTHM_CALLED_AS", None)

# A run in the background of a shell ignores SIGINT and hands that on to the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
