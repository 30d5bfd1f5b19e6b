"""Events of an evaluation, and its state, computed from them."""
