"""Names in running text: lines of the log, notes, what systemd says about units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oomlog.report.redact.names import Names

__all__ = ["Texts"]

_ROW = re.compile(r"(\s{0,8}\[\s{0,12}\d{1,12}\]\s{1,12})(\d{1,10})(?=\s)")
_UID = re.compile(r"\b((?:uid|UID)[:=]?\s{0,8})(\d{1,10})\b")
_UNIT = re.compile(
    r"(?<![\w/@.\\-])[A-Za-z0-9_\\:.@-]{1,250}\.(?:service|scope|slice|socket|mount|automount|swap|timer|device)"
    r"(?![\w.-])"
)
# Until 249 systemd says only the description, which is anybody's words; since, the description follows.
_STARTED = re.compile(r"(?<=\bStarted )(\S{1,250}\.(?:service|scope)) - .{0,400}")
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9a-fA-F:]{3,39}(?![\w:]))[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])"
)
_MAC = re.compile(r"(?<![\w:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![\w:])")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_PATH = re.compile(r"(?<![\w/.>)\]-])/[^\s,;:\"'()<>\[\]|]{1,4096}")
_MANY = 5000
# The kernel's own words, in case that somebody's host or container is called so.
_WORDS = frozenset(
    (
        "cache", "cgroup", "cpu", "free", "info", "kernel", "killed", "limit", "mem", "memory", "node",
        "none", "oom", "page", "pages", "process", "slab", "state", "swap", "task", "tasks", "total", "usage",
        "zone",
    )
)  # fmt: skip


class Texts:
    """Replaces names in texts: those that are known from the records, and what looks like one.

    :ivar keep: Words that stay even if they are somebody's name: those of processes.
    """

    def __init__(self, names: Names) -> None:
        self.keep: set[str] = set()
        self._names = names
        self._known: re.Pattern[str] | None = None
        self._size = -1

    def text(self, text: str) -> str:
        """Return a text without names."""
        names = self._names
        text = _STARTED.sub(r"\1", text)
        text = self._replaced(text)
        text = _MAIL.sub(self._mail, text)
        text = _PATH.sub(lambda found: names.path(found[0]) or "", text)
        text = _UNIT.sub(lambda found: names.part(found[0]), text)
        text = names.ids(text)
        text = _MAC.sub(lambda found: names.sure("mac", found[0]), text)
        text = _IPV4.sub(lambda found: names.address(found[0]), text)
        return _IPV6.sub(lambda found: names.address(found[0]), text)

    def line(self, text: str) -> str:
        """Return a line of a report without names and with other uids."""
        text = _ROW.sub(lambda found: self._number(found), text, count=1) if "[" in text[:9] else text
        text = _UID.sub(self._number, text)
        return self.text(text)

    def _number(self, found: re.Match[str]) -> str:
        before, digits = found[1], found[2]
        shown = str(self._names.uid(int(digits)))
        # The columns of the table stay in their places as far as there are blanks to give.
        spare = min(len(shown) - len(digits), len(before) - len(before.rstrip()) - 1)
        return (before[:-spare] if spare > 0 else before) + shown

    def _mail(self, found: re.Match[str]) -> str:
        text = found[0]
        return text if _UNIT.fullmatch(text) else self._names.sure("mail", text)

    def _telling(self, taken: Iterable[str]) -> Iterator[str]:
        return (name for name in taken if len(name) > 2 and name not in self.keep and name not in _WORDS)

    def _replaced(self, text: str) -> str:
        """Replace the names that are known, each as a whole word, the longest first."""
        taken = self._names.taken
        if len(taken) != self._size:
            self._size = len(taken)
            known = sorted(self._telling(taken), key=len, reverse=True)[:_MANY]
            self._known = (
                re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, known)) + r")(?![\w-])")
                if known
                else None
            )
        return text if self._known is None else self._known.sub(lambda found: taken[found[0]], text)
