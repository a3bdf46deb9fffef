"""A progress bar on standard error, for inputs that take longer than a second."""

from __future__ import annotations

import time
from typing import IO, TYPE_CHECKING

from oomlog.report.escape import escape

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar"]

_WAIT_S = 1.0
_STEP_S = 0.1


class ProgressBar:
    """Called after each block that was read; draws nothing in the first second."""

    def __init__(self, stderr: IO[str], *, colour: bool) -> None:
        self._stderr = stderr
        self._colour = colour
        self._next = time.monotonic() + _WAIT_S
        self._source: str | None = None
        self._done = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, source: str, count: int, size: int | None) -> None:
        """Note that ``count`` more bytes of ``source`` were read."""
        if source != self._source:
            self._source, self._done = source, 0
        self._done += count
        now = time.monotonic()
        # A pipe has no size, and one like `journalctl --follow` never ends.
        if now >= self._next and not (size is None and source == "<stdin>"):
            self._next = now + _STEP_S
            self._draw(size)

    def _draw(self, size: int | None) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            console = Console(file=self._stderr, force_terminal=True, no_color=not self._colour)
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(binary_units=True),
                TransferSpeedColumn(),
                console=console,
                auto_refresh=False,
                transient=True,
            )
            self._task = self._bar.add_task("", total=size)
            self._bar.start()
        if self._task is not None:
            name = escape(self._source or "")
            self._bar.update(self._task, description=name, completed=self._done, total=size, refresh=True)

    def hide(self) -> None:
        """Take the bar off the screen; the next block draws it again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None
