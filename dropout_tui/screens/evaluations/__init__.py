"""Many evaluations: those that are open, those that are stored, and what is made of them."""
