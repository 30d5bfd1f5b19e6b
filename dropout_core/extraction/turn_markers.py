"""Turn markers of chat templates that a server left in the text."""

from __future__ import annotations

import re

_ROLES = r"(?:assistant|model|user|human|system|tool|ipython|observation)"
_MARK = re.compile(
    rf"""(?:
      (?P<opens> <\|im_start\|> | <start_of_turn> | <\|start\|> | <\|turn> | <\|start_of_role\|>
          | <\|start_header_id\|> | <\|(?=(?:assistant|user|system|observation)\|>)
          | <｜(?=(?:Assistant|User)｜>) | \[INST\] | <\|START_OF_TURN_TOKEN\|> )
      [ \t]* (?P<role> {_ROLES} )? (?: <\|end_header_id\|> | <\|end_of_role\|> | [|｜]> )?
    | <\|(?: im_end | eot_id | eom_id | end | endoftext | end_of_text | end_of_turn | return | call | eot | eos
          | END_OF_TURN_TOKEN | END_RESPONSE | endofturn | end_of_sentence | end▁of▁sentence )\|>
    | <｜end▁of▁sentence｜> | </?s> | <eos> | <bos> | <end_of_turn> | <turn\|> | <end_of_utterance> | \[/INST\]
    | <\|begin_of_text\|> | \[e~\[
    )(?!["'`])""",
    re.X | re.I,
)
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^\n<]{0,80}<\|message\|>")


def without_marks_of_turns(text: str) -> str:
    """The model's own words: markers are removed, and so is the text of other roles after its turn. A mark before a
    quotation mark is part of a string, and stays."""
    finals = list(_FINAL.finditer(text))
    if finals:
        text = text[finals[-1].end() :]
    marks = list(_MARK.finditer(text))
    if not marks:
        return text
    kept = [text[: marks[0].start()]]
    own = True
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if mark["opens"]:
            role = (mark["role"] or "").lower()
            own = role in {"assistant", "model"} or (not role and mark["opens"].upper() != "[INST]")
        elif mark[0].upper() == "[/INST]":
            own = True
        if own:
            kept.append(text[mark.end() : None if following is None else following.start()].lstrip(" "))
    said = "\n".join(part for part in kept if part)
    return said if said.strip() else text
