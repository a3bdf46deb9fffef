"""Command lines and what they answer: one ``*.toml`` file a case, run against the logs in ``logs/``.

``args`` are run in a folder with copies of the logs.  Optional keys: ``stdin`` (text), ``terminal`` (which of
stdin, stdout and stderr are terminals), ``environ``, ``files`` (more files by name), ``machine`` (in
``machines/``, whose /proc and /sys are those of the case), ``exit`` (0 if not given).  ``stdout`` and
``stderr`` are exact; ``stdout_has``, ``stdout_lacks``, ``stderr_has`` and ``stderr_lacks`` are lists.
Seconds measured are shown as ``T s``.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tomllib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.toml"))
KEYS = {
    "promise", "args", "stdin", "terminal", "environ", "files", "machine", "exit", "written",
    "stdout", "stdout_has", "stdout_lacks", "stderr", "stderr_has", "stderr_lacks",
}  # fmt: skip
NOW = datetime(2024, 5, 2, 9, 0, tzinfo=timezone(timedelta(hours=2)))
MTIME = datetime(2024, 6, 1, tzinfo=timezone.utc).timestamp()  # noqa: UP017


def copy_logs(folder: Path) -> None:
    for log in (HERE / "logs").iterdir():
        copy = folder / log.name
        shutil.copyfile(log, copy)
        os.utime(copy, (MTIME, MTIME))


def run(
    args: list[str],
    stdin: bytes | None = None,
    terminal: tuple[str, ...] = (),
    root: Path = Path("/"),
    **environ: str,
) -> tuple[int, str, str]:
    stdout, stderr = io.BytesIO(), io.StringIO()
    context = Context(
        stdin=None if stdin is None else io.BytesIO(stdin),
        stdout=stdout,
        stderr=stderr,
        stdin_is_terminal="stdin" in terminal,
        stdout_is_terminal="stdout" in terminal,
        stderr_is_terminal="stderr" in terminal,
        environ=environ,
        now=NOW,
        root=root,
    )
    status = main(args, context)
    return status, timeless(stdout.getvalue().decode()), timeless(stderr.getvalue())


def timeless(text: str) -> str:
    return re.sub(r"\b\d+\.\d\d s\b", "T s", text)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line of the case answers as written down there."""
    case: dict[str, Any] = tomllib.loads(path.read_text())
    assert case.keys() <= KEYS
    assert case["promise"]
    copy_logs(tmp_path)
    for name, text in case.get("files", {}).items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", case.get("environ", {}).get("COLUMNS", "120"))
    stdin = case["stdin"].encode() if "stdin" in case else None
    terminal = tuple(case.get("terminal", ()))
    root = HERE / "machines" / case["machine"] if "machine" in case else Path("/")
    status, stdout, stderr = run(case["args"], stdin, terminal, root, **case.get("environ", {}))
    for name, text in (("stdout", stdout), ("stderr", stderr)):
        if name in case:
            assert text == case[name]
        for part in case.get(f"{name}_has", ()):
            assert part in text
        for part in case.get(f"{name}_lacks", ()):
            assert part not in text
    for name, expected in case.get("written", {}).items():
        assert timeless((tmp_path / name).read_text()) == expected
    assert status == case.get("exit", 0)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_says_something(path: Path) -> None:
    """A case looks at the output, so that it cannot pass by accident."""
    case = tomllib.loads(path.read_text())
    assert case.keys() & {"stdout", "stdout_has", "stderr", "stderr_has", "written"}
