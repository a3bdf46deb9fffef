"""Tell programs and web services about events, a few at a time and none for too long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Full, Queue
from typing import Protocol

from oomlog.watch.follower import Say

__all__ = ["Hook", "Hooks", "Message"]

_WAITING = 100
"""Messages that wait for one hook; more are dropped and counted, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    :param id: The same when an event is told once more after a crash.
    :param facts: Plain values of the first kill, for the environment of a command.
    """

    id: str
    text: str
    event: bytes
    facts: Mapping[str, str] = field(default_factory=dict)


class Hook(Protocol):
    """One way to tell."""

    name: str
    workers: int

    def run(self, message: Message, stopping: threading.Event) -> str | None:
        """Tell; return why that failed."""
        ...


# None is for a thread to end.
_Waiting = Queue[tuple[Message, Callable[[], None]] | None]


class Hooks:
    """Runs every hook in threads of its own."""

    def __init__(self, hooks: Sequence[Hook], say: Say) -> None:
        self.names = frozenset(hook.name for hook in hooks)
        self.failures: dict[str, int] = dict.fromkeys(self.names, 0)
        self._say = say
        self._stopping = threading.Event()
        self._queues: dict[str, _Waiting] = {}
        self._threads: list[threading.Thread] = []
        for hook in hooks:
            queue = self._queues[hook.name] = Queue(_WAITING)
            for _ in range(hook.workers):
                # A daemon: a command that hangs must not keep the watch from ending.
                thread = threading.Thread(target=self._work, args=(hook, queue), daemon=True)
                thread.start()
                self._threads.append(thread)

    def _work(self, hook: Hook, queue: _Waiting) -> None:
        while not self._stopping.is_set():
            work = queue.get()
            if work is None:
                return
            message, done = work
            try:
                failure = hook.run(message, self._stopping)
            except Exception as error:  # a thread that ends silently would stop all alarms
                failure = f"{type(error).__name__}: {error}"
            if failure is not None:
                self.failures[hook.name] += 1
                self._say(f"--{hook.name}: {failure}")
                if self._stopping.is_set():
                    continue  # it was cut short, and is told again by the next run
            done()

    def tell(self, name: str, message: Message, done: Callable[[], None]) -> bool:
        """Give a message to one hook; False when too many wait for it already.

        :param done: Called from another thread when the hook has ended, well or not.
        """
        try:
            self._queues[name].put_nowait((message, done))
        except Full:
            return False
        return True

    @property
    def idle(self) -> bool:
        """Tell whether nothing waits to be begun."""
        return all(queue.empty() for queue in self._queues.values())

    def close(self, seconds: float) -> None:
        """Let what runs come to an end for so long; what waits is left for the next run."""
        self._stopping.set()
        for queue in self._queues.values():
            for _ in self._threads:
                with suppress(Full):  # whoever works on a full queue sees the event
                    queue.put_nowait(None)
        for thread in self._threads:
            thread.join(seconds / len(self._threads))
