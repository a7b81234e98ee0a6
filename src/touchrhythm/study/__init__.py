"""What do many sessions say together?"""

from __future__ import annotations

from touchrhythm.study.run import StudyResult, analyze_study

__all__ = [
    "StudyResult",
    "analyze_study",
]
