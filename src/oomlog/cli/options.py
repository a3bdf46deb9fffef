"""Options that several commands have, each with one meaning and one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["add_color", "add_json_or_text", "add_lang", "add_root"]


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


def add_json_or_text(group: Any) -> None:
    """Add ``--format`` for commands that answer in sentences."""
    group.add_argument(
        "-f", "--format", choices=("text", "json"), default="text", metavar="F",
        help="text (the default) or json",
    )  # fmt: skip


def add_root(parser: Any, *, but: str = "") -> None:
    """Add ``--root``, the machine to look at.

    :param but: What is said after its meaning.
    """
    parser.add_argument(
        "--root", metavar="DIR", type=Path,
        help=f"read DIR/proc and DIR/sys, such as /host in a debugging container{but}",
    )  # fmt: skip
