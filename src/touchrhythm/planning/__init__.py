"""How many sessions, how long, and what was decided before the data?"""

from __future__ import annotations

from touchrhythm.planning.power import Expected, PowerTable, plan_power
from touchrhythm.planning.sealed import Plan, check_followed, read_plan, seal_plan
from touchrhythm.planning.widths import plan_width

__all__ = [
    "Expected",
    "Plan",
    "PowerTable",
    "check_followed",
    "plan_power",
    "plan_width",
    "read_plan",
    "seal_plan",
]
