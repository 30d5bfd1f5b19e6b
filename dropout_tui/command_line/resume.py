"""Opens a stored evaluation to resume it."""

from __future__ import annotations

from collections.abc import Callable

from dropout_core.costs.price_list import price_for_budget
from dropout_core.models import Model
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session
from dropout_core.storage.store import Store, UnknownEvaluation
from dropout_core.values.config import EvaluationConfig
from dropout_tui.settings.known_addresses import KnownAddresses


def resumed_session(
    store: Store,
    number: int | None,
    changes: ResumeOverrides,
    model_of: Callable[[EvaluationConfig], Model],
    known: KnownAddresses,
    *,
    allow_weak_sandbox: bool,
) -> Session:
    """Open evaluation `number`, or the newest that is not finished, to resume it with `changes`.

    Raises:
        UnknownEvaluation: there is none with this number, or none is unfinished.
        EvaluationBusy: another program runs it.
        StoreUnusable: the store cannot be read.
        AddressNotNamed: a key would go to an address that is not among the `known`.
        ChangeRefused: it cannot be resumed with these changes.
        ModelUnusable: no request can succeed, or a budget was set and there is no price to go by.
    """
    chosen = store.newest_unfinished(or_with_voids=changes.repeats_voids) if number is None else number
    if chosen is None:
        voids = " or has void runs" if changes.repeats_voids else ""
        raise UnknownEvaluation(f"no evaluation in {store.path} is unfinished{voids}")

    def changed_model(config: EvaluationConfig) -> Model:
        changed = changes.of(config)
        known.check(changed)
        if changed.budget is not None:
            price_for_budget(changed)
        return model_of(changed)

    session = Session.resumed(
        store, chosen, changed_model, check=changes.check, allow_weak_sandbox=allow_weak_sandbox
    )
    session.batch_again = changes.batch_again
    return session
