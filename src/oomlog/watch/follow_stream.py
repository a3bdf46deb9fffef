"""Follow standard input: what comes is read, and nothing can be read twice."""

from __future__ import annotations

import os
from collections.abc import Iterator

from oomlog.errors import SourceError
from oomlog.sources.reasons import os_failure
from oomlog.watch.control import Control
from oomlog.watch.follower import NOTHING, TICK_S, Block, Position, Token

__all__ = ["StreamFollower"]

_READ = 1 << 18
_LONGEST = 1 << 20


class StreamFollower:
    """Reads a pipe or another descriptor to its end."""

    def __init__(self, fd: int, control: Control, name: str = "<stdin>") -> None:
        self.name = name
        self.lost = 0
        self.proven = False
        self._fd = fd
        self._control = control

    def blocks(self) -> Iterator[Block]:
        """Yield what comes; an unfinished last line when nothing more will."""
        rest = b""
        while True:
            if not self._control.wait(TICK_S, [self._fd]):
                yield NOTHING
                continue
            try:
                data = os.read(self._fd, _READ)
            except BlockingIOError:
                continue
            except OSError as error:
                failure: SourceError = os_failure(self.name, error)
                raise failure from error
            rest += data
            cut = rest.rfind(b"\n") + 1 if data and len(rest) < _LONGEST else len(rest)
            if cut:
                yield Block(rest[:cut])
                rest = rest[cut:]
            if not data:
                return

    def position(self, token: Token, into: int) -> Position | None:
        """Return nothing: a pipe cannot be read again."""
        return None
