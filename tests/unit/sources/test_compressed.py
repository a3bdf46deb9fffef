"""gzip, xz, bzip2, zstd."""

from __future__ import annotations

import gzip
import lzma
import random
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from oomlog.errors import SourceError
from oomlog.sources import Limits, Source, open_sources

Pack = Callable[[bytes], bytes]


DEFAULT = Limits()


def source(data: bytes, limits: Limits = DEFAULT) -> Source:
    (found,) = open_sources(data, limits=limits)
    assert isinstance(found, Source)
    return found


def until_error(found: Source, size: int = 1 << 20) -> tuple[bytes, SourceError | None]:
    parts = []
    try:
        for block in found.blocks(size):
            assert block
            parts.append(block)
    except SourceError as error:
        return b"".join(parts), error
    return b"".join(parts), None


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_text_comes_out_as_it_went_in(pack: Pack, log: bytes, size: int) -> None:
    """Whatever block size is asked for."""
    log = log[: 3000 * min(size, 100)]
    assert (log, None) == until_error(source(pack(log)), size)


def test_members_one_behind_the_other_are_one_log(pack: Pack, log: bytes) -> None:
    """cat a.gz b.gz > c.gz; an empty member between them and zero padding behind them."""
    packed = pack(log) + pack(b"") + pack(b"tail\n") + b"\0" * 512
    assert (log + b"tail\n", None) == until_error(source(packed))


def test_compression_is_told_by_content_not_name(pack: Pack, tmp_path: Path) -> None:
    """A rotated log compressed without renaming it is read; a .gz that is text, too."""
    (tmp_path / "kern.log").write_bytes(pack(b"packed\n"))
    (tmp_path / "kern.log.1.gz").write_bytes(b"plain\n")
    found = list(open_sources([tmp_path / "kern.log.1.gz", tmp_path / "kern.log"]))
    assert [b"".join(s.blocks()) for s in found if isinstance(s, Source)] == [b"plain\n", b"packed\n"]
    assert [tmp_path / "kern.log.1.gz", None] == [s.path for s in found if isinstance(s, Source)]


def test_twice_compressed_is_read(pack: Pack, log: bytes) -> None:
    """A collector packed what logrotate had packed."""
    assert (log, None) == until_error(source(gzip.compress(pack(log))))


def test_five_times_compressed_is_refused(pack: Pack) -> None:
    """Layers are not peeled without end."""
    data = b"x\n"
    for _ in range(5):
        data = pack(data)
    (found,) = open_sources(data)
    assert isinstance(found, SourceError)
    assert found.reason == "is compressed more than 3 times"


