"""JSON as the store keeps it."""

from __future__ import annotations

import json

dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
"""The text of a plain value: ASCII, because SQLite cannot hold the lone surrogates and NULs a reply may contain."""
