"""tar, zip and sosreports."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from oomlog.errors import SourceError
from oomlog.sources import Limits, Source, open_sources

Tar = Callable[..., bytes]

SOS = {
    "sos-h/version.txt": b"sosreport 4\n",
    "sos-h/var/log/messages": b"newest\n",
    "sos-h/var/log/wtmp": b"\1\2\3" * 100,
    "sos-h/var/log/messages-20260102.gz": gzip.compress(b"newer\n", mtime=0),
    "sos-h/etc/passwd": b"root\n",
    "sos-h/var/log/messages-20260101": b"oldest\n",
    "sos-h/sos_commands/kernel/dmesg": b"dmesg\n",
}
EXPECTED = {
    "x:sos-h/var/log/messages-20260101": b"oldest\n",
    "x:sos-h/var/log/messages-20260102.gz": b"newer\n",
    "x:sos-h/var/log/messages": b"newest\n",
    "x:sos-h/sos_commands/kernel/dmesg": b"dmesg\n",
}


def read(found: Iterable[Source | SourceError], prefix: str) -> dict[str, bytes]:
    logs = {}
    for source in found:
        assert isinstance(source, Source), source
        logs[source.name.replace(prefix, "x:", 1)] = b"".join(source.blocks())
    return logs


def split(found: Iterable[Source | SourceError]) -> tuple[dict[str, bytes], list[SourceError]]:
    found = list(found)
    errors = [error for error in found if isinstance(error, SourceError)]
    return read((s for s in found if isinstance(s, Source)), "<bytes>:"), errors


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress, zstandard.compress])
def test_logs_in_an_archive_are_found_and_ordered(
    pack: Callable[[bytes], bytes], tar: Tar, tmp_path: Path
) -> None:
    """Whatever it is compressed with and called; by path, from memory and through a pipe."""
    data = pack(tar(SOS))
    path = tmp_path / "sos.bin"
    path.write_bytes(data)
    for item, prefix in ((path, f"{path}:"), (data, "<bytes>:"), (io.BytesIO(data), "<stream>:")):
        logs = read(open_sources([item]), prefix)  # type: ignore[list-item]
        assert list(EXPECTED.items()) == list(logs.items())


def test_sources_of_an_archive_can_be_kept_and_read_in_any_order(tar: Tar) -> None:
    """They do not depend on the archive being open, nor on each other."""
    found = [s for s in open_sources(gzip.compress(tar(SOS))) if isinstance(s, Source)]
    blocks = [s.blocks(1) for s in found]
    assert [next(b) for b in blocks] == [b"o", b"n", b"n", b"d"]
    assert [b"".join(found[i].blocks()) for i in (3, 2)] == [b"dmesg\n", b"newest\n"]
    assert [s.continues for s in found] == [False, True, True, False]
    assert [s.continued for s in found] == [True, True, False, False]


def test_members_tell_their_time_and_size(tar: Tar) -> None:
    """Of the member, not of the archive; no path, since there is no such file."""
    (found,) = open_sources(tar({"kern.log": b"x\n"}))
    assert isinstance(found, Source)
    assert (datetime(2026, 1, 1, tzinfo=UTC), 2, None) == (found.mtime, found.size, found.path)


def test_an_archive_without_log_names_is_searched_for_text(tar: Tar) -> None:
    """A packed capture may be called anything; binary members are left out."""
    data = tar({"capture-of-monday": b"text\n", "picture": b"\x89PNG\r\n\x1a\n..."})
    assert read(open_sources(data), "<bytes>:") == {"x:capture-of-monday": b"text\n"}
    (error,) = open_sources([io.BytesIO(data)])
    assert isinstance(error, SourceError)
    assert "save it to a file" in (error.hint or "")


def test_an_archive_without_text_is_said(tar: Tar) -> None:
    """No silent nothing."""
    (error,) = open_sources(tar({"picture": b"\x89PNG\r\n\x1a\n..."}))
    assert isinstance(error, SourceError)
    assert error.reason == "the archive holds no text file"


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_tar_format_is_read(format: int, tar: Tar) -> None:
    """Long and non-ASCII names are kept in three ways."""
    deep = "/".join(["d" * 40] * 5)
    name = f"{deep}/messages-日本"
    if format == tarfile.USTAR_FORMAT:
        name = f"{deep}/messages-x"
    assert {f"x:{name}": b"log\n"} == read(open_sources(tar({name: b"log\n"}, format=format)), "<bytes>:")


def test_links_and_devices_are_passed_over() -> None:
    """sosreports link to their most wanted files; only the file itself is read."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"dmesg{kind.decode()}")
            info.type, info.linkname = kind, "/etc/shadow"
            archive.addfile(info)
        info = tarfile.TarInfo("dmesg")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"x\n"))
    assert read(open_sources(out.getvalue()), "<bytes>:") == {"x:dmesg": b"x\n"}


