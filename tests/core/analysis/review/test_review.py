"""The author's checklist: each line is met, not met or not shown, by what is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dropout_core.analysis.review.review import Met, Reviewed, ReviewLine, review
from dropout_core.analysis.review.stored_evidence import NO_EVIDENCE, StoredEvidence
from dropout_core.reports.review_markdown import review_markdown
from dropout_core.state import events
from dropout_core.state.evaluation_state import EvaluationState, evolve
from dropout_core.statistics.pass_rate import Band, Decision
from dropout_core.storage.kept.audits import AuditedAnswer, KeptAudit
from dropout_core.storage.kept.gradings import rules_of
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.task.definition import Task
from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.plan import Plan
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.known_answers import Kind
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.tui.states import Ending, evaluation_state, failed, verdict, void

GOOD = Outcome.PASSED
TASK = dropout
NO_CODE = verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply")
EXPLICIT = load_prompt("explicit", suite="basic", mode="answer", task=dropout).text


def of_today(one: Ending) -> Ending:
    if isinstance(one, Outcome):
        one = verdict(one)
    return replace(one, suite_version=dropout.version) if isinstance(one, Verdict) else one


def state_of(*trials: Ending, **config: object) -> EvaluationState:
    given = {"prompt_text": EXPLICIT, **config}
    return evaluation_state(
        runs=len(trials), trials=[of_today(one) for one in trials], ended="completed", **given
    )


def lines_of(state: EvaluationState, task: Task | None = TASK) -> dict[str, ReviewLine]:
    return {line.title: line for line in review(Reviewed(state, task, "" if task else "the task is gone"))}


def line_of(state: EvaluationState, words: str, stored: StoredEvidence = NO_EVIDENCE) -> ReviewLine:
    (line,) = [one for one in review(Reviewed(state, TASK, stored=stored)) if words in one.title]
    return line


def audited(version: int = dropout.version, **changes: object) -> StoredEvidence:
    """A large audit without a fault, in which every check refused an answer."""
    ids = tuple(one.id for one in dropout.suite("basic"))
    answers = (
        AuditedAnswer(Kind.RIGHT, "rand", "a", 2_000),
        AuditedAnswer(Kind.WRONG, "no scaling", "b", 2_000, failed=ids),
    )
    audit = KeptAudit(1e9, "dropout", version, None, "basic", 1, 9, 4_000, "full", answers)
    return StoredEvidence((replace(audit, **changes),), store_option=("--store", "s.db"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trials", "met"),
    [
        ([GOOD] * 25 + [failed("rate")] * 75, Met.MET),
        ([GOOD] * 60, Met.NOT_MET),
        ([failed("rate")] * 60, Met.NOT_MET),
        ([GOOD] * 2 + [failed("rate")] * 8, Met.NOT_SHOWN),
        ([GOOD] * 3, Met.NOT_SHOWN),
        ([void()], Met.NOT_SHOWN),
    ],
)
def test_the_rate_is_in_the_band_when_that_is_decided(trials: list[Ending], met: Met) -> None:
    assert line_of(state_of(*trials), "pass rate").met is met


def test_a_band_that_was_chosen_after_the_runs_is_not_shown_to_be_met() -> None:
    state = state_of(*[GOOD] * 60)
    plan = replace(Plan.of(state.config), band=Band(0.9, 1.0))
    moved = evolve(state, events.PlanChanged(at=state.latest_at, plan=plan, graded=60))
    line = line_of(moved, "pass rate")
    assert (moved.decision, line.met) == (Decision.IN, Met.NOT_SHOWN)
    assert line.evidence.endswith("chosen after 60 runs, so it takes a new evaluation to show it")


def test_the_sample_answers_show_no_rate() -> None:
    line = line_of(state_of(*[GOOD] * 25, *[failed("rate")] * 75, model="sample"), "pass rate")
    assert (line.met, "built in" in line.evidence) == (Met.NOT_SHOWN, True)


def test_what_is_checked_is_stated_or_named() -> None:
    assert line_of(state_of(GOOD), "exactly what is checked").met is Met.MET
    own = state_of(GOOD, prompt="mine.txt", prompt_text="Write `dropout`; keep the shape.")
    line = line_of(own, "exactly what is checked")
    assert line.met is Met.NOT_MET
    assert "scaling" in line.evidence
    assert "shape" not in line.evidence


def test_an_answer_that_failed_only_what_was_never_asked_is_a_right_one_refused() -> None:
    own = {"prompt": "mine.txt", "prompt_text": "Write `dropout`; keep the shape. Mind the scale factor."}
    line = line_of(state_of(failed("edge_cases"), failed("shape"), **own), "right solution")
    assert (line.met, line.evidence.startswith("run 1 failed only")) == (Met.NOT_MET, True)
    assert line_of(state_of(failed("edge_cases")), "right solution").met is Met.NOT_SHOWN


def test_code_that_passed_and_failed_is_suspected() -> None:
    twin = state_of(GOOD, failed("rate"))
    code = twin.trial(1).attempts[0].code
    attempt = replace(twin.trial(2).attempts[0], code=code)
    trials = twin.trials.with_rows({1: replace(twin.trial(2), attempts=(attempt,))})
    line = line_of(replace(twin, trials=trials), "right solution")
    assert line.met is Met.NOT_MET
    assert line.evidence.startswith("run 2 failed with the very code that passed")


@pytest.mark.parametrize("words", ["right solution", "wrong answers"])
def test_an_audit_of_just_these_rules_shows_what_the_grader_does(words: str) -> None:
    state = state_of(GOOD, failed("rate"))
    line = line_of(state, words, audited())
    assert (line.met, line.command) == (Met.MET, "")
    assert line.evidence.startswith("2,000 gradings of 1 ")
    few = AuditedAnswer(Kind.RIGHT, "rand", "a", 30), AuditedAnswer(Kind.WRONG, "none", "b", 30)
    line = line_of(state, words, audited(answers=few))
    again = "dropout-tui audit --task dropout --suite basic --seeds 1970 --store s.db"
    assert (line.met, line.command) == (Met.NOT_SHOWN, again)
    bad = tuple(replace(one, faults={"false_reject": 1, "false_accept": 1}, seed=9) for one in few)
    line = line_of(state, words, audited(answers=bad))
    assert line.met is Met.NOT_MET
    assert "seed 9" in line.evidence


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        (NO_EVIDENCE, "no audit of it is stored; "),
        (audited(dropout.version - 1), f"of version {dropout.version - 1}, not of {dropout.version}; "),
        (audited(digest="other"), "the file as it was on 2001-09-09; "),
    ],
)
def test_an_audit_of_other_rules_shows_nothing(stored: StoredEvidence, why: str) -> None:
    line = line_of(state_of(GOOD), "right solution", stored)
    assert line.met is Met.NOT_SHOWN
    assert why in line.evidence
    assert line.command.startswith("dropout-tui audit --task dropout --suite basic")
    mixed = evaluation_state(runs=2, trials=[replace(verdict(), suite_version=n) for n in (1, 2)])
    assert "versions 1 and 2 judged its answers" in line_of(mixed, "right solution", stored).evidence


def test_what_other_seeds_say_of_the_answers_names_the_runs_that_came_out_otherwise() -> None:
    state = state_of(*[GOOD] * 10, failed("rate"))
    by = rules_of(dropout.version, None)
    same = [KeptRepeat(run, 1, "basic", by, seed, "passed") for run in range(1, 11) for seed in (1, 2)]
    line = line_of(state, "whatever the seed")
    assert (line.met, line.runs) == (Met.NOT_SHOWN, ())
    line = line_of(state, "whatever the seed", StoredEvidence(repeats=tuple(same)))
    assert (line.met, line.evidence[:18]) == (Met.MET, "20 of 20 the same,")
    line = line_of(state, "whatever the seed", StoredEvidence(repeats=tuple(same[:2])))
    assert (line.met, line.runs) == (Met.NOT_SHOWN, (1,))
    other = KeptRepeat(11, 1, "basic", by, 3, "passed")
    by_other_rules = KeptRepeat(2, 1, "basic", rules_of(dropout.version + 1, None), 3, "failed rate")
    line = line_of(state, "whatever the seed", StoredEvidence(repeats=(*same, other, by_other_rules)))
    assert (line.met, line.runs) == (Met.NOT_MET, (11,))
    assert line.evidence.endswith("run 11: 0 of 1 the same: 1 × passed")


@pytest.mark.parametrize(
    ("causes", "met"),
    [
        ({"rate": 10, "scaling": 10, "edge_cases": 10, "shape": 10}, Met.MET),
        ({"rate": 40}, Met.NOT_MET),
        ({"rate": 3, "scaling": 3}, Met.NOT_SHOWN),
        ({}, Met.NOT_SHOWN),
    ],
)
def test_variety_is_that_no_cause_makes_up_half(causes: dict[str, int], met: Met) -> None:
    trials = [failed(name) for name, count in causes.items() for _ in range(count)]
    line = line_of(state_of(GOOD, *trials), "variety")
    assert line.met is met
    for name, count in causes.items():
        assert f"{name} {count}" in line.evidence


def test_failures_beside_the_task_are_named() -> None:
    assert line_of(state_of(failed("rate")), "beside the task").met is Met.MET
    line = line_of(state_of(failed("rate"), NO_CODE), "beside the task")
    assert (line.met, line.evidence) == (Met.NOT_MET, "1 of 2 failures is beside the task: 1 without code")
    assert line_of(state_of(GOOD), "beside the task").met is Met.NOT_SHOWN


def test_voids_matter_when_they_could_change_where_the_rate_lies() -> None:
    few = state_of(*[GOOD] * 5, *[failed("rate")] * 14, void())
    many = state_of(*[GOOD] * 5, *[failed("rate")] * 5, *[void()] * 20)
    assert [line_of(state, "Void").met for state in (few, many)] == [Met.MET, Met.NOT_MET]


def test_flags_isolation_and_the_rules_that_judged() -> None:
    flagged = replace(verdict(), flags=(Flag("frames", "reads frames"),), isolation="weak: no limits")
    state = state_of(flagged, GOOD)
    assert line_of(state, "person should look").evidence == "run 1 flagged"
    assert line_of(state, "kept apart").met is Met.NOT_MET
    assert line_of(state, "rules of today").met is Met.MET
    old = evaluation_state(runs=1, trials=[replace(verdict(), suite_version=1)], prompt_text=EXPLICIT)
    assert line_of(old, "rules of today").met is Met.NOT_MET


def test_without_its_task_the_rest_is_said_all_the_same() -> None:
    lines = lines_of(state_of(GOOD, failed("rate")), None)
    said = [line.title for line in lines.values() if line.evidence == "the task is gone"]
    assert said == [
        "The prompt says exactly what is checked",
        "All answers were judged by the rules of today",
    ]


def test_nothing_at_all_is_shown_of_an_evaluation_without_runs() -> None:
    lines = lines_of(evaluation_state(runs=3, prompt_text=EXPLICIT)).values()
    met = {line.title for line in lines if line.met is Met.MET}
    assert met == {"The prompt says exactly what is checked", "No run was voided by hand and made anew"}
    assert not [line for line in lines if line.met is Met.NOT_MET]


def test_text_of_strangers_cannot_break_out_of_the_markdown() -> None:
    state = state_of(GOOD, model="<b>|`x`\n# y", system="```\n# out")
    text = "".join(review_markdown(1, state, review(Reviewed(state, dropout)), "dropout-tui 1"))
    (model,) = [line for line in text.splitlines() if line.startswith("- Model:")]
    assert model.startswith(r"- Model: \<b\>\|\`x\` # y")
    assert "\n# out" not in text.split("```")[0]


def test_each_line_names_the_runs_that_are_to_be_looked_at() -> None:
    state = state_of(GOOD, failed("rate"), failed("scaling"), failed("rate"), NO_CODE, void())
    runs = {line.title: line.runs for line in review(Reviewed(state, TASK))}
    assert runs["Runs fail for a variety of reasons"] == (2, 4)
    assert runs["None of the reasons is beside the task"] == (5,)
    assert runs["Void runs cannot change what is said of the rate"] == (6,)
    assert runs["Every requirement is checked: wrong answers are refused"] == (2, 3, 4)
    assert line_of(state, "Every requirement").command == "dropout-tui audit --task dropout --suite basic"


def test_one_cause_is_not_called_many() -> None:
    assert "as varied as one cause; " in line_of(state_of(failed("rate"), failed("rate")), "variety").evidence


def test_runs_that_were_planned_and_not_made_are_told_from_those_that_are_void() -> None:
    whole, part = state_of(GOOD, void()), evaluation_state(runs=400, trials=[GOOD], until_decided=True)
    written = ["".join(review_markdown(1, state, (), "it")) for state in (whole, part)]
    assert "- Runs: 1 passed, 0 failed, 1 void of 2\n" in written[0]
    assert "- Runs: 1 passed, 0 failed, 0 void of the 1 made; at most 400 were planned\n" in written[1]


def test_the_text_of_a_variant_stands_in_the_review() -> None:
    state = state_of(GOOD, prompt="plain-2", prompt_from="plain", prompt_text="Write ```it```.")
    written = "".join(review_markdown(1, state, (), "it"))
    assert "The prompt plain-2, made from plain:\n\n````text\nWrite ```it```.\n````\n" in written
    assert "--prompt plain-2" in written
