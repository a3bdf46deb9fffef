"""Lengths of time are written as each language writes them."""

from oomlog.report.postmortem.spans import moment, span


def test_korean_units_stand_without_a_space() -> None:
    """Korean attaches its own units, not those in Latin letters."""
    spans = [span(seconds, "ko") for seconds in (0, 0.009, 2.5, 42, 75, 7265, 200_000)]
    assert spans == ["0초", "9 ms", "2.5초", "42초", "1분 15초", "2시간 1분", "2일 7시간"]


def test_a_sign_tells_before_from_after() -> None:
    """Only the event itself has none."""
    assert [moment(offset, "ko") for offset in (-75.0, 0.5, 0.0, None)] == ["-1분 15초", "+500 ms", "0초", ""]
