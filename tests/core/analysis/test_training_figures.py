import json
import math

import pytest

from dropout_core.analysis.training_figures import figures_object, training_figures
from dropout_core.analysis.training_words import training_words
from dropout_core.costs.costs import cost_so_far, spent
from dropout_core.statistics.mixed_groups import mixed_groups
from dropout_core.statistics.pass_rate import wilson_interval
from dropout_core.values.price import Price
from dropout_core.verdict.verdict import Outcome
from tests.tui.states import Ending, evaluation_state, failed, verdict, void

NO_CODE = verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply")


def test_the_figures_are_those_of_the_counted_runs() -> None:
    trials: list[Ending] = [
        Outcome.PASSED,
        Outcome.PASSED,
        failed("scaling"),
        failed("scaling"),
        failed("rate"),
        NO_CODE,
        void(),
    ]
    state = evaluation_state(runs=7, trials=trials, price=Price(1.0, 5.0, "stated"))
    figures = training_figures(state)
    assert figures.mixed == mixed_groups(2, 6)
    assert figures.causes is not None
    assert (figures.causes.largest, figures.causes.count, figures.causes.total) == ("scaling", 2, 4)
    assert figures.causes.effective == pytest.approx(math.exp(1.5 * math.log(2)))
    assert figures.beside_task is not None
    assert figures.beside_task.share == 0.25
    assert figures.beside_task.interval == wilson_interval(1, 4)
    cost = cost_so_far(state)
    assert cost
    assert figures.a_trial is not None
    assert figures.a_pass is not None
    for shared_out, runs in ((figures.a_trial, 6), (figures.a_pass, 2)):
        assert shared_out.tokens == spent(state).total / runs
        assert shared_out.dollars == cost / runs
    said = "\n".join(training_words(figures))
    for words in (
        "of 8 ",
        "as 2.8 equally frequent causes; most are scaling, 50%",
        "beside the task: 25% (5–70%)",
    ):
        assert words in said


def test_without_trials_there_are_no_figures() -> None:
    figures = training_figures(evaluation_state(runs=3))
    assert training_words(figures) == ()
    assert json.loads(json.dumps(figures_object(figures))) == {
        "mixed_groups": [],
        "variety": None,
        "beside_task": None,
        "per_trial": None,
        "per_pass": None,
    }


def test_without_a_price_only_tokens_are_given() -> None:
    figures = training_figures(evaluation_state(runs=1, trials=[Outcome.PASSED]))
    told = figures_object(figures)
    assert told["per_pass"] == told["per_trial"]
    assert "cost" not in told["per_trial"]
    assert "$" not in "\n".join(training_words(figures))
