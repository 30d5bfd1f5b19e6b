"""Inspect AI log as the ``.eval`` archive that its own program writes: a ZIP file with a member for each sample."""

from __future__ import annotations

import io
from collections.abc import Iterator
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dropout_core.reports.inspect.log import dumped, head_of
from dropout_core.reports.inspect.sample import sample_of, shown, summary_of
from dropout_core.reports.record import Record

_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of every member, so that the same evaluation is always written as the same bytes."""


def inspect_archive(record: Record) -> Iterator[bytes]:
    """The archive, in pieces."""
    written = _Gathered()
    head = head_of(record)
    summaries = []
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:

        def add(name: str, value: object) -> bytes:
            member = ZipInfo(name, _BEGINNING_OF_TIME)
            member.compress_type = ZIP_DEFLATED
            archive.writestr(member, dumped(value))
            return written.taken()

        yield add("_journal/start.json", {name: head[name] for name in ("version", "eval", "plan")})
        for trial in record.state.trials:
            attempt = shown(trial)
            if attempt is not None:
                sample = sample_of(record, trial, attempt)
                summaries.append(summary_of(sample))
                yield add(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample)
        yield add("_journal/summaries/1.json", summaries)
        yield add("summaries.json", summaries)
        yield add("header.json", head)
    yield written.taken()


class _Gathered(io.RawIOBase):
    """File that is never read: what is written into it is taken out piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        content = bytes(piece)  # type: ignore[call-overload]
        self._pieces.append(content)
        return len(content)

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content
