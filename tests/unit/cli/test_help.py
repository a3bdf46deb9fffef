"""The help of every command."""

from __future__ import annotations

import io
import re
from importlib import import_module

import pytest
from asked import commands_in, understood

from oomlog.cli.arguments import Parser
from oomlog.cli.context import Context
from oomlog.cli.main import COMMANDS, main


def shown(*words: str) -> str:
    out = io.BytesIO()
    main([*words, "--help"], Context(stdin=None, stdout=out, stderr=io.StringIO()))
    return out.getvalue().decode()


def pages() -> list[tuple[str, ...]]:
    actions = re.findall(r"(?m)^    ([a-z-]+)", shown("grammar").partition("actions:")[2])
    return [(), *((name,) for name in COMMANDS), *(("grammar", action) for action in actions)]


@pytest.mark.parametrize("words", pages(), ids=" ".join)
def test_help_fits_a_window(words: tuple[str, ...]) -> None:
    """No line of any help is longer than 98 columns, whatever is in it."""
    lines = shown(*words).splitlines()
    assert lines[0].startswith(f"usage: {' '.join(('oomlog', *words))} ")
    assert [line for line in lines if len(line) > 98] == []


@pytest.mark.parametrize("words", pages(), ids=" ".join)
def test_examples_are_understood(words: tuple[str, ...]) -> None:
    """What a help gives as an example is a command line that means something."""
    text = shown(*words)
    examples = commands_in(re.sub(r"(?m)^ +", "", re.split(r"(?m)^examples?:$", text)[-1]))
    assert examples or words[:1] in (("grammar",), ())
    for example in examples:
        assert understood(example).command == example[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_argument_is_explained(name: str) -> None:
    """Every option and argument says what it is for, in words that begin no sentence and end none."""
    parser = Parser(prog="oomlog")
    commands = parser.add_subparsers()
    import_module(f"oomlog.cli.commands.{name}").add_parser(commands)
    arguments = commands.choices[name]._actions
    nested = [action.choices for action in arguments if isinstance(action.choices, dict)]
    arguments = arguments + [each for choices in nested for one in choices.values() for each in one._actions]
    for argument in arguments:
        if isinstance(argument.choices, dict):
            continue
        said = argument.help or ""
        assert said, argument.option_strings or argument.dest
        assert not said.endswith("."), said
        word = said.split()[0]
        assert word[0].islower() or word in ("JSON", "POST", "Python"), said


def test_the_list_of_commands_is_theirs() -> None:
    """What ``oomlog --help`` says of a command is what the command says of itself."""
    for name, meaning in COMMANDS.items():
        commands = Parser(prog="oomlog").add_subparsers()
        import_module(f"oomlog.cli.commands.{name}").add_parser(commands)
        assert [choice.help for choice in commands._choices_actions] == [meaning]
