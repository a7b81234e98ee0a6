"""Which version of touchrhythm is this? The one place where it stands."""

__version__ = "0.1.0"
