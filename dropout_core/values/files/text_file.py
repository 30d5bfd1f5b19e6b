"""Text file that the user hands to the program."""

from __future__ import annotations

from dropout_core.values.files.user_file import FileTooLarge, read_file
from dropout_core.values.known_secrets import refuse_secrets

MAX_BYTES = 1_000_000


class TextUnreadable(ValueError):
    """The file cannot be used; the message says what to do, in one line."""


def read_text(path: str, *, what: str, remedy: str) -> str:
    """Text in the file at `path`, without surrounding white space.

    Args:
        path: where it is; ``~`` is the user's folder.
        what: what the text is, in a word: ``prompt``.
        remedy: what to do when there is no such file.

    Raises:
        TextUnreadable: there is none, it is no regular file, too large, empty, not UTF-8, or holds a secret.
    """
    raw = _bytes(path, what, remedy)
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise TextUnreadable(
            f"the {what} file {path!r} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    if not text:
        raise TextUnreadable(f"the {what} file {path!r} is empty; write the {what} into it")
    try:
        refuse_secrets(text, f"{what} file {path!r}")
    except ValueError as error:
        raise TextUnreadable(str(error)) from None
    return text


def _bytes(path: str, what: str, remedy: str) -> bytes:
    try:
        return read_file(path, most=MAX_BYTES)
    except FileTooLarge:
        raise TextUnreadable(f"the {what} file {path!r} is larger than 1 MB; give a shorter one") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TextUnreadable(f"cannot read the {what} {path!r}: {reason}; {remedy}") from None
