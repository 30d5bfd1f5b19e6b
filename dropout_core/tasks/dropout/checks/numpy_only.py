"""What the code imports, as its text says.

It is read here and not observed where the code runs, so that the verdict does not depend on which packages
happen to be installed there: an import inside ``try`` counts whether or not it would succeed. Names that are
put together while the code runs are not seen.
"""

from __future__ import annotations

import sys

from dropout_core.sandbox.printable import printable
from dropout_core.static_analysis.names_used import imports_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.verdict.evidence import Evidence

ALLOWED = sys.stdlib_module_names | {"numpy"}


def check_numpy_only(observed: Observed) -> Finding:
    """Import statements anywhere in the code, and calls of `__import__` and `import_module` with a name that is written
    out; also in text that is given to `exec`."""
    found = imports_of(observed.code)
    if found is None:
        return not_reached("The code cannot be read, so neither can its imports.")
    for line, name in found:
        if name not in ALLOWED:
            name = printable(name)
            message = f"Line {line} imports {name}; only NumPy and the standard library may be imported"
            return failed(message, name, "numpy", Evidence(line=line))
    names = ", ".join(dict.fromkeys(printable(name) for _, name in found)) or "nothing"
    return passed(f"The code imports {names}", names, "numpy")
