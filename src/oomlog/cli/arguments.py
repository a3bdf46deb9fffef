"""The argument parser: argparse without its printing and exiting, and the types of option values."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from textwrap import fill
from typing import IO, NoReturn, TypeVar

from oomlog.errors import UsageError

__all__ = ["HelpShown", "Parser", "did_you_mean", "joined", "value"]

_Value = TypeVar("_Value")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
# Options whose value may begin with a dash, as in ``--since -2h``.
_DASHED = frozenset({"--since", "--until", "--tz", "--adj", "--boot"})


class HelpShown(Exception):  # noqa: N818 - it is no error
    """The user asked for help; the text is the only argument."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    # The same text in every terminal and in every pipe.
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=98)

    # A text of several lines is set as it is; a sentence is wrapped.
    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return super()._fill_text(text if "\n" in text else fill(text, width), width, indent)


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and exiting."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("formatter_class", _Formatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def print_help(self, file: IO[str] | None = None) -> NoReturn:  # type: ignore[override]
        """Hand the help text to the caller.

        :raise HelpShown: Always.
        """
        raise HelpShown(self.format_help())

    # Called for each subcommand with what is its own, so that the message names the subcommand.
    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Read the arguments; there are none that are left over.

        :raise UsageError: For the first argument that has no meaning here.
        """
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            unknown = self._placed(found, unknown)
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0])
            if not word.startswith("-"):
                self.error(f"{word!r} is one argument too many")
            option = word.partition("=")[0]
            hint = did_you_mean(option, self._option_string_actions)
            self.error(f"no option is called {option!r}" + (f"; {hint}" if hint else ""))
        return found, unknown

    def _placed(self, found: argparse.Namespace, unknown: list[str]) -> list[str]:
        """Put the words behind an option with those before it, and return what has no place.

        argparse gives a list of files only what stands together: of ``a.log --year 2026 b.log`` one file.
        """
        places = [action for action in self._actions if not action.option_strings]
        at = next((at for at, action in enumerate(places) if action.nargs in ("*", "+")), None)
        if at is None:
            return unknown
        dashes = unknown.index("--") if "--" in unknown else len(unknown)
        if any(word.startswith("-") and word != "-" for word in unknown[:dashes]):
            return unknown
        words = [*unknown[:dashes], *unknown[dashes + 1 :]]
        # What stands behind the list, as in ``why FILE... PROCESS``, took words of the list.
        behind = [action.dest for action in places[at + 1 :]]
        words = [*getattr(found, places[at].dest), *(getattr(found, name) for name in behind), *words]
        for name in reversed(behind):
            setattr(found, name, words.pop())
        setattr(found, places[at].dest, words)
        return []

    # argparse words this differently from version to version.
    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        hint = did_you_mean(str(value), choices) or f"write one of {', '.join(choices)}"
        if action.option_strings:
            raise argparse.ArgumentError(action, f"{str(value)!r} is not possible; {hint}")
        self.error(f"no {str(action.metavar).lower()} is called {str(value)!r}; {hint}")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments.

        :raise UsageError: Always.
        """
        raise UsageError(f"{message}\nTry '{self.prog} --help'.")


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the question for the known word that is most like ``word``.

    >>> did_you_mean("pars", ["parse", "schema"])
    "did you mean 'parse'?"
    """
    from difflib import get_close_matches  # only for those who mistype

    close = get_close_matches(word, list(known), 1)
    return f"did you mean {close[0]!r}?" if close else None


def value(read: Callable[[str], _Value]) -> Callable[[str], _Value]:
    """Turn a reader of one option's value into what argparse wants for ``type``."""

    def convert(text: str) -> _Value:
        try:
            return read(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def joined(arguments: list[str]) -> list[str]:
    """Join ``--since -2h`` to ``--since=-2h``, which argparse would take for two options.

    >>> joined(["--since", "-2h", "kern.log"])
    ['--since=-2h', 'kern.log']
    """
    found: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*found, argument, *waiting]
        if argument in _DASHED and (following := next(waiting, None)) is not None:
            found.append(f"{argument}={following}")
        else:
            found.append(argument)
    return found


def read_size(text: str) -> int:
    """Read a number of bytes.

    >>> read_size("64G"), read_size("1.5 MiB"), read_size("4096")
    (68719476736, 1572864, 4096)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is not a size; write bytes or a number with K, M, G or T, like 64G")
    return int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " "))


def read_count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text[:20]) < 1:
        raise UsageError(f"{text!r} is not a whole number of at least 1")
    return int(text[:20])


def read_percent(text: str) -> float:
    """Read a percentage as a part of 1.

    >>> read_percent("90%"), read_percent("5")
    (0.9, 0.05)
    """
    number = text.removesuffix("%")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= 100:
        raise UsageError(f"{text!r} is not a percentage from 1 to 100")
    return int(number) / 100


def read_adj(text: str) -> int:
    """Read an oom_score_adj."""
    digits = text[1:] if text[:1] == "-" else text
    if not digits.isascii() or not digits.isdigit() or int(digits[:9]) > 1000:
        raise UsageError(f"{text!r} is no oom_score_adj; write a whole number from -1000 to 1000")
    return int(text)


def read_year(text: str) -> int:
    """Read a year that a log can be from."""
    if not re.fullmatch(r"(19|20|21)\d\d", text):
        raise UsageError(f"{text!r} is not a year; write four digits, like 2024")
    return int(text)


def read_zone(text: str) -> tzinfo:
    """Read a time zone: a name like Europe/Berlin, UTC, or an offset like +02:00."""
    if text.upper() in ("UTC", "Z"):
        return UTC
    if found := _OFFSET.fullmatch(text):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise UsageError(
            f"no time zone is called {text!r}; write a name like Europe/Berlin, UTC, or an offset like +02:00"
        ) from None


def read_pattern(text: str) -> re.Pattern[str]:
    """Read a regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise UsageError(f"{text!r} is not a regular expression: {error.msg}{where}") from None


def local_now() -> datetime:
    """Return the time of this machine, with its zone."""
    return datetime.now().astimezone()
