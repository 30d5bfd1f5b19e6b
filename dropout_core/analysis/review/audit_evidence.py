"""What the figures of an audit show of the two lines of the checklist that are about the grader.

Each takes 2,000 gradings without a mistake: of right answers none of which was refused, of wrong and hostile ones none
of which passed. By the rule of three, no mistake in n gradings says with 95 % confidence that at most 3 in n of all
gradings of these answers make one; for 2,000, fewer than two in a thousand. With fewer gradings a line is *not shown*,
and with a single mistake it is *not met*.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dropout_core.analysis.review.audit_figures import AuditFigures, judged, mistaken
from dropout_core.storage.kept.audits import AuditedAnswer
from dropout_core.verdict.known_answers import Fault, Kind

FEWEST_GRADINGS = 2_000
_MOST_NAMED = 5
_RULE_OF_THREE = 3
_MISTAKES = (
    (Fault.FALSE_ACCEPT, "passed"),
    (Fault.WRONG_CHECK, "caught by another check"),
    (Fault.NOT_CONTAINED, "not contained"),
)


@dataclass(frozen=True, slots=True)
class AuditEvidence:
    """What the figures show of one line."""

    said: str
    is_met: bool | None
    """`None` where they do not show it."""
    missing_seeds: int = 0
    """With how many more seeds all answers are to be graded, where too few gradings are all that is missing."""


def accepts_right_answers(figures: AuditFigures) -> AuditEvidence:
    """Whether right solutions are accepted."""
    right = figures.of(Kind.RIGHT)
    count = judged(right)
    refused = list(mistaken(right, Fault.FALSE_REJECT, Fault.NOT_CONTAINED))
    said = f"{_counted(count, right, 'right')}, {_times(refused, 'false reject')}{_bound(count, refused)}"
    return _evidence(figures, [said], count, right, is_wrong=bool(refused))


def refuses_wrong_answers(figures: AuditFigures, checks: Collection[str]) -> AuditEvidence:
    """Whether wrong answers are refused, and whether each of `checks` has been seen to refuse one."""
    wrong = figures.of(Kind.WRONG, Kind.HOSTILE)
    count = judged(wrong)
    passed = list(mistaken(wrong, Fault.FALSE_ACCEPT))
    said = [f"{_counted(count, wrong, 'wrong')}, {_times(passed, 'false accept')}{_bound(count, passed)}"]
    for fault, words in _MISTAKES[1:]:
        if found := list(mistaken(wrong, fault)):
            said.append(f"{sum(times for _, times in found)} {words}{_named(found)}")
    is_wrong = any(True for _ in mistaken(wrong, *(fault for fault, _ in _MISTAKES)))
    failed = {id_ for one in wrong for id_ in one.failed}
    never = [id_ for id_ in checks if id_ not in failed]
    if never:
        said.append(f"no wrong answer in it fails {', '.join(never)}")
    return _evidence(figures, said, count, wrong, is_wrong=is_wrong, lacks=bool(never))


def _evidence(
    figures: AuditFigures,
    said: Sequence[str],
    count: int,
    answers: Sequence[AuditedAnswer],
    *,
    is_wrong: bool,
    lacks: bool = False,
) -> AuditEvidence:
    text = "; ".join([*said, *_about(figures, answers)])
    if is_wrong:
        return AuditEvidence(text, False)
    if count < FEWEST_GRADINGS:
        seeds = -(-(FEWEST_GRADINGS - count) // len(answers)) if answers else 0
        return AuditEvidence(f"{text}; {FEWEST_GRADINGS:,} gradings are the fewest that count", None, seeds)
    return AuditEvidence(text, None if lacks else True)


def _counted(count: int, answers: Sequence[AuditedAnswer], kind: str) -> str:
    gradings = "1 grading" if count == 1 else f"{count:,} gradings"
    return f"{gradings} of {len(answers)} {kind} {'answer' if len(answers) == 1 else 'answers'}"


def _times(found: Sequence[tuple[AuditedAnswer, int]], what: str) -> str:
    count = sum(times for _, times in found)
    if not count:
        return f"no {what}"
    return f"{count} {what}{'' if count == 1 else 's'}{_named(found)}"


def _named(found: Sequence[tuple[AuditedAnswer, int]]) -> str:
    """The answers, each with the seed of its first mistake."""
    names = [f"{one.name}, seed {one.seed}" for one, _ in found[:_MOST_NAMED]]
    return f" ({'; '.join(names)}{' …' if len(found) > _MOST_NAMED else ''})"


def _bound(count: int, found: Sequence[object]) -> str:
    """What no mistake in so many gradings says of all gradings of these answers."""
    if found or count <= _RULE_OF_THREE:
        return ""
    return f", so in at most {_RULE_OF_THREE / count:.2%} of gradings (rule of three)"


def _about(figures: AuditFigures, answers: Sequence[AuditedAnswer]) -> Iterator[str]:
    if voids := sum(one.count(Fault.VOID) for one in answers):
        yield f"{voids} without a verdict"
    day = f"{datetime.fromtimestamp(figures.at, UTC):%Y-%m-%d}"
    audited = f"audited {day}" if figures.audits == 1 else f"{figures.audits} audits, the last {day}"
    yield f"{audited}, {figures.seeds}, isolation {figures.isolation}"
    own = len({(one.folder, one.name) for one in answers if one.folder})
    if own and own == len(answers):
        yield "all of them the user's own"
    elif own:
        yield f"{own} of them the user's own"
    if figures.interrupted is not None:
        made, planned = figures.interrupted
        yield f"interrupted after {made:,} of {planned:,} gradings"
