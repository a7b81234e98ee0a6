"""The commands as ``python -m touchrhythm``."""

import sys

from touchrhythm.cli import main

if __name__ == "__main__":
    sys.exit(main())
