"""Open runs of ``key:value``, as in the Mem-Info block and the one-line memcg statistics.

The kernel adds counters in almost every release, so a run is read pair by pair and unknown keys are
kept.  The unit becomes part of the key: ``free:15872kB`` is ``free_kb``; ``isolated(anon):0kB`` is
``isolated_anon_kb``.  Mirrors show_node()/show_free_areas() in mm/page_alloc.c (mm/show_mem.c since
6.5) and mem_cgroup_print_oom_info() before 5.3.
"""

from __future__ import annotations

import functools
import re

__all__ = ["Pairs", "parse_page_pairs", "parse_pairs", "render_page_pairs", "render_pairs"]


@functools.cache
def _token() -> re.Pattern[str]:
    # key ":" [blank] value [unit]   (a blank after the colon: shmem_thp, 4.8 - 6.5)
    # key "?" blank yes/no           (all_unreclaimable)
    # anything else up to the next blank is garbage and reported as such.
    return re.compile(
        r"([A-Za-z_][A-Za-z0-9_]{0,63}+(?:\([A-Za-z0-9_]{1,20}+\))?)(?::[ ]?|\?[ ]{1,4})"
        r"(-?[0-9]{1,20}+|yes|no)([kK]B)?(?!\S)|(\S{1,200})"
    )


_WORDS = ("yes", "no")
_CLEAN = str.maketrans({"(": "_", ")": None, "-": "_"})


class Pairs(dict[str, int | bool]):
    """The pairs of one run; ``garbage`` holds the pieces that are not pairs."""

    __slots__ = ("garbage",)

    def __init__(self, values: dict[str, int | bool] | None = None, garbage: tuple[str, ...] = ()) -> None:
        super().__init__(values or {})
        self.garbage = garbage


# Keys repeat thousands of times in a log; each spelling is cleaned once.  Names come from the log, so
# an attacker must not be able to grow the tables without end.
_KNOWN_MAX = 1000
_plain: dict[str, str] = {}
_pages: dict[str, str] = {}


def _parse(text: str, known: dict[str, str], bare: str) -> Pairs:
    pairs = Pairs()
    garbage: list[str] = []
    for name, value, unit, other in _token().findall(text):
        if other:
            garbage.append(other)
            continue
        spelling = name + unit
        key = known.get(spelling)
        if key is None:
            key = name.lower().translate(_CLEAN) + ("_kb" if unit else "" if value in _WORDS else bare)
            if len(known) < _KNOWN_MAX:
                known[spelling] = key
        pairs[key] = value == "yes" if value in _WORDS else int(value)
    if garbage:
        pairs.garbage = tuple(garbage)
    return pairs


def parse_pairs(text: str) -> Pairs:
    """Read a run whose bare numbers are plain counts.

    >>> parse_pairs("free:8kB isolated(anon):0kB shmem_thp: 4kB pages_scanned:3 all_unreclaimable? no")
    {'free_kb': 8, 'isolated_anon_kb': 0, 'shmem_thp_kb': 4, 'pages_scanned': 3, 'all_unreclaimable': False}
    """
    return _parse(text, _plain, "")


def parse_page_pairs(text: str) -> Pairs:
    """Read a run whose bare numbers are pages.

    >>> parse_page_pairs("free:1155 slab_reclaimable:2040")
    {'free_pages': 1155, 'slab_reclaimable_pages': 2040}
    """
    return _parse(text, _pages, "_pages")


def _render(pairs: Pairs, bare: str) -> str:
    words = []
    for key, value in pairs.items():
        if isinstance(value, bool):
            words.append(f"{key}? {'yes' if value else 'no'}")
        elif key.endswith("_kb"):
            words.append(f"{key[:-3]}:{value}kB")
        else:
            words.append(f"{key.removesuffix(bare)}:{value}")
    return " ".join(words)


def render_pairs(pairs: Pairs) -> str:
    """Print a run again, in the spelling ``parse_pairs`` reads."""
    return _render(pairs, "")


def render_page_pairs(pairs: Pairs) -> str:
    """Print a run of page counters again, in the spelling ``parse_page_pairs`` reads."""
    return _render(pairs, "_pages")
