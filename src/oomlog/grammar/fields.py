"""The closed list of field types a line template may use.

A type says what a field looks like in the log (a regular expression), what its value is in a
record (``convert``) and how a value is printed again (``render``, the way back that the round-trip
tests and synthetic samples need).  Everything here is bounded: a hostile line costs at most one
scan per field.  Types know nothing about OOM reports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from oomlog.grammar.freelist import FreeList, parse_free_list, render_free_list
from oomlog.grammar.pairs import Pairs, parse_page_pairs, parse_pairs, render_page_pairs, render_pairs

__all__ = ["CAP", "FIELD_TYPES", "FieldType", "field_regex"]

#: Longest text a cgroup path or free text may have; the kernel cuts records near 1,000 bytes.
CAP = 4096

# TASK_COMM_LEN is 16, so a comm has at most 15 bytes.  A logger may print one byte as \xNN, which
# is then one unit.  The two forms exclude each other, so there is only one way to count.
_COMM_UNIT = r"(?:\\x[0-9a-fA-F]{2}|[^\\]|\\(?!x[0-9a-fA-F]{2}))"

#: How far a field reaches: ``fixed`` is decided by its own characters; the others need to know
#: what follows them in the template.
Reach = Literal["fixed", "comm", "word", "shortest", "longest"]


class FieldType(NamedTuple):
    """One kind of value in a log line."""

    name: str
    doc: str
    example: str
    #: What the field captures; must not give back what it took.  For a reach other than ``fixed``:
    #: one unit of it.
    pattern: str
    #: What the first character(s) must look like; used to decide where the field before ends.
    first: str
    convert: Callable[[str], object]
    render: Callable[[object], str]
    #: Printed after the value and not part of it (a unit).
    tail: str = ""
    #: Added to the field's name to make the record key.
    suffix: str = ""
    reach: Reach = "fixed"
    #: The field takes the rest of the line, so nothing may follow it.
    last: bool = False
    #: The field is complete as soon as its unit or its closed word was read.
    closed: bool = False
    #: The value may hold blanks or the characters that end it, so where a line was cut one character
    #: of what follows is no proof that the value is complete.
    loose: bool = False
    #: What a line can begin with, where the field comes first and the template has no literal.
    starts: tuple[str, ...] = ()
    #: Text that every value contains; serves as the template's signature if it has no literal.
    contains: str = ""


def _text(value: object) -> str:
    return str(value)


def _flags(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _render_flags(value: object) -> str:
    assert isinstance(value, tuple | list)
    return "|".join(value)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


def _render_numbers(value: object) -> str:
    assert isinstance(value, tuple | list)
    return " ".join(map(str, value))


def _yes(text: str) -> bool:
    return text == "yes"


def _pairs_out(render: Callable[[Pairs], str]) -> Callable[[object], str]:
    def out(value: object) -> str:
        assert isinstance(value, dict)
        return render(Pairs(value))

    return out


def _free_list_out(value: object) -> str:
    assert isinstance(value, FreeList)
    return render_free_list(value)


_INT = r"-?[0-9]{1,20}+"
_INT_FIRST = r"-?[0-9]"
_NODE = r"[0-9]{1,5}(?:-[0-9]{1,5})?"
# The counters the kernel has ever put first on a line of the Mem-Info block (2.6.9 - 7.1).  A line
# of bare "key:number" tokens is taken for one of them only if it begins with one of these.
# fmt: off
_COUNTERS = (
    "active_anon", "inactive_anon", "isolated_anon", "active_file", "inactive_file", "isolated_file",
    "unevictable", "dirty", "writeback", "unstable", "slab_reclaimable", "slab_unreclaimable", "slab",
    "mapped", "shmem", "pagetables", "sec_pagetables", "bounce", "kernel_misc_reclaimable", "free_pcp",
    "free_cma", "free", "Active_anon", "Active", "inactive",
)
# fmt: on

_TYPES = (
    FieldType("int", "A decimal number, signed.", "-17", _INT, _INT_FIRST, int, _text),
    FieldType(
        "hex",
        "A hexadecimal number, kept as the text that was printed.",
        "0x100cca",
        r"(?:0x)?[0-9a-fA-F]{1,16}+",
        r"[0-9a-fA-F]",
        _text,
        _text,
    ),
    FieldType(
        "hidden",
        "A hexadecimal number of which digits were replaced by asterisks, kept as text.",
        "0x62****",
        r"0x[0-9a-fA-F]{0,16}+\*{1,16}+",
        r"0x",
        _text,
        _text,
    ),
    FieldType(
        "kb",
        "Kibibytes. The unit may be written kB, KB or ` kB`.",
        "15908kB",
        _INT,
        _INT_FIRST,
        int,
        _text,
        tail=r" ?[kK]B",
        suffix="_kb",
        closed=True,
    ),
    FieldType("pages", "A number of pages.", "3947", _INT, _INT_FIRST, int, _text, suffix="_pages"),
    FieldType("bytes", "A number of bytes.", "53248", _INT, _INT_FIRST, int, _text, suffix="_bytes"),
    FieldType(
        "mib",
        "Mebibytes, with the unit.",
        "23964 MiB",
        _INT,
        _INT_FIRST,
        int,
        _text,
        tail=r" ?MiB",
        suffix="_mib",
        closed=True,
    ),
    FieldType(
        "float",
        "A decimal number with or without a fraction.",
        "51.07",
        r"(?>-?[0-9]{1,15}(?:\.[0-9]{1,9})?)",
        _INT_FIRST,
        float,
        _text,
    ),
    FieldType(
        "comm",
        "A task's name: at most 15 characters (or `\\xNN` escapes) of any kind, as many as possible, "
        "followed by the template's next literal.",
        "tmux: server",
        _COMM_UNIT,
        "",
        _text,
        _text,
        reach="comm",
        loose=True,
    ),
    FieldType(
        "flags",
        "Names joined by `|`, possibly none.",
        "GFP_KERNEL|__GFP_ZERO",
        r"[A-Za-z0-9_|]{0,1000}+",
        r"[A-Za-z0-9_|]?",
        _flags,
        _render_flags,
    ),
    FieldType(
        "nodelist",
        "A NUMA node list, `(null)`, or nothing; kept as text.",
        "0-1,3",
        rf"(?>\(null\)|(?:{_NODE}(?:,{_NODE}){{0,999}})?)",
        r"(?:[0-9]|\(null\))?",
        _text,
        _text,
        loose=True,
    ),
    FieldType(
        "zone",
        "The name of a memory zone.",
        "DMA32",
        r"[A-Za-z][A-Za-z0-9]{0,15}+",
        r"[A-Za-z]",
        _text,
        _text,
        loose=True,
    ),
    FieldType(
        "release",
        "A kernel release: a digit, then characters other than blanks.",
        "5.14.0-427.13.1.el9_4.x86_64",
        r"[0-9][!-~]{0,99}+",
        r"[0-9]",
        _text,
        _text,
    ),
    FieldType(
        "word",
        "Characters other than blanks.",
        "Normal",
        r"\S",
        r"\S",
        _text,
        _text,
        reach="word",
        loose=True,
    ),
    FieldType(
        "taint",
        "The taint text, blanks kept.",
        "Tainted: G        W  OE",
        r"(?>Not tainted|Tainted:(?:[ ]{1,40}[A-Z-]{1,40}(?![^ ])){0,40})",
        r"(?:Not tainted|Tainted:)",
        _text,
        _text,
        loose=True,
    ),
    FieldType(
        "cgroup",
        "A cgroup path: any text, up to the last occurrence of the next literal.",
        "/user.slice/a b",
        r".",
        r".",
        _text,
        _text,
        reach="longest",
        loose=True,
    ),
    FieldType(
        "text",
        "Any text, up to the first occurrence of the next literal, or the rest of the line.",
        "Out of memory",
        r".",
        r".",
        _text,
        _text,
        reach="shortest",
        loose=True,
    ),
    FieldType(
        "yesno",
        "`yes` or `no`.",
        "yes",
        r"(?>yes|no)",
        r"[yn]",
        _yes,
        lambda v: "yes" if v else "no",
        closed=True,
    ),
    FieldType(
        "numbers",
        "Numbers with blanks between them, to the end of the line.",
        "0 2655 5626 5626",
        r"(?>-?[0-9]{1,20}(?:[ \t]{1,40}-?[0-9]{1,20}){0,63})",
        _INT_FIRST,
        _numbers,
        _render_numbers,
        last=True,
        loose=True,
    ),
    FieldType(
        "pairs",
        "An open run of `key:value` to the end of the line; the unit becomes part of the key, "
        "unknown keys are kept.",
        "free:15872kB min:40kB all_unreclaimable? yes",
        r"(?=[A-Za-z_][A-Za-z0-9_()]{0,63}(?:: ?-?[0-9]{1,20}(?:[kK]B)?|\? (?:yes|no))(?![^\s])).{1,8192}+",
        r"[A-Za-z_]",
        parse_pairs,
        _pairs_out(render_pairs),
        last=True,
        loose=True,
    ),
    FieldType(
        "page_pairs",
        "A run of `counter:number` to the end of the line, the numbers being pages.",
        "free:1155 slab_reclaimable:2040",
        rf"(?=(?:{'|'.join(_COUNTERS)}):[0-9]{{1,20}}(?![^ \t\n])).{{1,8192}}+",
        r"[A-Za-z_]",
        parse_page_pairs,
        _pairs_out(render_page_pairs),
        last=True,
        starts=_COUNTERS,
        loose=True,
    ),
    FieldType(
        "zone_pairs",
        "Pairs of one memory zone: a run of `key:value` that begins with `free:`.",
        "free:15872kB min:40kB low:48kB",
        r"(?=free:-?[0-9]{1,20}[kK]B).{1,8192}+",
        "free:",
        parse_pairs,
        _pairs_out(render_pairs),
        last=True,
        contains="free:",
        loose=True,
    ),
    FieldType(
        "freelist",
        "The free blocks of one zone by size.",
        "1*4kB (U) 0*8kB = 4kB",
        r"(?>[0-9]{1,20}\*[0-9]{1,9}kB(?:[ \t]{1,40}(?:\([A-Z]{1,9}\)|[0-9]{1,20}\*[0-9]{1,9}kB)){0,99}"
        r"(?:[ \t]{1,40}=[ \t]{1,40}[0-9]{1,20}kB)?)",
        r"[0-9]",
        parse_free_list,
        _free_list_out,
        last=True,
        contains="*",
        loose=True,
    ),
    FieldType(
        "emptylist",
        "`empty`: a zone without any free block.",
        "empty",
        r"empty",
        r"e",
        parse_free_list,
        lambda _: "empty",
        last=True,
        closed=True,
    ),
)

FIELD_TYPES: dict[str, FieldType] = {kind.name: kind for kind in _TYPES}


def field_regex(kind: FieldType, follow: list[str], *, plain: bool = False) -> str:
    """Build the expression that captures one field, given what may come after it.

    :param follow: What follows in the template, as lookahead expressions; the preferred one first.
    :param plain: The line has no backslash, so a comm's units are simply characters.
    """
    if kind.reach == "fixed":
        return f"({kind.pattern}){kind.tail}"
    ahead = "|".join(follow)
    if kind.reach == "comm":
        unit = "." if plain else kind.pattern
        return f"((?>{unit}{{0,15}}(?={ahead})))"
    if kind.reach == "word":
        return f"((?>{kind.pattern}{{1,{CAP}}}(?={ahead})))"
    if kind.reach == "longest" or follow == [r"\Z"]:
        # One greedy scan per alternative, in order: an optional group that is there is not swallowed.
        return "((?>" + "|".join(f".{{1,{CAP}}}(?={one})" for one in follow) + "))"
    return f"((?>.{{1,{CAP}}}?(?={ahead})))"
