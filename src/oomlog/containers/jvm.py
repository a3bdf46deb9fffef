"""Options of a Java virtual machine that bound its memory, from a command line and an environment.

Only these options are kept; everything else of an environment may be a secret.  HotSpot itself reads
JAVA_TOOL_OPTIONS, then the command line (which the launcher extends by JDK_JAVA_OPTIONS), then _JAVA_OPTIONS,
and the last one counts (Arguments::parse() in arguments.cpp).  Other variables are up to scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

__all__ = ["Jvm", "Setting", "is_jvm", "jvm_of"]

# The launcher's name, and threads that HotSpot names itself, cut at 15 characters.
_COMM = re.compile(
    r"java|jsvc|C[12] CompilerThre|GC Thread#\d+|G1 (?:Conc|Refine|Main|Serv).*|VM (?:Periodic|Thread).*"
)
_LAUNCHER = re.compile(r"(?:.*/)?(?:java|jsvc)")
_SIZE = re.compile(r"(\d{1,15})([kKmMgGtT]?)")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZES = {
    "heap": re.compile(r"-(?:Xmx|XX:MaxHeapSize=|mx)(.+)"),
    "metaspace": re.compile(r"-XX:MaxMetaspaceSize=(.+)"),
    "code_cache": re.compile(r"-XX:ReservedCodeCacheSize=(.+)"),
    "direct": re.compile(r"-XX:MaxDirectMemorySize=(.+)"),
    "stack": re.compile(r"-(?:Xss|XX:ThreadStackSize=)(.+)"),
}
_PERCENT = re.compile(r"-XX:MaxRAMPercentage=(\d{1,3}(?:\.\d{1,9})?)")
_BEFORE, _LAUNCHED, _AFTER = "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"
_SCRIPTS = re.compile(r"[A-Z0-9_]*(?:JAVA|JVM|CATALINA|VM_PARAMS|MAVEN|SBT|GRADLE|HEAP|SPARK)[A-Z0-9_]*")
_WORD = re.compile(r"""[^\s"']+""")
# More words than any command line has that somebody wrote.
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One option, and where it stands.

    :ivar option: As it is written there: ``-Xmx2g``.
    :ivar where: The variable, or ``None`` for the command line.
    :ivar sure: The virtual machine reads it there itself; otherwise it is up to a script.
    """

    option: str
    value: float
    where: str | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Jvm:
    """What bounds a virtual machine's memory; sizes in bytes, ``percent`` of the container's limit."""

    heap: Setting | None = None
    percent: Setting | None = None
    metaspace: Setting | None = None
    code_cache: Setting | None = None
    direct: Setting | None = None
    stack: Setting | None = None

    def heap_setting(self) -> Setting | None:
        """Return what decides the largest heap: a size counts before a percentage."""
        return self.heap or self.percent

    def heap_bytes(self, limit_bytes: int) -> int | None:
        """Return the largest heap in a container of this limit, ``None`` when no option says it."""
        if self.heap is not None:
            return int(self.heap.value)
        return None if self.percent is None else int(limit_bytes * self.percent.value / 100)


def is_jvm(comm: str | None) -> bool:
    """Tell whether a task's name is that of a Java virtual machine or of one of its threads."""
    return comm is not None and _COMM.fullmatch(comm) is not None


def jvm_of(command: Sequence[str], environment: Mapping[str, str]) -> Jvm | None:
    """Return the options of the virtual machine that a container runs, ``None`` when nothing looks like one.

    >>> jvm_of(["java", "-Xmx512m", "-jar", "x.jar"], {}).heap.value
    536870912.0
    """
    direct = any(_LAUNCHER.fullmatch(word) for word in command)
    found: dict[str, Setting] = {}
    for word, where, sure in _words(command, environment, direct=direct):
        percent = _PERCENT.fullmatch(word)
        if percent is not None:
            found["percent"] = Setting(word, float(percent[1]), where, sure)
            continue
        for name, shape in _SIZES.items():
            option = shape.fullmatch(word)
            size = None if option is None else _bytes(option[1], kilo="ThreadStackSize" in word)
            if size is not None:
                found[name] = Setting(word, float(size), where, sure)
    if not found and not direct:
        return None
    return Jvm(**found)


def _words(
    command: Sequence[str], environment: Mapping[str, str], *, direct: bool
) -> Iterator[tuple[str, str | None, bool]]:
    """Yield the options in the order in which they count; the last of a kind wins."""
    read = {_BEFORE, _LAUNCHED, _AFTER}
    yield from _of(environment, _BEFORE, sure=True)
    for name in environment:
        if name not in read and _SCRIPTS.fullmatch(name):
            yield from _of(environment, name, sure=False)
    yield from _of(environment, _LAUNCHED, sure=direct)
    for argument in islice(command, _MOST):
        # "sh -c 'java -Xmx1g ...'" is one argument.
        for word in _WORD.findall(argument[: 1 << 16]):
            yield word, None, True
    yield from _of(environment, _AFTER, sure=True)


def _of(environment: Mapping[str, str], name: str, *, sure: bool) -> Iterator[tuple[str, str | None, bool]]:
    for word in islice(_WORD.findall(environment.get(name, "")[: 1 << 16]), _MOST):
        yield word, name, sure


def _bytes(text: str, *, kilo: bool) -> int | None:
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * _UNITS[found[2].lower()] * (1024 if kilo and not found[2] else 1)
