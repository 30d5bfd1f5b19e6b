"""What all stored audits of a suite by just these rules come to, together.

Audits add up: each follows from a seed of its own. Of the same seed, what was graded most often counts. What an answer
was expected to be is the author's claim, which may have been mended since: of the answers that come with the task, and
of those of each folder of the user's, those count which the newest audit of them that was not interrupted had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dropout_core.analysis.failure_rates import suite_versions
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.kept.audits import AuditedAnswer, KeptAudit
from dropout_core.verdict.isolation_levels import weakest
from dropout_core.verdict.known_answers import Fault, Kind

_Key = tuple[str, Kind, str, str]
"""An answer: its folder, its kind, its name, and the digest of what it was."""


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """The figures of at least one audit."""

    audits: int
    """How many there were."""
    at: float
    """When the newest ended."""
    seeds: str
    """With which seeds each answer was graded."""
    isolation: str
    """The weakest of all."""
    answers: tuple[AuditedAnswer, ...]
    """With all gradings of each."""
    interrupted: tuple[int, int] | None = None
    """Gradings that the newest made and was to make, if it was interrupted."""

    def of(self, *kinds: Kind) -> tuple[AuditedAnswer, ...]:
        """The answers of some kinds."""
        return tuple(one for one in self.answers if one.kind in kinds)


def audited(state: EvaluationState, audits: Sequence[KeptAudit]) -> tuple[AuditFigures | None, str]:
    """The figures of the rules by which the answers of an evaluation were judged, or why there are none. `audits` are
    those of its task and suite, the newest first."""
    config = state.config
    versions = suite_versions(state) or {config.task_version}
    if len(versions) > 1:
        judges = " and ".join(map(str, sorted(versions)))
        return None, f"versions {judges} judged its answers, and an audit is of one"
    alike = [one for one in audits if one.version in versions and one.digest == config.task_digest]
    if alike:
        return figures_of(alike), ""
    if not audits:
        return None, "no audit of it is stored"
    newest = audits[0]
    day = f"{datetime.fromtimestamp(newest.at, UTC):%Y-%m-%d}"
    (version,) = versions
    other = (
        f"the file as it was on {day}"
        if newest.version == version
        else f"version {newest.version}, not of {version}"
    )
    return None, f"the newest audit that is stored is of {other}"


def figures_of(audits: Sequence[KeptAudit]) -> AuditFigures | None:
    """The figures of audits by the same rules, the newest first; `None` of none."""
    if not audits:
        return None
    of_today: dict[str, frozenset[_Key]] = {}
    for audit in audits:
        for folder in {one.folder for one in audit.answers if audit.is_whole}:
            of_today.setdefault(folder, frozenset(_key(one) for one in audit.answers if one.folder == folder))
    most: dict[_Key, dict[int, AuditedAnswer]] = {}
    for audit in audits:
        for one in audit.answers:
            key = _key(one)
            if one.folder in of_today and key not in of_today[one.folder]:
                continue
            before = most.setdefault(key, {}).setdefault(audit.seed, one)
            if one.gradings > before.gradings:
                most[key][audit.seed] = one
    newest = audits[0]
    return AuditFigures(
        audits=len(audits),
        at=newest.at,
        seeds=_seeds(audits),
        isolation=weakest(audit.isolation for audit in audits),
        answers=tuple(_added(tuple(of_seed.values())) for of_seed in most.values()),
        interrupted=None if newest.is_whole else (newest.gradings, newest.planned),
    )


def _seeds(audits: Sequence[KeptAudit]) -> str:
    """``3 seeds from 17``; of several audits, ``up to 40 seeds``."""
    most: dict[int, int] = {}
    for audit in audits:
        most[audit.seed] = max(audit.seeds, most.get(audit.seed, 0))
    count = sum(most.values())
    words = f"{count:,} {'seed' if count == 1 else 'seeds'}"
    return f"{words} from {audits[0].seed}" if len(most) == 1 else f"up to {words}"


def _key(one: AuditedAnswer) -> _Key:
    return one.folder, one.kind, one.name, one.digest


def _added(audited: Sequence[AuditedAnswer]) -> AuditedAnswer:
    """What several audits found of one answer."""
    first = audited[0]
    faults: Counter[str] = Counter()
    for one in audited:
        faults.update(one.faults)
    return AuditedAnswer(
        first.kind,
        first.name,
        first.digest,
        sum(one.gradings for one in audited),
        first.folder,
        dict(faults),
        next((one.seed for one in audited if one.seed is not None), None),
        tuple(dict.fromkeys(id_ for one in audited for id_ in one.failed)),
    )


def judged(answers: Sequence[AuditedAnswer]) -> int:
    """Number of gradings that came to a verdict."""
    return sum(one.gradings - one.count(Fault.VOID) for one in answers)


def mistaken(answers: Sequence[AuditedAnswer], *faults: Fault) -> Iterator[tuple[AuditedAnswer, int]]:
    """The answers with gradings that made one of these mistakes, and how many."""
    return ((one, count) for one in answers if (count := one.count(*faults)))
