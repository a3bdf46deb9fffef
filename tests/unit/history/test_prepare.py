"""What is counted at all."""

from __future__ import annotations

from oomlog.history.prepare import once, prepare


def test_an_event_in_two_logs_counts_once(frame) -> None:
    """Of two records of one event the one with more kills stays, then the one whose time is known."""
    kills = frame(
        [
            {"event": 1, "event_id": "a", "uptime_s": 5.0, "source": "dmesg"},
            {"event": 2, "event_id": "a", "at": "2026-11-01T10:00:00+00:00", "source": "kern.log"},
            {"event": 3, "event_id": "b", "source": "dmesg", "pid": 1},
            {"event": 4, "event_id": "b", "source": "kern.log", "pid": 1},
            {"event": 4, "event_id": "b", "source": "kern.log", "kill": 1, "pid": 2},
            {"event": 5, "event_id": "c"},
        ]
    )
    kept, folded = once(kills)
    assert (kept["event"].tolist(), folded) == ([2, 4, 4, 5], 2)


def test_kills_cut_off_in_one_log_are_those_of_another(frame) -> None:
    """Logs cut within an event tell of its kills together, and of each once."""
    kills = frame(
        [
            {"event": 1, "event_id": "a", "kill": 1, "pid": 1, "anon_rss_kb": 9},
            {"event": 1, "event_id": "a", "kill": 2, "pid": 2, "anon_rss_kb": 9},
            {"event": 2, "event_id": "a", "kill": 1, "pid": 2, "anon_rss_kb": 9},
            {"event": 2, "event_id": "a", "kill": 2, "pid": 3, "anon_rss_kb": 9},
        ]
    )
    kept, folded = once(kills)
    assert folded == 1
    assert kept[["event", "kill", "pid"]].to_numpy().tolist() == [[1, 1, 1], [1, 2, 2], [1, 3, 3]]


def test_events_without_an_id_are_all_kept(frame) -> None:
    """What nobody identified is nobody's double."""
    kept, folded = once(frame([{}, {}]))
    assert (len(kept), folded) == (2, 0)


def test_forged_and_userspace_kills_are_kept_apart(frame) -> None:
    """Kills that may be forged count only when asked for; those by other killers are kept apart."""
    kills = frame([{"trusted": False}, {"trusted": True}, {}, {"killer": "systemd-oomd"}])
    found = prepare(kills)
    assert (len(found.kills), len(found.userspace), found.untrusted) == (2, 1, 1)
    assert len(prepare(kills, untrusted=True).kills) == 3


def test_a_frame_without_rows_is_prepared_like_any(frame) -> None:
    """No kills give an empty frame with all columns."""
    found = prepare(frame([]))
    assert {"wall", "clock", "moment_s", "boot", "where", "limit_where"} <= set(found.kills.columns)
    assert len(found.kills) == 0
