"""What was decided before the data? The sealed plan: a file that shows any change made afterwards.

The file is TOML: people read it, print it and hand it to a registry, each line has its meaning
beside it, and Python reads it without a further package. The seal is a hash over the *values*
(not over comments, order or spaces); the hash of each line stands beside it, so that a change is
named. Whoever writes a whole new seal has a new plan: its hash is not the one in the journals that
were recorded before.

**Conventions.** Rates in cpm, times in seconds. The registry's number is no part of the hash: it is
given after the plan was handed in, and is filled in by hand.

- `Plan` : what is decided
- `seal_plan`, `read_plan` : to a file that is never overwritten, and back
- `check_followed` : plan against analysis, line by line
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile
from touchrhythm.io.content import open_toml
from touchrhythm.io.writing import make_folder, write_new
from touchrhythm.planning.plan_text import plan_text, value_words
from touchrhythm.settings import FEWEST_TAPS, Settings
from touchrhythm.words import say
from touchrhythm.words.plan import DONE, PLAN_LINES

__all__ = ["PRIMARY", "Plan", "PlanRow", "StudyFacts", "check_followed", "read_plan", "seal_plan"]

TAP_TESTS = ("undirected", "directional", "axial", "stouffer")
PRIMARY = (*TAP_TESTS, "limits", "icc")
PLAN_SCHEMA = 1
UNDER_PLAN = DONE["under_plan"]
ABSENT = "none"  # TOML has no null
HOLDERS = ("schema_version", "registry", "seal")
# settings under their names in the file: plans that were sealed under these names must keep their hashes
FILE_NAMES = {
    "n_surrogates": "n_copies",
    "n_bootstrap": "n_rate_copies",
    "tolerance_fraction": "tolerance_share",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is decided before the data.

    Parameters
    ----------
    settings : Settings
        Band, level, declared lag, polarity, ratio, windows: every setting of the analysis.
    primary : str
        The one primary endpoint: a test over the sessions' phasors ("undirected", "directional",
        "axial", "stouffer"), or of the rates "limits" of agreement or "icc".
    delta_cpm : float or None
        Difference of rates that would not matter; needed only for a claim of equivalence.
    n_subjects, n_therapists, n_sessions : int or None
        How many there will be, sessions in all.
    tapping_s : float or None
        Shortest tapping of a session in seconds.
    min_taps : int, default 5
        Sessions with fewer taps do not enter the tap tests.
    seed : int, default 0
        Seed of the analysis.
    exclusions : tuple of str
        Further rules for leaving out, each a sentence; only people can tell whether they were kept.
    title : str
        What the study is called, without names of people.
    registry : str, default ""
        Number at a registry.
    sha256 : str, default ""
        Hash of the sealed plan; set by `seal_plan`.

    Raises
    ------
    ValueError
        If a value is outside its range, or the directional test lacks its declared lag or polarity.
    """

    settings: Settings = dataclasses.field(default_factory=Settings)
    primary: str = "undirected"
    delta_cpm: float | None = None
    n_subjects: int | None = None
    n_therapists: int | None = None
    n_sessions: int | None = None
    tapping_s: float | None = None
    min_taps: int = FEWEST_TAPS
    seed: int = 0
    exclusions: tuple[str, ...] = ()
    title: str = ""
    registry: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        _check_plan(self)

    @property
    def band_cpm(self) -> tuple[float, float]:
        """Band (low, high) in cycles per minute."""
        return self.settings.band_cpm

    @property
    def alpha(self) -> float:
        """Level of the tests."""
        return self.settings.alpha

    @property
    def lag_s(self) -> tuple[float, float] | None:
        """Declared lag window in seconds."""
        return self.settings.lag_s

    @property
    def polarity(self) -> int | None:
        """Declared polarity."""
        return self.settings.polarity

    @property
    def ratio(self) -> tuple[int, int]:
        """Declared taps to cycles."""
        return self.settings.ratio


@dataclass(frozen=True, kw_only=True)
class StudyFacts:
    """What an analysis did; None where it is not known.

    `n_sessions` are the sessions of people that were recorded, `n_carrying` those of them whose
    journal carries the plan's hash, `n_unread` those of which nothing can be read, so that nobody can
    tell; `fewest_taps` is of the sessions that entered the primary test.
    """

    primary: str
    seed: int
    n_sessions: int
    n_carrying: int
    n_subjects: int | None = None
    n_therapists: int | None = None
    shortest_tapping_s: float | None = None
    fewest_taps: int | None = None
    delta_cpm: float | None = None
    n_unread: int = 0


@dataclass(frozen=True)
class PlanRow:
    """One line of the plan: what was planned, what was done; None: only people can tell."""

    line: str
    planned: str
    done: str
    followed: bool | None


