"""Opens sessions of evaluations, new ones and stored ones, as this program may."""

from __future__ import annotations

from dropout_core.models import Model
from dropout_core.models.http.destination import Destination
from dropout_core.running.session import Session, model_for
from dropout_core.storage.store import Store
from dropout_core.values.annotation import Annotation, AnnotationChange
from dropout_core.values.config import EvaluationConfig
from dropout_tui.settings.known_addresses import KnownAddresses, keep_address

SAMPLE_PACE = 80.0
"""Tokens a second at which the built-in samples stream on screen: quick, but slow enough to read."""


class SessionOpening:
    """What it takes to open a session: the store, the addresses that may get the key, and the sandbox that will do."""

    def __init__(
        self, store: Store, known: KnownAddresses | None, *, paced: bool, allow_weak_sandbox: bool
    ) -> None:
        """Only `known` addresses get the key of a stored evaluation. `paced` streams samples to be read."""
        self._store = store
        self._known = known or KnownAddresses()
        self._pace = SAMPLE_PACE if paced else None
        self._allow_weak_sandbox = allow_weak_sandbox

    def new(self, config: EvaluationConfig, annotation: Annotation) -> Session:
        """Store a new evaluation under the name, the note and the tags of `annotation`, and take it on.

        Raises:
            ModelUnusable, StoreUnusable: it cannot be.
        """
        model = model_for(config, sample_pace=self._pace)
        keep_address(config)
        session = Session.new(self._store, config, model, allow_weak_sandbox=self._allow_weak_sandbox)
        if annotation:
            self._store.annotate(session.number, AnnotationChange.to(annotation))
        return session

    def resumed(self, number: int) -> Session:
        """Take on a stored evaluation. It blocks.

        Raises:
            AddressNotNamed: it would send the key to an address that only the store names.
            ModelUnusable, StoreUnusable, UnknownEvaluation: it cannot be.
        """
        return Session.resumed(
            self._store, number, self._model_of_stored, allow_weak_sandbox=self._allow_weak_sandbox
        )

    def allow(self, address: str) -> None:
        """Let requests go to this address too, with the key."""
        self._known = self._known.with_one(address)

    def knows(self, destination: Destination) -> bool:
        """Whether requests may go there, with the key, before anything is started."""
        return self._known.know(destination)

    def _model_of_stored(self, config: EvaluationConfig) -> Model:
        self._known.check(config)
        return model_for(config, sample_pace=self._pace)