def test_hostile_names_touch_nothing(tar: Tar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are text to show; no file is made."""
    monkeypatch.chdir(tmp_path)
    names = ["../../kern.log", "/etc/kern.log", "a\x1b[2J\n/kern.log", "./././kern.log"]
    for data in (tar(dict.fromkeys(names, b"x\n")), zipped(dict.fromkeys(names, b"x\n"))):
        assert {f"x:{name}": b"x\n" for name in names} == read(open_sources(data), "<bytes>:")
    assert list(tmp_path.iterdir()) == []


def test_a_cut_archive_is_read_to_the_cut(tar: Tar) -> None:
    """Whole members, the part of the last one, then the error."""
    data = tar({"a/kern.log": b"first\n" * 1000, "b/kern.log": b"second\n" * 1000})
    logs, errors = split(open_sources(data[:9000]))
    assert logs["x:a/kern.log"] == b"first\n" * 1000
    assert (b"second\n" * 1000).startswith(logs["x:b/kern.log"])
    assert errors[0].reason == "the archive is damaged: it ends early, inside b/kern.log"
    logs, errors = split(open_sources(gzip.compress(data)[:-30]))
    assert logs["x:a/kern.log"] == b"first\n" * 1000
    assert "ends early" in errors[0].reason


def test_a_damaged_header_costs_one_member(tar: Tar) -> None:
    """Reading goes on at the next header, and the damage is said."""
    data = bytearray(tar({"a/kern.log": b"first\n", "b/kern.log": b"second\n", "c/kern.log": b"third\n"}))
    data[1024:1030] = b"\xff" * 6
    logs, errors = split(open_sources(bytes(data)))
    assert logs == {"x:a/kern.log": b"first\n", "x:c/kern.log": b"third\n"}
    assert errors[0].reason == "the archive is damaged: a header is unreadable after a/kern.log"


def test_a_header_that_claims_much_is_not_believed() -> None:
    """An extension header of gigabytes would be read into memory."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    (error,) = open_sources(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096)
    assert isinstance(error, SourceError)
    assert "claims 8,589,934,592 bytes" in error.reason


def test_temporary_space_is_bounded(tar: Tar) -> None:
    """Small members are put in order piece by piece, larger ones pass by in the archive's order."""
    data = tar({"kern.log": b"2" * 600, "big.log": b"b" * 5000, "kern.log.1": b"1" * 600, "dmesg": b"d\n"})
    logs = read(open_sources(data, limits=Limits(spool_bytes=1000)), "<bytes>:")
    assert list(logs) == ["x:kern.log", "x:big.log", "x:kern.log.1", "x:dmesg"]
    assert logs["x:big.log"] == b"b" * 5000


def test_a_log_that_passed_by_is_an_error_not_a_short_log(tar: Tar) -> None:
    """A large member must be read before the next one is asked for."""
    data = tar({"big.log": b"b" * 3_000_000, "dmesg": b"d\n"})
    found = [
        s for s in open_sources([io.BytesIO(data)], limits=Limits(spool_bytes=1000)) if isinstance(s, Source)
    ]
    with pytest.raises(SourceError, match="not read before the next one"):
        list(found[0].blocks())
    assert b"".join(found[1].blocks()) == b"d\n"


def test_a_full_disk_is_said(tar: Tar, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file has no room: the log it was for is named."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("oomlog.sources.spool.Spool.put", full)
    (error,) = open_sources([io.BytesIO(tar({"kern.log": b"x\n"}))])
    assert isinstance(error, SourceError)
    assert (error.name, error.reason) == ("<stream>:kern.log", "no room left on the disk")


def test_an_archive_in_an_archive_is_said(tar: Tar) -> None:
    """It is named like a log, so it is not passed over in silence."""
    logs, errors = split(open_sources(tar({"var/log/old.tar.gz": gzip.compress(tar(SOS)), "dmesg": b"x\n"})))
    assert logs == {"x:dmesg": b"x\n"}
    assert errors[0].reason == "is an archive inside an archive, which is not read"


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def test_zip_archives_are_read(tmp_path: Path) -> None:
    """By path and from memory, in the same order as tar."""
    (tmp_path / "case.zip").write_bytes(zipped(SOS))
    for item, prefix in ((tmp_path / "case.zip", f"{tmp_path / 'case.zip'}:"), (zipped(SOS), "<bytes>:")):
        assert list(EXPECTED.items()) == list(read(open_sources([item]), prefix).items())
    (error,) = open_sources([io.BytesIO(zipped(SOS))])
    assert isinstance(error, SourceError)
    assert error.reason == "a zip archive cannot be read from a pipe"


def test_damaged_zip_archives_are_said() -> None:
    """A lost directory, a wrong checksum, a member that unpacks to too much."""
    data = zipped({"kern.log": b"line\n" * 10_000})
    (error,) = open_sources(data[:-30])
    assert isinstance(error, SourceError)
    assert "the archive is damaged" in error.reason
    wrong = bytearray(data)
    wrong[60] ^= 0x55
    for found in open_sources(bytes(wrong)):
        if isinstance(found, Source):
            with pytest.raises(SourceError, match="damaged after"):
                list(found.blocks())
    (found,) = open_sources(data, limits=Limits(max_bytes=1000))
    assert isinstance(found, Source)
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        list(found.blocks())
