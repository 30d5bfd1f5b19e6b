"""``dropout-tui completion``: what a shell needs in order to complete commands, options and their values."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_PROGRAM = "dropout-tui"
_PROMPTS = f"$({_PROGRAM} prompt --list 2>/dev/null)"


@dataclass(frozen=True, slots=True)
class Offered:
    """One option of a command."""

    flags: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...] = ()
    """The values that can be listed; files are offered for others."""
    names: bool = False
    """Whether it takes the name of a prompt, which the program lists when the shell asks."""
    several: bool = False
    """Whether it takes several of them, with commas between them."""


Options = Mapping[str, Sequence[Offered]]
"""Options by command; those without a command under an empty name."""


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script that makes `shell` complete what `parser` takes."""
    commands = _commands(parser)
    options = {"": _options(parser), **{name: _options(each) for name, (each, _) in commands.items()}}
    helps = {name: said for name, (_, said) in commands.items()}
    written: Mapping[str, Callable[[Options, Mapping[str, str]], Iterator[str]]] = {
        "bash": _bash,
        "zsh": _zsh,
        "fish": _fish,
    }
    return "\n".join(written[shell](options, helps)) + "\n"


def _commands(parser: argparse.ArgumentParser) -> dict[str, tuple[argparse.ArgumentParser, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            return {name: (each, helps.get(name, "")) for name, each in action.choices.items()}
    return {}


def _options(parser: argparse.ArgumentParser) -> list[Offered]:
    return [
        Offered(
            tuple(action.option_strings),
            _plain(action.help),
            action.nargs != 0,
            _values(str(action.metavar or "")),
            action.dest in ("prompt", "prompts"),
            action.dest == "prompts",
        )
        for action in parser._actions
        if action.option_strings and action.help is not argparse.SUPPRESS
    ]


def _plain(text: str | None) -> str:
    """The first words of a help, without what a shell would read as its own."""
    first = (text or "").partition(" (")[0].partition(";")[0]
    return "".join(letter for letter in first if letter not in "'\"`[]:\\$")


def _values(metavar: str) -> tuple[str, ...]:
    """The words of a metavar such as ``answer|agent``; those in capitals stand for anything."""
    return tuple(word for word in metavar.split("|") if word.replace("-", "").isalnum() and word.islower())


def _bash(options: Options, helps: Mapping[str, str]) -> Iterator[str]:
    yield f'# bash completion of {_PROGRAM}: eval "$({_PROGRAM} completion bash)"'
    yield "_dropout_tui() {"
    yield '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="" each'
    yield '  for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield f'    case "$each" in {"|".join(helps)}) command="$each"; break;; esac'
    yield "  done"
    yield '  case "$command $before" in'
    for name, offered in options.items():
        for one in offered:
            if one.takes_value:
                places = "|".join(f'"{name} {flag}"' for flag in one.flags)
                yield f"    {places}) {_bash_values(one)}return;;"
    yield "  esac"
    yield '  case "$command" in'
    for name, offered in options.items():
        words = [flag for one in offered for flag in one.flags] + ([] if name else list(helps))
        yield f'    "{name}") COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word"));;'
    yield "  esac"
    yield "}"
    yield f"complete -o default -F _dropout_tui {_PROGRAM}"


def _bash_values(one: Offered) -> str:
    if one.several:
        before = '"${word%"${word##*,}"}"'
        return f'COMPREPLY=($(compgen -P {before} -W "{_PROMPTS}" -- "${{word##*,}}")); '
    words = _PROMPTS if one.names else " ".join(one.values)
    return f'COMPREPLY=($(compgen -W "{words}" -- "$word")); ' if words else ""


def _zsh(options: Options, helps: Mapping[str, str]) -> Iterator[str]:
    yield f"#compdef {_PROGRAM}"
    yield f"# zsh completion of {_PROGRAM}: {_PROGRAM} completion zsh > a folder of $fpath/_{_PROGRAM}"
    yield "_dropout_tui() {"
    yield "  local -a commands=("
    for name, said in helps.items():
        yield f"    {shlex.quote(f'{name}:{_plain(said)}')}"
    yield "  )"
    yield "  local place=${words[(I)(" + "|".join(helps) + ")]}"
    yield '  local command=""'
    yield '  (( place > 1 && place < CURRENT )) && command="${words[place]}"'
    yield '  case "$command" in'
    for name, offered in options.items():
        specs = " ".join(shlex.quote(each) for one in offered for each in _zsh_specs(one))
        first = "" if name else "'1:command:{_describe command commands}' "
        shifted = "shift 'place - 1' words; (( CURRENT -= place - 1 )); " if name else ""
        yield f"    \"{name}\") {shifted}_arguments {specs} {first}'*:file:_files';;"
    yield "  esac"
    yield "}"
    yield f"compdef _dropout_tui {_PROGRAM}"


def _zsh_specs(one: Offered) -> Iterator[str]:
    action = f":value:({' '.join(one.values)})" if one.values else ":value:_files" if one.takes_value else ""
    if one.names:
        action = f":value:{{compadd -- {_PROMPTS}; _files}}"
    if one.several:
        action = f":value:{{_sequence compadd - {_PROMPTS}}}"
    for flag in one.flags:
        yield f"{flag}[{one.help}]{action}"


def _fish(options: Options, helps: Mapping[str, str]) -> Iterator[str]:
    yield f"# fish completion of {_PROGRAM}: {_PROGRAM} completion fish | source"
    for name, said in helps.items():
        yield f"complete -c {_PROGRAM} -n __fish_use_subcommand -f -a {name} -d '{_plain(said)}'"
    for name, offered in options.items():
        where = f"'__fish_seen_subcommand_from {name}'" if name else "__fish_use_subcommand"
        for one in offered:
            flags = " ".join(
                f"-l {flag.removeprefix('--')}" if flag.startswith("--") else f"-s {flag.removeprefix('-')}"
                for flag in one.flags
            )
            listed = f" -x -a '{' '.join(one.values)}'" if one.values else " -r" if one.takes_value else ""
            if one.names:
                listed = f" -r -a '{_PROMPTS.removeprefix('$')}'"
            yield f"complete -c {_PROGRAM} -n {where} {flags}{listed} -d '{one.help}'"
