"""Code without fences: where it begins and ends among prose."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dropout_core.extraction.definition_line import definition_line
from dropout_core.extraction.python_source import Reading, dedent, indent_of, parse, read

_MOST_DEFINITIONS = 8
_MOST_RETRIES = 40
_MOST_LINES_ABOVE = 400
"""Limit that no honest reply comes near; without it a hostile one would take quadratic time."""

_NOT_CODE = re.compile(
    r"""\s*(?:
        [`~]{3,} | </?[a-zA-Z][^<>]*>\s*$ | [-=*_]{3,}\s*$ | [|$\\] | [^\x00-\x7f]
        | (?:(?:\d+[.)]|[-*>\#]+)\s+)? [*_"'(`\[]* (?P<word>[A-Za-z]+)
          (?: ['’]\w | \s+[\w("'`*] | [*_"')`]*[.,:!?;]+(?:\s|$) | [*_]*$ )
    )""",
    re.X,
)


_CODE_WORDS = {*keyword.kwlist, "print"}


def _is_prose(line: str) -> bool:
    """Whether a line reads as words, or as markup between words, rather than as broken code."""
    match = _NOT_CODE.match(line)
    return match is not None and match["word"] not in _CODE_WORDS


@dataclass(frozen=True, slots=True)
class Unfenced:
    """Consecutive lines that are Python and define `dropout`."""

    reading: Reading
    start: int
    ended: bool
    """Whether something follows them, so that they were not cut off."""


def unfenced_definitions(lines: Sequence[str]) -> Iterator[Unfenced]:
    """Lines around each definition of `dropout`, from the last one up."""
    starts = [number for number, line in enumerate(lines) if definition_line().match(line)][
        -_MOST_DEFINITIONS:
    ]
    starts = [start for start in starts if not _is_member(lines, start)]
    for start in reversed(starts):
        stop = _end_of_code(lines, start)
        definition = read("\n".join(lines[start:stop]))
        above = _start_of_code(lines, start)
        with_lines_above = read("\n".join(lines[above:stop]))
        ended = stop < len(lines)
        if definition.defines:
            whole = with_lines_above.defines
            yield Unfenced(with_lines_above if whole else definition, above if whole else start, ended)
        elif definition.names:
            yield Unfenced(with_lines_above, above, ended)


def _is_member(lines: Sequence[str], start: int) -> bool:
    """Whether the definition stands inside a class or function."""
    margin = indent_of(lines[start])
    if margin == 0:
        return False
    outer = next((line for line in reversed(lines[:start]) if line.strip() and indent_of(line) < margin), "")
    return re.match(r"\s*(?:class|(?:async\s+)?def)\b", outer) is not None


def _end_of_code(lines: Sequence[str], start: int) -> int:
    """Where prose begins after the code: the first line of words at which the parser fails."""
    margin = indent_of(lines[start])
    stop = len(lines)
    for _ in range(_MOST_RETRIES):
        text = dedent("\n".join(lines[start:stop]))
        result = parse(text)
        if isinstance(result, ast.Module):
            return stop
        wrong = start + result.lineno - 1 if isinstance(result, SyntaxError) and result.lineno else start
        words = (
            number
            for number in range(max(wrong, start + 1), stop)
            if lines[number].strip() and indent_of(lines[number]) <= margin and _is_prose(lines[number])
        )
        first = next(words, stop)
        if first == stop:
            return stop
        stop = first
    return stop


def _start_of_code(lines: Sequence[str], start: int) -> int:
    """First line of the code: imports, helper functions, decorators and comments directly above the definition are
    included."""
    margin = indent_of(lines[start])
    below = start
    for above in range(start - 1, max(-1, start - _MOST_LINES_ABOVE), -1):
        line = lines[above]
        if not line.strip() or indent_of(line) > margin:
            continue
        if isinstance(parse(dedent("\n".join(lines[above:below])) + "\ndef _(): pass"), ast.Module):
            below = above
        elif below - above > _MOST_RETRIES or (_is_prose(line) and not _holds_quotes(lines[above:below])):
            break
    return below


def _holds_quotes(lines: Sequence[str]) -> bool:
    """Whether a multi-line string may end here, whose words are not prose."""
    return any('"""' in line or "'''" in line for line in lines)


def inline_definition(text: str) -> Reading | None:
    """A one-line function in a code span, as in ```dropout = lambda x, p, training: …```."""
    spans = [
        re.sub(r"^[ \t]*(?:python3?|py)[ \t]+", "", span[2])
        for span in re.finditer(r"(?<!`)(`{1,3})(?!`)([^`\n]+)\1(?!`)", text)
    ]
    spans = [span for span in spans if definition_line().match(span) and ("lambda" in span or "def" in span)]
    for span in reversed(spans[-_MOST_DEFINITIONS:]):
        if (reading := read(span)).defines:
            return reading
    return None
