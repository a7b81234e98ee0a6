"""What may leave the lab, and what must go when somebody withdraws?"""

from __future__ import annotations

from touchrhythm.sharing.share import share_study
from touchrhythm.sharing.withdrawal import withdraw

__all__ = [
    "share_study",
    "withdraw",
]
