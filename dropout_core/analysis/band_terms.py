"""What is to be known of a band before what is decided about it is believed."""

from __future__ import annotations

from dropout_core.state.evaluation_state import EvaluationState


def band_terms(state: EvaluationState) -> tuple[str, ...]:
    """Its tolerance, its share of the error of a sweep, and whether it was chosen after a look at the rate, if any."""
    config = state.config
    said = [f"tolerance {config.tolerance * 100:g} points"] if config.tolerance else []
    if config.sweep is not None:
        said.append(f"error {config.decision_error:.2%}, as a cell of a sweep")
    said += chosen_after_words(state.band_chosen_after)
    return tuple(said)


def chosen_after_words(runs: int) -> list[str]:
    """That the band was chosen after so many runs had been graded; nothing where none had been."""
    return [f"chosen after {runs:,} {'run' if runs == 1 else 'runs'}"] if runs else []
