"""Records of an explanation.

Numbers here are computed, not printed: each says what it was computed from, and whether it is exact.  Texts
are kept as keys of ``oomlog.explain.words`` with their numbers, so that they can be said in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from oomlog.containers.place import Place
from oomlog.kernel import Formula, Terms
from oomlog.model import OomEvent, ReportLine

if TYPE_CHECKING:
    from oomlog.explain.heap import HeapSheet

__all__ = [
    "Action",
    "Confidence",
    "Derived",
    "Explanation",
    "Finding",
    "Ledger",
    "LedgerItem",
    "Ranked",
    "Values",
    "VictimChoice",
]

Values = Mapping[str, int | float | str | None]
"""Numbers and names of a sentence; a name's unit is its suffix (``limit_kb``)."""

Confidence = Literal["certain", "likely", "possible"]
"""``certain``: the log says so.  ``likely``: it follows unless something unprinted interfered.
``possible``: a hypothesis worth a look."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A number that the log does not print.

    :ivar basis: Key of the words that say how it was found (``basis.toml``).
    :ivar inputs: The numbers it was computed from, by their names in the record.
    """

    value: int
    basis: str
    inputs: Values = field(default_factory=dict)
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Ranked:
    """One process of the task table with its recomputed badness.

    :ivar pid: The process (tgid); the kernel's own pid column is a thread.
    :ivar badness: Pages (thousandths until 3.4); ``None`` for a process that is never chosen, or when
        totalpages is not known and its oom_score_adj is not 0.
    :ivar oom_score: What /proc/PID/oom_score would have shown.
    :ivar share: Badness as a fraction of totalpages; ``None`` where only a bound of totalpages is known.
    :ivar immune: Key of the reason why it cannot be chosen (``immune.toml``), ``None`` if it can.
    """

    pid: int
    comm: str | None
    uid: int | None
    oom_score_adj: int | None
    rss_pages: int | None
    swap_pages: int | None
    terms: Terms | None
    badness: int | None
    oom_score: int | None = None
    share: float | None = None
    immune: str | None = None


@dataclass(frozen=True, slots=True)
class VictimChoice:
    """Why this victim: the kernel's choice, recomputed.

    :ivar ranking: Those who could be chosen, worst first; by what they used if ``predicted`` is ``None``.
    :ivar immune: Those who could not.
    :ivar predicted: Who the formula chooses; ``None`` when it cannot be computed.
    :ivar agrees: Whether the kernel selected the same; ``None`` when that cannot be told.  Until 5.0 it might
        kill a child of whom it selected: then ``reason`` is ``sacrificed_child``.
    :ivar reason: Key of what explains the difference, of what else there is to know about the choice, or why
        nothing was computed (``reason.toml``).
    :ivar margin_pages: How far the first is ahead of the second; ``None`` where badness is in thousandths
        or a lower bound.
    """

    page_size_kb: Derived
    formula: Formula | None = None
    totalpages: Derived | None = None
    ranking: tuple[Ranked, ...] = ()
    immune: tuple[Ranked, ...] = ()
    predicted: Ranked | None = None
    victim_pid: int | None = None
    agrees: bool | None = None
    reason: str | None = None
    values: Values = field(default_factory=dict)
    evidence: tuple[ReportLine, ...] = ()
    margin_pages: int | None = None

    @property
    def lower_bounds(self) -> bool:
        """Return whether badness lacks swap and page tables, which no task table shows until 3.5."""
        return bool(self.ranking) and all(each.swap_pages is None for each in self.ranking)


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One line of a ledger: so much memory, counted once.

    :ivar id: Key of its name (``ledger.toml``).
    :ivar kb: Kibibytes; ``None`` for what the kernel did not print.
    :ivar within: Id of the item this one is a part of; such parts are not added again.
    """

    id: str
    kb: int | None
    within: str | None = None
    derived: bool = False


_CONTRADICTED = ("ledger.ram_differs", "ledger.items_exceed", "ledger.items_exceed_memcg")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where memory was: items that add up to the total, with the residue named.

    :ivar of: ``machine``, ``memcg``, ``node`` or ``zone``.
    :ivar name: The cgroup's path, the node's number, the zone's name.
    :ivar unaccounted_kb: Total less all items; negative when the counters moved while they were printed,
        ``None`` where lines are missing or the log contradicts itself.
    """

    of: Literal["machine", "memcg", "node", "zone"]
    name: str | None
    total_kb: int
    items: tuple[LedgerItem, ...]
    unaccounted_kb: int | None
    notes: tuple[tuple[str, Values], ...] = ()
    """Keys and numbers of remarks (``ledger.toml``)."""

    def kb(self, item: str) -> int | None:
        """Return an item's size, ``None`` when it was not printed."""
        return next((each.kb for each in self.items if each.id == item), None)

    @property
    def items_kb(self) -> int:
        """Return the sum of the items, without their parts."""
        return sum(item.kb or 0 for item in self.items if item.within is None)

    @property
    def contradiction(self) -> tuple[str, Values] | None:
        """Return the remark that the log contradicts the total, of which a share would be a wrong number."""
        return next((note for note in self.notes if note[0] in _CONTRADICTED), None)

    @property
    def unknown_kb(self) -> int | None:
        """Return how much of the total is in lines that are missing or damaged, or that never were.

        ``None`` where the residue is known, and where the log contradicts the total.
        """
        if self.unaccounted_kb is not None or self.contradiction is not None:
            return None
        return max(self.total_kb - self.items_kb, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim about an event and the lines that it rests on.

    :ivar words: Key of its sentence (``findings.toml``), by default the id.
    :ivar reference: Kernel function, file and version that make it true.
    """

    id: str
    values: Values
    evidence: tuple[ReportLine, ...]
    confidence: Confidence
    reference: str
    words: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: a command to copy, a file to drop in, or a place to look at next.

    :ivar finding: Id of the finding it follows from.
    :ivar text: The command, or the content of the file; never run by oomlog.
    :ivar path: Where the file belongs.
    """

    id: str
    finding: str
    kind: Literal["command", "file", "look"]
    text: str
    values: Values = field(default_factory=dict)
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything oomlog can say about one event."""

    event: OomEvent
    victim: VictimChoice
    ledger: Ledger | None
    parts: tuple[Ledger, ...]
    """Ledgers of the nodes and zones, or of the child cgroups."""
    findings: tuple[Finding, ...]
    actions: tuple[Action, ...]
    overcommit: tuple[tuple[str, Values], ...] = ()
    """Keys and numbers of what vm.overcommit_memory would have changed (``overcommit.toml``)."""
    place: Place | None = None
    """Whose process died and whose limit was hit, as far as the paths and maps tell."""
    remarks: tuple[tuple[str, Values], ...] = ()
    """Keys and numbers of what to know about the container (``containers.toml``)."""
    heap: HeapSheet | None = None
    """A Java virtual machine's heap against the limit."""

    @property
    def primary(self) -> Finding | None:
        """Return the finding that is the cause, as far as the log tells."""
        return next((finding for finding in self.findings if finding.primary), None)

    def _repr_html_(self) -> str | None:
        from oomlog import jupyter

        return jupyter.explanation_html(self)
