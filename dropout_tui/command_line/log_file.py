"""The log file of ``--log``: events, faults, and why requests were tried again."""

from __future__ import annotations

import contextlib
import errno
import logging
import platform
from collections.abc import Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from dropout_core.models.http.credentials import scrub
from dropout_core.values.files.private_files import close_to_others, make_file
from dropout_core.version import __version__

LARGEST = 5_000_000
"""Bytes after which a new file is begun."""
KEPT = 3
"""How many earlier files are kept, as FILE.1, FILE.2, …"""

_LEVELS = {
    "dropout_core": logging.DEBUG,
    "dropout_tui": logging.DEBUG,
    "anthropic": logging.INFO,
    "httpx2": logging.INFO,
}
"""The loggers that are written, and from which level. At DEBUG the SDK and its HTTP client log whole conversations."""


class _LogFile(RotatingFileHandler):
    """A log file that ignores write errors: a full disk must neither end an evaluation nor print over its screen.

    Only the user may read it and the earlier files.
    """

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        if path.is_fifo():
            raise OSError(errno.EINVAL, "it is a pipe, which may never be read")
        make_file(path)
        for file in (path, *(path.with_name(f"{path.name}.{number}") for number in range(1, KEPT + 1))):
            close_to_others(file)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class names it so
        pass


class _WithoutKeys(logging.Formatter):
    """A formatter that blots out every credential, wherever in a line or a traceback it stands."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def opened_log(path: Path) -> contextlib.AbstractContextManager[None]:
    """Append a log to `path` until the context ends.

    Raises:
        OSError: it cannot be written.
    """
    handler = _LogFile(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", errors="replace")
    handler.setFormatter(_WithoutKeys("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
    return _writing_to(handler)


@contextlib.contextmanager
def _writing_to(handler: logging.Handler) -> Iterator[None]:
    loggers = {logging.getLogger(name): level for name, level in _LEVELS.items()}
    before = {logger: logger.level for logger in loggers}
    for logger, level in loggers.items():
        logger.addHandler(handler)
        logger.setLevel(level)
    logging.getLogger(__name__).info("dropout-tui %s, Python %s", __version__, platform.python_version())
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.removeHandler(handler)
            logger.setLevel(level)
        handler.close()
