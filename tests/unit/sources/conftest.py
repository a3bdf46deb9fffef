"""Logs to read, and how they are packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.compress,
}


@pytest.fixture(params=sorted(PACKERS))
def pack(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    """Compress, once with each program."""
    return PACKERS[request.param]


@pytest.fixture
def log() -> bytes:
    """A log that does not compress to nothing."""
    return b"".join(
        b"[%5d.%06d] kernel: message %d\n" % (i, i * 7919 % 999983, i * i % 8191) for i in range(20_000)
    )


@pytest.fixture
def tar() -> Callable[..., bytes]:
    """Build a tar archive of names and contents."""

    def build(members: Mapping[str, bytes], **kwargs: int) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", **kwargs) as archive:  # type: ignore[call-overload]
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), 1_767_225_600
                archive.addfile(info, io.BytesIO(data))
        return out.getvalue()

    return build


@pytest.fixture
def unpriv(tmp_path: Path) -> None:
    """Skip where permissions do not bind."""
    probe = tmp_path / ".probe"
    probe.touch(mode=0)
    if os.access(probe, os.R_OK):
        pytest.skip("root may read everything")
