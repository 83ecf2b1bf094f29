"""`goalstate completion`: a script by which a shell completes commands, options and their values.

The script is made from the parser itself, and it is all that the shell needs: pressing TAB starts no Python.

Sources: "Programmable Completion" in the manual of bash; zshcompsys(1), `_arguments`; `complete` of fish.
Left out: names of roles, properties and events, which depend on the service.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import click

from ...terminal.answer import Answer
from ...terminal.errors import UserError
from ...terminal.exit_codes import HOLDS

PROGRAM = "goalstate"


@dataclass(frozen=True)
class Flag:
    """One option: its names, the help, its ``values`` if they are a choice; whether it takes a value, or a file."""

    names: tuple[str, ...]
    help: str
    values: tuple[str, ...] = ()
    takes: bool = False
    file: bool = False
    many: bool = False


@dataclass(frozen=True)
class Completed:
    """One command: its summary, its options, the words that come first, and whether files can follow."""

    summary: str
    flags: tuple[Flag, ...]
    words: tuple[str, ...] = ()
    files: bool = False


def completion(shell: str, commands: click.Group) -> Answer:
    """The script for a shell; raises UserError for a shell that there is none for."""
    if shell not in SCRIPTS:
        raise UserError(f"{shell!r} is no shell that is known here; allowed: {', '.join(SCRIPTS)}; name one of them")
    found = {name: _completed(command, tuple(commands.commands)) for name, command in commands.commands.items()}
    return Answer(HOLDS, SCRIPTS[shell](found))


def _completed(command: click.Command, names: tuple[str, ...]) -> Completed:
    flags: list[Flag] = []
    words: tuple[str, ...] = ()
    files = False
    for parameter in command.get_params(click.Context(command, info_name=command.name)):
        if isinstance(parameter, click.Argument):
            metavar = parameter.metavar or ""
            if parameter.name == "topic":
                words = names
            elif "|" in metavar:
                words = tuple(metavar.split("|"))
            files = files or parameter.name in ("paths", "trace")
        elif isinstance(parameter, click.Option):
            flags.append(_flag(parameter))
    return Completed(command.short_help or "", tuple(flags), words, files)


def _flag(option: click.Option) -> Flag:
    choices = tuple(map(str, option.type.choices)) if isinstance(option.type, click.Choice) else ()
    metavar = option.metavar or ""
    names = tuple(sorted(option.opts, key=len, reverse=True))
    is_file = any(word in metavar for word in ("FILE", "DIR", "PATH"))
    return Flag(names, option.help or "", choices, not option.is_flag, is_file, option.multiple)


def _bash(commands: Mapping[str, Completed]) -> str:
    return "\n".join(
        [
            f"# Completion of {PROGRAM} for bash; to use it: source <({PROGRAM} completion bash)",
            f"_{PROGRAM}() {{",
            '    local cur="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" command="" word',
            '    for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do',
            '        case "$word" in',
            f'            {"|".join(commands)}) command="$word"; break ;;',
            "        esac",
            "    done",
            '    case "$command $previous" in',
            *_bash_values(commands),
            "    esac",
            '    local options="--help --version" words="' + " ".join(commands) + '" files=""',
            '    case "$command" in',
            *(
                f"        {name}) options={shlex.quote(' '.join(n for f in c.flags for n in f.names))} "
                f"words={shlex.quote(' '.join(c.words))} files={'yes' if c.files else chr(39) * 2} ;;"
                for name, c in commands.items()
            ),
            "    esac",
            '    case "$cur" in',
            '        -*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;',
            '        *) COMPREPLY=($(compgen -W "$words" -- "$cur"))',
            '           [ -z "$files" ] || COMPREPLY+=($(compgen -f -- "$cur")) ;;',
            "    esac",
            "}",
            f"complete -o filenames -F _{PROGRAM} {PROGRAM}",
            "",
        ]
    )


def _bash_values(commands: Mapping[str, Completed]) -> Iterator[str]:
    for name, command in commands.items():
        for flag in command.flags:
            if flag.takes:
                pattern = "|".join(f'"{name} {one}"' for one in flag.names)
                words = f'-W "{" ".join(flag.values)}"' if flag.values else "-f" if flag.file else '-W ""'
                yield f'        {pattern}) COMPREPLY=($(compgen {words} -- "$cur")); return ;;'


def _zsh(commands: Mapping[str, Completed]) -> str:
    lines = [
        f"#compdef {PROGRAM}",
        f"# Completion of {PROGRAM} for zsh; to use it: source <({PROGRAM} completion zsh)",
        f"_{PROGRAM}() {{",
        "    local -a commands",
        "    commands=(",
        *(f"        {_quoted(f'{name}:{command.summary}')}" for name, command in commands.items()),
        "    )",
        "    if (( CURRENT == 2 )); then",
        "        _describe command commands",
        "        return",
        "    fi",
        '    local command="$words[2]"',
        "    shift words",
        "    (( CURRENT-- ))",
        '    case "$command" in',
    ]
    for name, command in commands.items():
        specs = [spec for flag in command.flags for spec in _zsh_specs(flag)]
        if command.words:
            specs.append(f"1:word:({' '.join(command.words)})")
        if command.files:
            specs.append("*:file:_files")
        arguments = " ".join(map(_quoted, specs))
        lines.append(f"        {name}) _arguments {arguments} ;;")
    return "\n".join(
        [
            *lines,
            "    esac",
            "}",
            f'if [ "$funcstack[1]" = _{PROGRAM} ]; then _{PROGRAM} "$@"; else compdef _{PROGRAM} {PROGRAM}; fi',
            "",
        ]
    )


def _zsh_specs(flag: Flag) -> Iterator[str]:
    help = flag.help.replace("[", r"\[").replace("]", r"\]")
    value = f"({' '.join(flag.values)})" if flag.values else "_files" if flag.file else " "
    for name in flag.names:
        others = "*" if flag.many else f"({' '.join(flag.names)})"
        yield f"{others}{name}[{help}]" + (f":value:{value}" if flag.takes else "")


def _fish(commands: Mapping[str, Completed]) -> str:
    lines = [
        f"# Completion of {PROGRAM} for fish; to use it: {PROGRAM} completion fish | source",
        f"complete -c {PROGRAM} -n __fish_use_subcommand -f",
    ]
    for name, command in commands.items():
        lines.append(f"complete -c {PROGRAM} -n __fish_use_subcommand -f -a {name} -d {_fish_quoted(command.summary)}")
    for name, command in commands.items():
        seen = f"complete -c {PROGRAM} -n '__fish_seen_subcommand_from {name}'"
        if not command.files:
            lines.append(f"{seen} -f")
        if command.words:
            lines.append(f"{seen} -f -a '{' '.join(command.words)}'")
        for flag in command.flags:
            names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in flag.names)
            value = f" -x -a '{' '.join(flag.values)}'" if flag.values else " -r -F" if flag.file else " -x"
            lines.append(f"{seen} {names}{value if flag.takes else ''} -d {_fish_quoted(flag.help)}")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SCRIPTS: Mapping[str, Callable[[Mapping[str, Completed]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