def test_cut_off_data_is_read_to_the_cut(pack: Pack, log: bytes) -> None:
    """Everything that can be decoded is yielded, then the damage is said."""
    packed = pack(log)
    packed = packed[: len(packed) * 3 // 4]
    (found,) = open_sources(packed)
    if isinstance(found, SourceError):  # bzip2 has blocks of 900 kB, this is a part of the first
        assert packed.startswith(b"BZh")
        assert "damaged after 0 bytes" in found.reason
        return
    text, error = until_error(found)
    assert log.startswith(text)
    assert error is not None
    assert f"damaged after {len(text):,} bytes of text" in error.reason
    assert "ends early" in error.reason
    if pack(b"").startswith((b"\x1f\x8b", b"\xfd7z")):
        assert len(text) > len(log) // 2


def test_a_wrong_byte_costs_only_what_follows(pack: Pack, log: bytes) -> None:
    """Text before the damaged place is yielded, and it is the text that was there."""
    packed = bytearray(pack(log))
    packed[-3] ^= 0xFF  # the check or the footer: all of the text is good
    text, error = until_error(source(bytes(packed)))
    assert error is not None
    assert log.startswith(text)
    if pack(b"").startswith((b"\x1f\x8b", b"\xfd7z")):
        assert log == text


def test_damage_in_the_middle_of_a_long_gzip_keeps_most_of_it(log: bytes) -> None:
    """Beyond what is decoded a second time, at most one small step of stored bytes is lost."""
    noise = random.Random(1).randbytes(3 << 20).hex().encode()
    packed = gzip.compress(noise, 1)
    text, error = until_error(source(packed[: 2 << 20] + b"\xff" * 64 + packed[(2 << 20) + 64 :]))
    assert error is not None
    assert len(text) > (2 << 20) * len(noise) // len(packed) - (64 << 10)


def test_bytes_behind_the_data_are_said(pack: Pack) -> None:
    """They are not text of the log, and not passed over in silence."""
    text, error = until_error(source(pack(b"good\n") + b"behind\n"))
    assert text == b"good\n"
    assert error is not None
    assert "what follows is not" in error.reason


def test_a_bomb_is_stopped_by_ratio(pack: Pack) -> None:
    """Text up to the bound is yielded, then the rest is refused."""
    limits = Limits(ratio_from=1 << 20, max_ratio=100)
    text, error = until_error(source(pack(b"\0" * (32 << 20)), limits))
    assert error is not None
    assert "more than 100 times its size" in error.reason
    assert len(text) > (1 << 20)


def test_a_bomb_is_stopped_by_size(pack: Pack, log: bytes) -> None:
    """An absolute bound, whatever the ratio."""
    text, error = until_error(source(pack(log), Limits(max_bytes=100_000)))
    assert error is not None
    assert "more than 100,000 bytes" in error.reason
    assert log.startswith(text)


def test_a_hole_in_a_log_is_no_bomb(pack: Pack) -> None:
    """A few MiB of NUL compress extremely well and are read."""
    data = b"a\n" + b"\0" * (8 << 20) + b"b\n"
    assert (data, None) == until_error(source(pack(data)))


def test_a_window_too_large_is_refused() -> None:
    """The decoders' memory is bounded, and the error says how to unpack the file."""
    parameters = zstandard.ZstdCompressionParameters(window_log=25)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    zst = packer.compress(b"x\n") + packer.flush()
    xz = lzma.compress(b"x\n", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 64 << 20}])
    for packed in (zst, xz):
        (found,) = open_sources(packed, limits=Limits(max_memory=16 << 20))
        assert isinstance(found, SourceError)
        assert "more than 16,777,216 bytes of memory" in found.reason
        assert (found.hint or "").startswith("unpack it first")


def test_zstd_frames_to_be_skipped_are_skipped(log: bytes) -> None:
    """pzstd puts one in front, the seekable format one behind."""
    skip = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    assert (log, None) == until_error(source(skip + zstandard.compress(log) + skip))


def test_the_time_in_a_gzip_header_counts(tmp_path: Path) -> None:
    """It is the log's own time; the file's is that of the last copy."""
    path = tmp_path / "kern.log.1.gz"
    path.write_bytes(gzip.compress(b"x\n", mtime=1_767_225_600))
    (found,) = open_sources([path])
    assert isinstance(found, Source)
    assert datetime(2026, 1, 1, tzinfo=UTC) == found.mtime
    assert (found.path, found.size) == (None, None)


def test_a_compressed_pipe_shows_its_text_early() -> None:
    """Text is passed on when the packed bytes for it are there, before the end."""
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"first\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    waited = []

    class Pipe:
        def __init__(self) -> None:
            self.blocks: Iterator[bytes] = iter([first, packer.compress(b"second\n") + packer.flush()])

        def read(self, size: int) -> bytes:
            waited.append(1)
            return next(self.blocks, b"")

    (found,) = open_sources([Pipe()])  # type: ignore[list-item]
    assert isinstance(found, Source)
    blocks = found.blocks()
    assert (next(blocks), len(waited)) == (b"first\n", 1)
    assert list(blocks) == [b"second\n"]


def test_many_tiny_members_cost_little() -> None:
    """A log flushed line by line through gzip -c >> file."""
    assert until_error(source(gzip.compress(b"line\n") * 20_000)) == (b"line\n" * 20_000, None)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd"]),
)
def test_random_bytes_never_escape_as_other_errors(data: bytes, magic: bytes) -> None:
    """Bad content is a SourceError or text, nothing else."""
    for found in open_sources(magic + data):
        if isinstance(found, Source):
            until_error(found)
