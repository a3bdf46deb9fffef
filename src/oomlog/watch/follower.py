"""What a log looks like that is followed: blocks of whole lines, and where each can be read once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["NOTHING", "TICK_S", "Block", "Follower", "Position", "Say", "Token"]

TICK_S = 0.25
"""How long a follower that has read everything waits before it looks again."""

Position = Mapping[str, int | str]
"""Where to go on reading, as it is stored: plain JSON."""
Token = object
"""A place in the log as its follower knows it; only :meth:`Follower.position` looks into it."""
Say = Callable[[str], None]
"""Takes a message for the user, not yet escaped."""


class Block(NamedTuple):
    """Whole lines, as many as there are.  Without any, the log has been read to its end for now."""

    data: bytes
    marks: Sequence[tuple[int, Token]] = ()
    """(offset in ``data``, place), in order; the first at 0, the last just after the end."""
    line: int | None = None
    """Number of the first line where the log has its own numbers."""
    fresh: bool = False
    """Another log begins here, which continues the one before: a new file after rotation."""


NOTHING = Block(b"")


class Follower(Protocol):
    """Reads one log as it grows."""

    name: str
    """As it is shown, and as events name their source."""
    lost: int
    """Records that were overwritten before they could be read."""
    proven: bool
    """Who wrote a line is certain, as for :class:`oomlog.sources.Source`."""

    def blocks(self) -> Iterator[Block]:
        """Yield what is there, then wait, ``NOTHING`` at least every ``TICK_S`` seconds.

        Ends when there will never be more.

        :raise SourceError: When it cannot be read.
        """
        ...

    def position(self, token: Token, into: int) -> Position | None:
        """Return where to go on to get everything from ``into`` bytes after a mark on.

        ``None`` where reading cannot be resumed (a pipe).
        """
        ...
