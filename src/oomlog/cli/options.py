"""Options that several commands have, each with one meaning and one wording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oomlog.cli.arguments import read_percent, value

__all__ = [
    "FILES",
    "add_color",
    "add_files",
    "add_format",
    "add_lang",
    "add_near",
    "add_output",
    "add_root",
]

FILES = "logs, folders or archives; standard input for -, or for no name at all unless it is a terminal"


def add_files(parser: Any) -> None:
    """Add the logs to read."""
    parser.add_argument("files", metavar="FILE", nargs="*", help=FILES)


def add_output(group: Any, *, stdout: bool = False) -> None:
    """Add ``--output``.

    :param stdout: Say that ``-`` is standard output, which is not where the command writes by itself.
    """
    group.add_argument(
        "-o", "--output", metavar="FILE",
        help="write to FILE, which appears only when it is complete"
        + ("; - is standard output" if stdout else ""),
    )  # fmt: skip


def add_color(group: Any) -> None:
    """Add ``--color``."""
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN",
        help="auto (the default), always or never; auto respects NO_COLOR",
    )  # fmt: skip


def add_lang(group: Any) -> None:
    """Add ``--lang``."""
    group.add_argument(
        "--lang", choices=("en", "ko"), default="en", metavar="L", help="language: en (the default) or ko"
    )


def add_format(
    group: Any, choices: Sequence[str], meaning: str, *, default: str | None = "text", json: bool = False
) -> None:
    """Add ``--format``.

    :param meaning: What the choices are, in words.
    :param json: Add ``--json`` as well, which is short for one of them.
    """
    group.add_argument("-f", "--format", choices=choices, default=default, metavar="F", help=meaning)
    if json:
        group.add_argument(
            "--json", action="store_const", const="json", dest="format", help="short for -f json"
        )


def add_near(group: Any, default: float) -> None:
    """Add ``--near``."""
    group.add_argument(
        "--near", metavar="PERCENT", type=value(read_percent), default=default,
        help=f"fill from which a cgroup counts as near its limit (default {default:.0%}%)",
    )  # fmt: skip


def add_root(parser: Any, *, but: str = "") -> None:
    """Add ``--root``, the machine to look at.

    :param but: What is said after its meaning.
    """
    parser.add_argument(
        "--root", metavar="DIR", type=Path,
        help=f"read DIR/proc and DIR/sys, such as /host in a debugging container{but}",
    )  # fmt: skip