# -- to a file and back -----------------------------------------------------------------------------


def seal_plan(path: str | Path, plan: Plan) -> Plan:
    """Write a plan with its seal into a file that must not be there yet.

    Parameters
    ----------
    path : str or Path
        The file, as ``plan.toml``.
    plan : Plan

    Returns
    -------
    Plan
        The same with its hash.

    Raises
    ------
    CannotWrite
        If the file is there already, or cannot be made.
    """
    path = Path(path)
    lines = _lines_of(plan)
    sealed = dataclasses.replace(plan, sha256=_hash(lines))
    make_folder(path.parent)
    hashes = {name: _line_hash(name, value) for name, value in lines.items()}
    write_new(path, plan_text(PLAN_SCHEMA, plan.registry, lines, sealed.sha256, hashes).encode())
    return sealed


def read_plan(path: str | Path) -> Plan:
    """A sealed plan, if it is as it was sealed.

    Parameters
    ----------
    path : str or Path
        A file that `seal_plan` wrote.

    Returns
    -------
    Plan

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it was changed after it was sealed, has no seal, or is no plan.
    """
    path = Path(path)
    content = _content(path)
    version = content.get("schema_version")
    if isinstance(version, int) and version > PLAN_SCHEMA:
        raise BadFile(path, f"was sealed by a later version (schema {version}, here {PLAN_SCHEMA})")
    if version != PLAN_SCHEMA or isinstance(version, bool):
        raise BadFile(path, f"is no sealed plan: schema_version must be {PLAN_SCHEMA}, got {version!r}")
    seal = content.get("seal")
    if not isinstance(seal, dict) or not isinstance(seal.get("lines"), dict) or "sha256" not in seal:
        raise BadFile(path, "is no sealed plan: it has no [seal] (plan --seal writes one)")
    given = {name: value for name, value in content.items() if name not in HOLDERS}
    plan = _plan_from(path, given, _tampered(given, seal["lines"]))
    lines = _lines_of(plan, tuple(given))
    changed = _tampered(lines, seal["lines"])
    found = _hash(lines)
    if changed:
        raise _changed(path, changed)
    if found != seal["sha256"]:
        raise BadFile(
            path,
            f"was changed after it was sealed: the hash of its content is {found[:12]}…, the seal says"
            f" {str(seal['sha256'])[:12]}…",
        )
    return dataclasses.replace(plan, registry=_registry(path, content), sha256=found)


def _content(path: Path) -> dict[str, Any]:
    try:
        return open_toml(path)
    except BadFile as error:
        raise BadFile(path, f"is no sealed plan, or was damaged: {error.message}", error.line) from None


def _registry(path: Path, content: Mapping[str, Any]) -> str:
    found = content.get("registry", "")
    if not isinstance(found, str):
        raise BadFile(path, f'registry must be a text in quotes such as "osf.io/ab12c", got {found!r}')
    return found.strip()


def _plan_from(path: Path, given: Mapping[str, Any], changed: list[str]) -> Plan:
    """The plan that the lines give; a line that cannot be used was changed by hand."""
    settings_names = {line: name for name, line in FILE_NAMES.items()}
    values = {settings_names.get(name, name): _from_toml(name, value) for name, value in given.items()}
    known = {field.name for field in fields(Settings)}
    unknown = [name for name in values if name not in known and name not in PLAN_LINES]
    try:
        if unknown:
            raise ValueError(f"{unknown[0]} is no line of a plan")
        settings = Settings(**{name: value for name, value in values.items() if name in known})
        return Plan(settings=settings, **{name: value for name, value in values.items() if name not in known})
    except (TypeError, ValueError) as error:
        if changed:
            raise _changed(path, changed, f" ({error})") from None
        raise BadFile(path, f"is no sealed plan: {error}") from None


def _changed(path: Path, lines: list[str], why: str = "") -> BadFile:
    return BadFile(
        path,
        f"was changed after it was sealed: {', '.join(lines)}{why}; a plan holds as it was sealed, another plan is"
        " another file",
    )


def _tampered(lines: Mapping[str, Any], sealed: Mapping[str, Any]) -> list[str]:
    """Names of the lines that are not as they were sealed."""
    taken = [f"{name} (taken out)" for name in sealed if name not in lines]
    added = [f"{name} (added)" for name in lines if name not in sealed]
    return [name for name in lines if name in sealed and _line_hash(name, lines[name]) != sealed[name]] + (
        taken + added
    )


