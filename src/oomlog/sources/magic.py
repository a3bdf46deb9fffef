"""Tell what bytes are from how they begin.  Names are never asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from oomlog.sources.stream import Stream

__all__ = ["ARCHIVES", "COMPRESSED", "Kind", "Nature", "nature_of", "sniff"]


class Kind(Enum):
    """How the bytes are to be read."""

    TEXT = "text"
    GZIP = "gzip"
    XZ = "xz"
    BZIP2 = "bzip2"
    ZSTD = "zstd"
    TAR = "tar"
    ZIP = "zip"
    JOURNAL = "journal"
    BINARY = "binary"


ARCHIVES = frozenset({Kind.TAR, Kind.ZIP})
COMPRESSED = frozenset({Kind.GZIP, Kind.XZ, Kind.BZIP2, Kind.ZSTD})


@dataclass(frozen=True, slots=True)
class Nature:
    """The kind, and for what cannot be read the words to say so."""

    kind: Kind
    what: str = ""
    hint: str | None = None


def _binary(what: str, hint: str | None = None) -> Nature:
    return Nature(Kind.BINARY, what, hint)


_TAR_BLOCK = 512
_TEXT = Nature(Kind.TEXT)
_STORE = "a store of kills is looked at with: oomlog history --db FILE"
_DUMP = "take its log out first: makedumpfile --dump-dmesg FILE dmesg.txt"
_PICTURE = "get the text from the machine; pictures are not read"

_MAGIC: tuple[tuple[bytes, Nature], ...] = (
    (b"\x1f\x8b\x08", Nature(Kind.GZIP)),
    (b"\xfd7zXZ\0", Nature(Kind.XZ)),
    (b"\x28\xb5\x2f\xfd", Nature(Kind.ZSTD)),
    (b"PK\x03\x04", Nature(Kind.ZIP)),
    (b"PK\x05\x06", Nature(Kind.ZIP)),
    (b"LPKSHHRH", Nature(Kind.JOURNAL)),
    (
        b"\x7fELF",
        _binary(
            "a program or a core file (ELF)",
            "if it is a vmcore, take its log out first: vmcore-dmesg FILE > dmesg.txt",
        ),
    ),
    (b"KDUMP   ", _binary("a kernel crash dump", _DUMP)),
    (b"makedumpfile\0", _binary("a kernel crash dump", _DUMP)),
    (b"\x04\x22\x4d\x18", _binary("compressed with lz4, which is not read", "unpack it first: lz4 -d FILE")),
    (
        b"\x1f\x9d",
        _binary("compressed by compress(1), which is not read", "unpack it first: uncompress FILE"),
    ),
    (b"7z\xbc\xaf\x27\x1c", _binary("a 7-Zip archive, which is not read", "unpack it first")),
    (b"Rar!\x1a\x07", _binary("a RAR archive, which is not read", "unpack it first")),
    (b"\xed\xab\xee\xdb", _binary("an RPM package")),
    (b"\x89PNG\r\n\x1a\n", _binary("a picture (PNG)", _PICTURE)),
    (b"\xff\xd8\xff", _binary("a picture (JPEG)", _PICTURE)),
    (b"%PDF-", _binary("a PDF document", "take the text out first: pdftotext FILE")),
    (b"SQLite format 3\0", _binary("an SQLite database", _STORE)),
    (b"PAR1", _binary("a Parquet table")),
)

# A bzip2 stream is a level and then a block or the end; "BZh9" alone could begin a line.
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
# pzstd and the seekable format put frames to be skipped before or behind the data.
_ZSTD_SKIP = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_CONTROL = bytes(set(range(1, 32)) - set(b"\a\b\t\n\v\f\r\x1b")) + b"\x7f"
_PRINTABLE = bytes(range(32, 127)) + b"\t\n\r"


def sniff(stream: Stream) -> Nature:
    """Look at the next bytes of ``stream``, waiting only while they decide nothing yet."""
    head = stream.head()
    while head and _undecided(head) and stream.grow():
        head = stream.head()
    return nature_of(head)


def nature_of(head: bytes) -> Nature:
    """Tell what begins with ``head``, the first bytes (8 KiB are enough)."""
    for magic, nature in _MAGIC:
        if head.startswith(magic):
            return nature
    if _BZIP2.match(head):
        return Nature(Kind.BZIP2)
    if _ZSTD_SKIP.match(head):
        return Nature(Kind.ZSTD)
    if head.startswith(_BOMS[:2]):
        return _TEXT
    if _is_tar(head):
        return Nature(Kind.TAR)
    return _binary("binary data") if _looks_binary(head) else _TEXT


# A pipe may hand over its first bytes one by one.  Only a tar header or UTF-16 has a NUL this early.
def _undecided(head: bytes) -> bool:
    if head.startswith(_BOMS) or nature_of(head).kind is not Kind.TEXT:
        return False
    if len(head) < _TAR_BLOCK and b"\0" in head:
        return True
    if len(head) < 10 and (head.startswith(b"BZh") or b"BZh".startswith(head)):
        return True
    if len(head) < 4 and 0x50 <= head[0] <= 0x5F and b"\x2a\x4d\x18".startswith(head[1:]):
        return True
    magics = [magic for magic, _ in _MAGIC] + list(_BOMS)
    return any(len(head) < len(magic) and magic.startswith(head) for magic in magics)


def _is_tar(head: bytes) -> bool:
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or b"\0" not in block:
        return False
    import tarfile  # slow to import, and few logs have a NUL in their first bytes

    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")  # verifies the header's checksum
    except (tarfile.TarError, ValueError):
        return False
    return True


# NUL is no sign of anything: a crash leaves holes in logs.  Control characters together with few
# printable ones are: random bytes have 10 % and 37 %, logs in any language 0 %.
def _looks_binary(head: bytes) -> bool:
    full = head.replace(b"\0", b"")
    if len(full) < 64:
        return False
    control = len(full) - len(full.translate(None, _CONTROL))
    printable = len(full) - len(full.translate(None, _PRINTABLE))
    return control > 0.05 * len(full) and printable < 0.7 * len(full)
