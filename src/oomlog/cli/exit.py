"""Exit statuses of the ``oomlog`` command."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitStatus"]


class ExitStatus(IntEnum):
    """What the shell is told; where several apply, the first of 130, 141, 2, 3, 1."""

    DONE = 0
    """Everything was read; also when there was nothing to find."""
    KILLS_FOUND = 1
    """Only with ``--exit-code``: at least one process was killed."""
    NO_MATCH = 1
    """Of ``grammar try``: no variant matches the line; of ``why``: no event mentions the process."""
    FAILED = 2
    """Wrong usage, or an input that cannot be read; the other inputs were still processed."""
    PROBLEMS = 3
    """Only with ``--strict``: lines of a report could not be understood."""
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """Whoever read the output stopped reading (``| head``)."""