def _lines_of(plan: Plan, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is sealed, in plain types; only these names where there are some (of an older version)."""
    lines: dict[str, Any] = {"title": plan.title, "primary": plan.primary}
    lines |= {FILE_NAMES.get(name, name): value for name, value in plan.settings.to_dict().items()}
    for name in PLAN_LINES:
        if name not in lines and name not in HOLDERS:
            value = getattr(plan, name)
            lines[name] = list(value) if isinstance(value, tuple) else value
    lines = {name: ABSENT if value is None else value for name, value in lines.items()}
    return {name: lines[name] for name in names} if names else lines


def _from_toml(name: str, value: Any) -> Any:
    if value == ABSENT and name not in ("title", "primary"):
        return None
    return tuple(value) if isinstance(value, list) else value


def _line_hash(name: str, value: Any) -> str:
    return _sha256([name, value])[:8]


def _hash(lines: Mapping[str, Any]) -> str:
    return _sha256({"schema_version": PLAN_SCHEMA, "plan": dict(lines)})


def _sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


# -- checks ----------------------------------------------------------------------------------------


def _check_plan(plan: Plan) -> None:
    if plan.primary not in PRIMARY:
        raise ValueError(f"primary must be one of {', '.join(PRIMARY)}, got {plan.primary!r}")
    if plan.primary == "directional" and (plan.lag_s is None or plan.polarity is None):
        raise ValueError("the directional test needs a declared lag and polarity (lag_s, polarity)")
    for name in ("n_subjects", "n_therapists", "n_sessions", "min_taps", "seed"):
        value = getattr(plan, name)
        lowest = {"min_taps": FEWEST_TAPS, "seed": 0}.get(name, 1)
        if value is None and name.startswith("n_"):
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            raise ValueError(f"{name} must be a whole number of at least {lowest}, got {value!r}")
    for name in ("delta_cpm", "tapping_s"):
        value = getattr(plan, name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise ValueError(f"{name} must be a number above 0, got {value!r}")
        object.__setattr__(plan, name, float(value))
    if isinstance(plan.exclusions, str):
        raise TypeError("exclusions must be a list of sentences, got one text")
    object.__setattr__(plan, "exclusions", tuple(plan.exclusions))
    for text in (plan.title, plan.registry, *plan.exclusions):
        if not isinstance(text, str) or not (text == "" or text.isprintable()):
            raise ValueError(f"texts of a plan must be one line of plain text, got {text!r}")


# -- was it followed? --------------------------------------------------------------------------------


def check_followed(plan: Plan, settings: Settings, facts: StudyFacts) -> tuple[PlanRow, ...]:
    """Plan against analysis, line by line.

    Parameters
    ----------
    plan : Plan
        From `read_plan`.
    settings : Settings
        With which the study was analysed.
    facts : StudyFacts
        What else was done.

    Returns
    -------
    tuple of PlanRow
        First whether the sessions were recorded under this plan. `followed` is None where the
        tool cannot tell.
    """
    total, carrying = facts.n_sessions - facts.n_unread, facts.n_carrying
    rows = [PlanRow(UNDER_PLAN, say(DONE, "all", n=total), str(carrying), carrying == total and total > 0)]
    rows.append(_equal("primary", plan.primary, facts.primary))
    planned, done = plan.settings.to_dict(), settings.to_dict()
    rows += [_equal(FILE_NAMES.get(name, name), planned[name], done[name]) for name in planned]
    rows.append(_equal("seed", plan.seed, facts.seed))
    for name in ("n_subjects", "n_therapists", "n_sessions", "delta_cpm"):
        if getattr(plan, name) is not None or (name == "delta_cpm" and facts.delta_cpm is not None):
            rows.append(_equal(name, getattr(plan, name), getattr(facts, name), may_be_unknown=True))
    rows += [_at_least("min_taps", plan.min_taps, facts.fewest_taps)]
    if plan.tapping_s is not None:
        rows.append(_at_least("tapping_s", plan.tapping_s, facts.shortest_tapping_s))
    rows += [PlanRow("exclusions", rule, say(DONE, "by_people"), None) for rule in plan.exclusions]
    return tuple(rows)


def _equal(line: str, planned: Any, done: Any, *, may_be_unknown: bool = False) -> PlanRow:
    if may_be_unknown and done is None and line != "delta_cpm":
        return PlanRow(line, value_words(planned), say(DONE, "not_known"), None)
    return PlanRow(line, value_words(planned), value_words(done), planned == done)


def _at_least(line: str, planned: float, done: float | None) -> PlanRow:
    least = say(DONE, "at_least", value=value_words(planned))
    if done is None:
        return PlanRow(line, least, say(DONE, "not_known"), None)
    return PlanRow(line, least, say(DONE, "or_more", value=value_words(done)), done >= planned)
