"""Command lines as documents and help show them, read as the command reads them."""

from __future__ import annotations

import argparse
import io
import re
import shlex
from datetime import UTC, datetime

from oomlog.cli.arguments import joined
from oomlog.cli.context import Context
from oomlog.cli.incidents import incident_of
from oomlog.cli.inputs import filter_of
from oomlog.cli.main import COMMANDS, _parser

_COMMAND = re.compile(rf"(?:^|[|] *|sudo +)oomlog ((?:{'|'.join(COMMANDS)})\b.*)", re.MULTILINE)
_END = {"|", ">", ">>", "<"}


def commands_in(text: str) -> list[list[str]]:
    """Return the arguments of each command of a text, without redirections, pipes, comments and remarks."""
    found = []
    for line in _COMMAND.findall(text):
        words = shlex.split(re.split(r" {3,}", line)[0], comments=True)
        end = next((at for at, word in enumerate(words) if word in _END), len(words))
        found.append(words[:end])
    return found


def understood(words: list[str]) -> argparse.Namespace:
    """Return the options that the words mean, times included.

    :raise UsageError: They mean nothing.
    """
    context = Context(
        stdin=None, stdout=io.BytesIO(), stderr=io.StringIO(), now=datetime(2026, 11, 28, tzinfo=UTC)
    )
    # A file that holds an address is read at once, and is not here.
    words = [re.sub(r"^@/.*", "https://example.org/", word) for word in words]
    options = _parser(words[0]).parse_args(joined(words))
    if hasattr(options, "since"):
        filter_of(options, context)
    if getattr(options, "incident", None) is not None:
        incident_of(options, context)
    return options
