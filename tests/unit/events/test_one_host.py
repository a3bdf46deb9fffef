"""Whose line is whose where several machines write into one log."""

from __future__ import annotations

import pytest

from oomlog.events.one_host import lines_of_host

_WHEN = "Nov 22 10:00:01 "


def log(*lines: tuple[str, str]) -> bytes:
    """Return lines as a log host stores them: who wrote each, and what."""
    return "".join(f"{_WHEN}{host} kernel: {text}\n" for host, text in lines).encode()


def test_the_text_of_one_machine_is_not_touched() -> None:
    """Nearly all logs are of one machine, and their text is not even copied."""
    text = log(("web1", "Mem-Info:"), ("web1", "active_anon:1"))
    assert lines_of_host(text, "web1", f"{_WHEN}web1 kernel: ") is text


@pytest.mark.parametrize(
    ("host", "other", "words"),
    [
        ("web1", "web10", "active_anon:1"),
        ("web1", "db1", "[  7]  0  7  1  1  4096  0  0 web1"),
        ("web1", "db1", "oom-kill:task_memcg=/web1 kernel: ,task=web1 "),
        ("java", "db1", "[  7]  0  7  1  1  4096  0  0 java"),
    ],
)
def test_lines_of_another_machine_are_blank_whatever_they_say(host: str, other: str, words: str) -> None:
    """Neither a longer name nor the machine's name among the words makes a line its own."""
    own = f"{host} {host} kernel: {host} "
    text = log((host, own), (other, words), (host, own))
    first, rest = text.split(b"\n", 1)
    kept = lines_of_host(text, host, f"{_WHEN}{host} kernel: ")
    assert kept == first + b"\n\n" + rest.split(b"\n", 1)[1]


def test_lines_that_name_no_machine_are_kept() -> None:
    """What a terminal or a pager put between is for the decoder to judge."""
    text = log(("web1", "Mem-Info:")) + b"active_anon:1 inactive_anon:2\n" + log(("db1", "active_anon:3"))
    kept = lines_of_host(text, "web1", f"{_WHEN}web1 kernel: ")
    assert kept == log(("web1", "Mem-Info:")) + b"active_anon:1 inactive_anon:2\n\n"
