"""What does a package index show? The README without what only a clone can: its pictures and the files beside it."""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"^!\[[^\]]*\]\((?!https?:)[^)]*\)\n+", re.M)
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)")


def without_files(text):
    """Markdown whose links to files have become plain words, and whose pictures in files are gone."""
    return LINK.sub(r"\1", PICTURE.sub("", text))


class LongDescription(MetadataHookInterface):
    """Hands the README to the package's metadata."""

    def update(self, metadata):
        """Set the readme, which pyproject.toml calls dynamic."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_files(text)}
