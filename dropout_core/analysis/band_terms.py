"""What is to be known of a band before what is decided about it is believed."""

from __future__ import annotations

from dropout_core.state.evaluation_state import EvaluationState


def band_terms(state: EvaluationState) -> tuple[str, ...]:
    """Its tolerance, its share of the error of a sweep, and whether it was chosen after a look at the rate, if any."""
    config, after = state.config, state.band_chosen_after
    said = [f"tolerance {config.tolerance * 100:g} points"] if config.tolerance else []
    if config.sweep is not None:
        said.append(f"error {config.decision_error:.2%}, as a cell of a sweep")
    if after:
        said.append(f"chosen after {after:,} {'run' if after == 1 else 'runs'}")
    return tuple(said)
