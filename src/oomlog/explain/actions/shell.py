"""Names from a log in commands: quoted, or refused.

Any user can call a task ``$(reboot)`` and a cgroup ``x; reboot``.  A name with characters that do not print,
or that the logger has escaped, is refused: what is copied would not be what is shown, or what it was called.
"""

from __future__ import annotations

import re
import shlex

from oomlog.explain.case import Case
from oomlog.explain.formula import release_of

__all__ = ["cgroup_dir", "cgroup_version", "for_running", "word"]

_ERE_SPECIAL = re.compile(r"[.^$*+?()\[{|]")


def word(text: str | None) -> str | None:
    """Return a name as one word for a POSIX shell, ``None`` for one that cannot be shown as it is.

    >>> word("$(reboot)"), word("a\\nb")
    ("'$(reboot)'", None)
    """
    if not text or not text.isprintable():
        return None
    return shlex.quote(text)


def for_running(comm: str | None, command: str, *, all_of_them: bool = False) -> str | None:
    """Return a command for whoever runs by that name now: the pid in the log is of the past.

    :param command: ``{}`` stands for the pid.  Nothing is run where nobody has that name.
    :param all_of_them: By default the oldest one.

    >>> for_running("nginx", "cat /proc/{}/smaps_rollup")
    'pgrep -xo -- nginx | xargs -r -I{} cat /proc/{}/smaps_rollup'
    """
    if comm is None or "\\" in comm:
        return None
    name = word(_ERE_SPECIAL.sub(r"\\\g<0>", comm))
    if name is None:
        return None
    return f"pgrep {'-x' if all_of_them else '-xo'} -- {name} | xargs -r -I{{}} {command}"


def cgroup_version(case: Case) -> int | None:
    """Return 1 or 2 by the counters that the report has: v1 counts memory+swap, v2 swap alone."""
    memcg = case.event.memcg
    if memcg is None:
        return None
    if memcg.swap is not None:
        return 2
    if memcg.memory_swap is None:
        return None
    release = release_of(case.event)
    if not memcg.memory_swap.get("usage_kb") and release is not None and (4, 5) <= release < (5, 3):
        return None  # v2 printed v1's lines as well then, with zeros, and so did v1 without swap accounting
    return 1


def cgroup_dir(case: Case, path: str | None) -> str | None:
    """Return the cgroup's directory as systemd mounts it; not quoted yet."""
    version = cgroup_version(case)
    if version is None or path is None or not path.startswith("/") or word(path) is None or "\\" in path:
        return None
    if any(part in (".", "..") for part in path.split("/")):
        return None
    return ("/sys/fs/cgroup" if version == 2 else "/sys/fs/cgroup/memory") + path.rstrip("/")
