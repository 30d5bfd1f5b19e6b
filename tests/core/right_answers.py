"""The package's answers that are right for the suite `basic` and no harder one, by name."""

from __future__ import annotations

from dropout_core.audit.corpus import built_in_answers
from dropout_core.verdict.known_answers import Kind

RIGHT = {
    answer.name: answer.code
    for answer in built_in_answers()
    if answer.kind is Kind.RIGHT and answer.suites == ("basic",)
}
