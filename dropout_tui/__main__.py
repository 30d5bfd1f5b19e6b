"""``python -m dropout_tui``."""

import sys

from dropout_tui.cli import main

sys.exit(main())
