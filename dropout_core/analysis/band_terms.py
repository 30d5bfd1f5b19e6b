"""What is to be known of a band before what is decided about it is believed."""

from __future__ import annotations

from dropout_core.state.evaluation_state import EvaluationState


def band_terms(state: EvaluationState) -> tuple[str, ...]:
    """Its tolerance, and whether it was chosen after a look at the rate; nothing where there is neither."""
    tolerance, after = state.config.tolerance, state.band_chosen_after
    said = [f"tolerance {tolerance * 100:g} points"] if tolerance else []
    if after:
        said.append(f"chosen after {after:,} {'run' if after == 1 else 'runs'}")
    return tuple(said)
