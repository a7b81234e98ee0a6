"""How does an answer leave the program? Pages and files."""

from __future__ import annotations

from touchrhythm.report.page import write_report
from touchrhythm.report.study_files import write_study

__all__ = [
    "write_report",
    "write_study",
]
