"""Gives up what root may do: another user, and no capability but, at need, one.

As long as the user stays root, it is still the owner of root's files, but may neither read those of others nor look
into processes that may more.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from .kernel import permitted_capabilities, prepared_capabilities, prepared_prctl

NOBODY = 65534
_PR_SET_KEEPCAPS = 8
_MAY_READ_EVERY_FILE = 1 << 2  # CAP_DAC_READ_SEARCH

_keep_capabilities = prepared_prctl(_PR_SET_KEEPCAPS, 1)
_only_read_every_file = prepared_capabilities(_MAY_READ_EVERY_FILE)
_no_capability = prepared_capabilities(0)


def become_nobody(*, read_all: bool) -> None:
    """Become the user `nobody`.

    With `read_all` the capability to read every file is kept, for a Python that is installed in a folder
    closed to others (below ``/root``, say): which files may be read is then for Landlock to say.

    Raises:
        OSError: we are not root, or not enough of it.
    """
    if read_all:
        _keep_capabilities()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    if read_all:
        _only_read_every_file()


def give_up_capabilities(*, read_all: bool) -> None:
    """Give up every capability, but with `read_all` the one to read every file. The user stays who it is.

    Raises:
        OSError: it was refused.
    """
    permitted = permitted_capabilities()
    if permitted and not (read_all and permitted == _MAY_READ_EVERY_FILE):
        (_only_read_every_file if read_all and permitted & _MAY_READ_EVERY_FILE else _no_capability)()


def open_to_all(paths: Iterable[str]) -> bool:
    """Whether every user may read these files."""
    return all(
        Path(path).stat().st_mode & stat.S_IROTH
        and all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(path).resolve().parents)
        for path in paths
    )
