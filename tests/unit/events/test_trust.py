"""What a log proves about who wrote a kill."""

from __future__ import annotations

import pytest

import oomlog

HEADER = "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
KILL = (
    "Out of memory: Killed process 7 (x) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 "
    "pgtables:4kB oom_score_adj:0"
)
MEMORY = "Node 0 active_anon:1kB inactive_anon:2kB"


@pytest.mark.parametrize(
    "prefix", ["[   12.345678] ", "<4>", "4,1,12345678,-;", "Nov 22 10:00:00 web1 kernel: "]
)
def test_a_text_file_proves_nothing(prefix):
    """It can be written by anybody, so the kernel's lines in it are believed and not vouched for."""
    (event,) = oomlog.parse(f"{prefix}{HEADER}\n{prefix}{KILL}\n")
    assert event.trusted is None


@pytest.mark.parametrize(
    "prefix",
    [
        "<12>[   12.345678] ",
        "12,1,12345678,-;",
        "user  :warn  : [   12.345678] ",
        "Nov 22 10:00:00 web1 myapp[7]: ",
        "<14>1 2026-11-22T10:00:00Z web1 myapp - - - ",
    ],
)
def test_other_writers_are_left_out_and_counted(prefix):
    """Another facility or another program: the words are the kernel's, the hand is not."""
    log = f"{prefix}{HEADER}\n{prefix}{MEMORY}\n{prefix}{KILL}\n"
    events = oomlog.parse(log)
    assert list(events) == []
    assert events.stats.untrusted == 1
    (event,) = oomlog.parse(log, include_untrusted=True)
    assert (event.trusted, event.complete, [kill.pid for kill in event.kills]) == (False, True, [7])


def test_a_forged_line_changes_nothing_about_a_real_report():
    """Neither its kill, nor its end, nor the line numbers."""
    real = [f"[   12.00000{n}] {text}" for n, text in enumerate((HEADER, KILL))]
    forged = [f"<12>[   12.000000] {text}" for text in (HEADER, KILL)]
    for log in (
        [forged[0], *real],
        [real[0], *forged, real[1]],
        [*real, *forged],
        [forged[0], *real, forged[1]],
    ):
        (event,) = oomlog.parse("\n".join(log) + "\n")
        assert (event.complete, [kill.pid for kill in event.kills]) == (True, [7])
        assert [log[event.first_line - 1], log[event.last_line - 1]] == real


def test_the_kernels_device_proves_its_records(monkeypatch):
    """The kernel gives what is written into /dev/kmsg another facility than its own."""
    import os

    import oomlog.sources.inputs as inputs

    monkeypatch.setattr(inputs, "is_kmsg", lambda status: True)
    read_end, write_end = os.pipe()
    os.write(write_end, f"4,1,12345678,-;{KILL}\n12,2,12345679,-;{KILL.replace(' 7 ', ' 8 ')}\n".encode())
    os.close(write_end)
    events = oomlog.parse(f"/dev/fd/{read_end}", include_untrusted=True)
    assert [(event.kills[0].pid, event.trusted) for event in events] == [(7, True), (8, False)]
    os.close(read_end)


def test_users_of_facility_zero_are_the_kernel():
    """A text file's line in the journal's own form is as good as any other text."""
    line = f"4,0000000001,000012345678,-,real:1763805600123456,boot:{'0' * 32},host:a,by:kernel;{KILL}"
    (event,) = oomlog.parse(f"{line}\n")
    assert (event.trusted, event.host, event.boot_id) == (None, "a", "0" * 32)
