"""What holds for every test: linear algebra in one thread, as the commands have it."""

import os

from touchrhythm.cli.console import THREADS

# Before numpy is loaded, and for the processes that tests start: small arrays are slower in several threads.
os.environ.update({name: os.environ.get(name, "1") for name in THREADS})
