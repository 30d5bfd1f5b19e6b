"""The command ``dropout-tui``, and ``python -m dropout_tui``."""

import sys

from dropout_core.values.garbage_collection import held_back, let_go


def start() -> int:
    """Import the program, run it, and return its exit status."""
    with held_back():
        from dropout_tui.cli import main

        let_go()
    return main()


if __name__ == "__main__":
    sys.exit(start())
