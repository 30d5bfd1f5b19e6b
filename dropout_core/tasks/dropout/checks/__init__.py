"""The checks of the dropout task: pure functions of what was called and what came back."""
