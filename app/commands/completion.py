"""Completion for bash, zsh and fish: a script made from the options of the commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from app.commands.options import LAUNCHERS, Parser, parser

LAUNCHER_WORDS = {
    "test": ["--interop", "--browser", "--help"],
    "check": ["--no-tests", "--help"],
    "lock": ["--upgrade", "--help"],
}
BASH = """\
_nashra() {
  local word before=''
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) before="$before $word" ;; esac
  done
  case $before in
%(cases)s
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _nashra nashra ./nashra
"""
ZSH = """\
#compdef nashra
_nashra() {
  local word before=''
  for word in "${(@)words[2,CURRENT-1]}"; do
    case $word in -*) ;; *) before="$before $word" ;; esac
  done
  local -a choices
  case $before in
%(cases)s
    *) _files; return ;;
  esac
  _describe nashra choices
}
compdef _nashra nashra ./nashra
"""


class Place(NamedTuple):
    """What may follow some words: `` or ` token` -> word and sentence of each."""

    before: str
    words: dict[str, str]


def write(options: argparse.Namespace) -> int:
    places = list(_places(parser()))
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell](places), end="")
    return 0


def _places(command: Parser, before: str = "") -> Iterator[Place]:
    words: dict[str, str] = {} if before else dict(LAUNCHERS)
    for action in command._actions:  # argparse has no public list
        words |= dict.fromkeys((name for name in action.option_strings if name.startswith("--")), action.help or "")
        if isinstance(action, argparse._SubParsersAction):
            for shown in action._choices_actions:
                words[shown.dest] = shown.help or ""
            for name, inner in action.choices.items():
                yield from _places(inner, f"{before} {name}")
        elif action.choices and not action.option_strings:
            words |= dict.fromkeys(map(str, action.choices), action.help or "")
    yield Place(before, words)
    if not before:
        yield from (Place(f" {name}", dict.fromkeys(words, "")) for name, words in LAUNCHER_WORDS.items())


def _bash(places: list[Place]) -> str:
    cases = [f"    {_quoted(place.before)}) words='{' '.join(place.words)}' ;;" for place in places]
    return BASH % {"cases": "\n".join(cases)}


def _zsh(places: list[Place]) -> str:
    cases = []
    for place in places:
        choices = " ".join(_quoted(f"{word}:{text}") for word, text in place.words.items())
        cases.append(f"    {_quoted(place.before)}) choices=({choices}) ;;")
    return ZSH % {"cases": "\n".join(cases)}


def _fish(places: list[Place]) -> str:
    lines = ["complete -c nashra -f"]
    for place in places:
        path = place.before.split()
        seen = [f"__fish_seen_subcommand_from {word}" for word in path] or ["__fish_use_subcommand"]
        condition = _quoted("; and ".join(seen))
        for word, text in place.words.items():
            option = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c nashra -n {condition} {option} -d {_quoted(text)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "") + "'"
