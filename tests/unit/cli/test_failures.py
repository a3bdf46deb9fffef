"""Messages of errors."""

from __future__ import annotations

import errno
import os

import pytest

from oomlog.cli.failures import cannot_read, cannot_write
from oomlog.errors import ParseError


def test_parse_error_says_found_once() -> None:
    """A problem that already says what was found is followed by the line's text alone."""
    error = ParseError("kern.log", 7, "key:value, found 'oops'", "a:1 oops")
    assert str(error) == "kern.log:7: expected key:value, found 'oops': 'a:1 oops'"
    assert str(ParseError("kern.log", 7, None, "x")) == "kern.log:7: expected a known line: 'x'"
    assert str(ParseError("kern.log", 7, "a shorter line", "")) == "kern.log:7: expected a shorter line"


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_system_errors_are_worded_alike(number: int) -> None:
    """Every error of the system is told with the file first and in lower case, reading and writing."""
    error = OSError(number, os.strerror(number))
    for told in (str(cannot_read("a.log", error)), str(cannot_write("a.log", error))):
        assert told.startswith("a.log: ")
        reason = told.removeprefix("a.log: ").removeprefix("cannot be written: ")
        assert reason[0] == reason[0].lower()
