"""The package's answers that the suite `basic` must catch, by name, with the checks that must fail.

A question mark: it may fail or not.
"""

from __future__ import annotations

from dropout_core.audit.corpus import built_in_answers
from dropout_core.verdict.known_answers import Kind

WRONG: dict[str, tuple[str, set[str]]] = {
    answer.name: (answer.code, {*answer.caught_by, *(f"{id_}?" for id_ in answer.may_also_fail)})
    for answer in built_in_answers()
    if answer.kind is Kind.WRONG and "basic" in answer.suites
}
