"""Fuzz the whole way from bytes to JSON.

Run it with atheris (libFuzzer for Python), starting from the recordings::

    pip install atheris
    python tests/fuzz/fuzz_parse.py -max_total_time=60 -max_len=65536 corpus/ samples/

libFuzzer writes an input that fails to ``crash-<hash>``; ``python tests/fuzz/fuzz_parse.py crash-<hash>``
runs that one again.  Anything but a ``SourceError`` (a broken archive) that leaves ``one_input`` is a bug.
"""

from __future__ import annotations

import json
import sys

import oomlog
from oomlog.errors import SourceError
from oomlog.report.json import event_bytes

__all__ = ["one_input"]


def one_input(data: bytes) -> None:
    """Parse the bytes, decode everything, and check what holds for every record."""
    try:
        events = list(oomlog.parse(data, year=2026))
    except SourceError:
        return
    for event in events:
        record = json.loads(event_bytes(event))
        assert record["schema"] == "oomlog.event/1"
        assert 1 <= record["first_line"] <= record["last_line"], record
        assert record["outcome"] in ("killed", "panic", "no_killable", "unknown")
        pids = [kill["pid"] for kill in record["kills"]]
        assert len(pids) == len(set(pids)), record
        for problem in record["problems"]:
            assert problem["line"] >= 1
        assert repr(event)


def main() -> None:
    """Run the fuzzer."""
    import atheris

    # The modules are there already: their functions are instrumented where they are.
    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
