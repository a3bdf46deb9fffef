"""The fuzz target runs, and a first few thousand bytes of noise do not break it."""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("fuzz_parse", Path(__file__).parent / "fuzz_parse.py")
assert _spec is not None and _spec.loader is not None
fuzz_parse = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fuzz_parse)

SAMPLES = sorted((ROOT / "samples").glob("*.log"))
_TOKENS = (
    b"invoked oom-killer: ", b"Killed process ", b" total-vm:", b"oom-kill:constraint=", b"\n", b"\r", b"\0", b"[",
    b"] ", b"(", b")", b"kB", b"99999999999999999999", b"-1", b",task=", b"{\"log\":\"", b"\\x0a", b"#012", b"> ", b"\x1b[1m",
    b"Memory cgroup stats for ", b"[  pid  ]   uid  tgid total_vm", b"<4>", b"\xff", b"Mem-Info:\n", b"=3D",
)  # fmt: skip


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_recordings_pass(path):
    """Every recording, over every channel, satisfies what the target checks."""
    fuzz_parse.one_input(path.read_bytes())


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the log with a few bytes, words and lines changed, lost, repeated or put elsewhere."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at, kind = chance.randrange(len(out)), chance.randrange(5)
        stop = min(len(out), at + chance.choice((1, 3, 20, 200)))
        if kind == 0:
            out[at] = chance.randrange(256)
        elif kind == 1:
            del out[at:stop]
        elif kind == 2:
            out[at:at] = chance.choice(_TOKENS)
        elif kind == 3:
            out[at:at] = out[at:stop]
        else:
            piece = bytes(out[at:stop])
            del out[at:stop]
            there = chance.randrange(len(out) + 1)
            out[there:there] = piece
        if not out:
            return b"\n"
    return bytes(out)


@pytest.mark.parametrize("seed", range(200))
def test_damaged_recordings_pass(seed):
    """A recording damaged at random places never raises and never breaks the record's rules."""
    chance = random.Random(seed)
    small = [path for path in SAMPLES if path.stat().st_size < 10_000]
    fuzz_parse.one_input(_mutated(chance.choice(small).read_bytes(), chance))
