"""Reports on paper."""

from __future__ import annotations

import builtins
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.errors import OomlogError
from oomlog.report.pdf import pdf_bytes

SAMPLE = Path(__file__).parents[3] / "samples" / "v6.1-memcg-v2-kubernetes.dmesg.log"


@pytest.fixture
def weasyprint() -> Any:
    return pytest.importorskip("weasyprint", reason="WeasyPrint is not installed", exc_type=ImportError)


def test_a_report_is_a_pdf_with_its_text(weasyprint: Any, tmp_path: Path) -> None:
    """The text of a PDF can be searched and copied, in Korean too."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: apt install poppler-utils")
    oomlog.report(SAMPLE, lang="ko").save(tmp_path / "a.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    for word in ("타임라인", "분석 결과", "memory: usage 24576kB, limit 24576kB", "/ "):
        assert word in text


def test_nothing_is_fetched(weasyprint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for files and addresses gets none of them, and no connection is tried."""
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda *args: tried.append(args))
    asked = "".join(f'<img src="{url}">' for url in ("http://192.0.2.1/a.png", f"file://{__file__}"))
    assert pdf_bytes(f"<!DOCTYPE html><title>x</title><p>{asked}").startswith(b"%PDF")
    assert tried == []


def test_the_same_page_gives_the_same_bytes(weasyprint: Any) -> None:
    """A PDF holds no time of its making."""
    page = "<!DOCTYPE html><html lang=en><title>x</title><p>y"
    assert pdf_bytes(page) == pdf_bytes(page)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("weasyprint"), "pip install 'oomlog\\[pdf\\]'"),
        (OSError("cannot load library 'libpango-1.0-0'"), "libpango-1.0-0: cannot open|apt install libpango"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    """Without WeasyPrint, or without a library it needs, the error says what to install."""
    found = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("weasyprint"):
            raise error
        return found(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OomlogError, match=said):
        pdf_bytes("<p>x")
