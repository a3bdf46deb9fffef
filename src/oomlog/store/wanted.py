"""Which stored events are wanted, as a condition on the table ``event``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from oomlog.store.database import Store
from oomlog.store.rows import moment

__all__ = ["Bound", "Wanted"]

_ID = re.compile(r"([0-9a-f]{1,16})(?:-([1-9]\d{0,8}))?", re.ASCII)


class Bound(NamedTuple):
    """A time to compare with times that may or may not have a zone.

    :param wall: Compared with what the log's clock showed, where ``instant`` cannot be.
    :param instant: With a zone; compared with points in time.
    """

    wall: datetime | None
    instant: datetime | None


class Wanted(NamedTuple):
    """Which stored events are wanted; all tests must hold.

    :param since: Not before this time; events without a time that can be compared are left out.
    :param until: Not after this time.
    :param host: Name of the machine.
    :param comm: A pattern that is found in the name of a victim.
    :param scope: What ran out.
    :param untrusted: Also events that may be forged.
    :param userspace: Only runs of other killers than the kernel's.
    :param ids: Beginnings of ``event_id``.
    """

    since: Bound | None = None
    until: Bound | None = None
    host: str | None = None
    comm: re.Pattern[str] | None = None
    scope: str | None = None
    untrusted: bool = False
    userspace: bool = False
    ids: Sequence[str] | None = None

    def where(self, store: Store) -> tuple[str, dict[str, Any]]:
        """Return the condition and its parameters; no text of a log or a user is in the condition."""
        tests: list[str] = []
        given: dict[str, Any] = {}
        for name, bound, sign in (("since", self.since, ">="), ("until", self.until, "<=")):
            if bound is not None:
                given[f"{name}_us"] = None if bound.instant is None else moment(bound.instant)[0]
                given[f"{name}_wall"] = None if bound.wall is None else moment(bound.wall)[1]
                tests.append(
                    f"CASE WHEN event.time_us IS NOT NULL AND :{name}_us IS NOT NULL "
                    f"THEN event.time_us {sign} :{name}_us ELSE event.local_us {sign} :{name}_wall END"
                )
        for name in ("host", "scope"):
            if (text := getattr(self, name)) is not None:
                tests.append(f"event.{name} = (SELECT id FROM texts WHERE text = :{name})")
                given[name] = text
        if self.comm is not None:
            pattern = self.comm
            store.connection.create_function(
                "oomlog_found", 1, lambda text: pattern.search(text) is not None, deterministic=True
            )
            tests.append(
                "event.id IN (SELECT event FROM kill WHERE comm IN"
                " (SELECT id FROM texts WHERE id IN (SELECT comm FROM kill) AND oomlog_found(text)))"
            )
        if self.userspace:
            tests.append("event.killer IS NOT (SELECT id FROM texts WHERE text = 'kernel')")
        if not self.untrusted:
            tests.append("event.trusted IS NOT 0")
        if self.ids is not None:
            tests.append(_ids(self.ids, given))
        return " AND ".join(tests) or "1", given


def _ids(ids: Sequence[str], given: dict[str, Any]) -> str:
    found = ["0"]
    for at, each in enumerate(ids):
        read = _ID.fullmatch(each)
        if read is None:
            continue
        given[f"from{at}"] = _signed(read[1].ljust(16, "0"))
        given[f"to{at}"] = _signed(read[1].ljust(16, "f"))
        test = f"event.content BETWEEN :from{at} AND :to{at}"
        if read[2] is not None or len(read[1]) == 16:
            given[f"number{at}"] = int(read[2] or 1)
            test += f" AND event.number = :number{at}"
        found.append(f"({test})")
    return f"({' OR '.join(found)})"


def _signed(digits: str) -> int:
    return int.from_bytes(bytes.fromhex(digits), "big", signed=True)
