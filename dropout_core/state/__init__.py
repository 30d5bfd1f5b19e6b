"""Events of an evaluation, and the state that follows from them."""
