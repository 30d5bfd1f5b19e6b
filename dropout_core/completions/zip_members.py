"""Members of ZIP archives, also those that are compressed with Zstandard, as Inspect compresses its logs."""

from __future__ import annotations

import struct
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

_ZSTANDARD = 93
_HEADER = struct.Struct("<4s22xHH")
"""Header before a member: its signature, and at its end the lengths of the name and of what follows that."""
_SIGNATURE = b"PK\x03\x04"


class NoZstandard(Exception):
    """The archive needs a decompressor that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "is compressed with Zstandard; pip install zstandard, or convert it: inspect log convert --to json"
        )


def content_of(member: ZipInfo, archive: ZipFile, file: BinaryIO) -> bytes:
    """The content of a member of `archive`, which was opened from `file`.

    Raises:
        NoZstandard: it cannot be decompressed here.
        BadZipFile: it is damaged.
        NotImplementedError: it is compressed in another way.
    """
    if member.compress_type != _ZSTANDARD:
        return archive.read(member)
    file.seek(member.header_offset)
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise BadZipFile("it is cut off")
    signature, name, extra = _HEADER.unpack(header)
    if signature != _SIGNATURE:
        raise BadZipFile("a member is not where it should be")
    file.seek(name + extra, 1)
    return _decompressed(file.read(member.compress_size), member.file_size)


def _decompressed(raw: bytes, size: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise NoZstandard from None
    try:
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
            content: bytes = stream.read(size + 1)
    except zstandard.ZstdError as error:
        raise BadZipFile(str(error)) from None
    if len(content) != size:
        raise BadZipFile("a member has another size than it should have")
    return content
