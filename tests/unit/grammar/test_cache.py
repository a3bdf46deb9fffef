"""The stored grammar."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from oomlog.grammar import Grammar, cache, find_folder, load_grammar
from oomlog.grammar.load import compiled


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    monkeypatch.setenv("OOMLOG_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with grammar files that nothing was stored for."""
    target = tmp_path / "grammars"
    target.mkdir()
    for name in ("boot.toml", "tasks.toml"):
        (target / name).write_bytes((find_folder() / name).read_bytes())
    return target


def templates(grammar: Grammar | None) -> list[tuple[object, ...]]:
    """Everything a grammar holds."""
    assert grammar is not None
    rows = [(v.id, v.template, v.nodes, v.since, v.until, v.only_after, v.required) for v in grammar.variants]
    return [*rows, *grammar.columns]


def stored(folder: Path) -> Path:
    """The one file in the cache."""
    (path,) = folder.glob("grammar-*.json")
    return path


def key_of(path: Path) -> str:
    """The key a stored file is found by."""
    return path.stem.removeprefix("grammar-")


def test_shipped_grammar_is_current() -> None:
    """``compiled.json`` is what the grammar files say."""
    path = find_folder() / cache.SHIPPED
    assert path.read_text("ascii") == compiled(find_folder()), "run: python -m oomlog.grammar.reference"


def test_shipped_grammar_is_used(folder: Path) -> None:
    """With ``compiled.json`` nothing is parsed and nothing written."""
    load_grammar()
    assert not folder.exists()


def test_shipped_grammar_is_not_used_for_edited_files(mine: Path, folder: Path) -> None:
    """Files that changed since are read themselves."""
    (mine / cache.SHIPPED).write_text(compiled(mine))
    text = (mine / "boot.toml").read_text()
    (mine / "boot.toml").write_text(text.replace('"2.6.18"', '"2.6.19"'))
    assert load_grammar(mine).variants[0].since == "2.6.19"


def test_cached_grammar_is_the_same(mine: Path, folder: Path) -> None:
    """What comes back from the cache is what the files say."""
    fresh = templates(load_grammar(mine))
    assert templates(cache.read(key_of(stored(folder)))) == fresh
    assert templates(load_grammar(mine)) == fresh


def test_start_without_pyparsing() -> None:
    """Recognising a line needs neither pyparsing nor tomllib."""
    code = (
        "import sys; from oomlog.grammar import *; m = Matcher(load_grammar());"
        "assert m.match('Mem-Info:') and m.diagnose('Killed process 1 (a) tot');"
        "sys.exit('pyparsing' in sys.modules or 'tomllib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "{}", '{"key": 0}', '{"key": "KEY", "variants": [], "columns": []}',
        '{"key": "KEY", "variants": [["a.b", "x", [["x", "eval"]], "", "", [], []]], "columns": []}',
        '{"key": "KEY", "variants": [["a.b", "x", [7], "", "", [], []]], "columns": []}',
        '{"key": "KEY", "variants": [["a.b", "x", ["x"], "", "", [], []]], "columns": [["a"]]}',
        '{"key": "KEY", "variants": 3, "columns": []}', "[" * 100_000,
    ],
)  # fmt: skip
def test_broken_cache_is_ignored(mine: Path, folder: Path, content: str) -> None:
    """Anything that is not a grammar is passed over, and written anew."""
    expected = templates(load_grammar(mine))
    path = stored(folder)
    path.write_text(content.replace("KEY", key_of(path)))
    assert cache.read(key_of(path)) is None
    assert templates(load_grammar(mine)) == expected
    assert json.loads(path.read_text())["key"] == key_of(path)


def test_cache_that_others_can_write_is_ignored(mine: Path, folder: Path) -> None:
    """A file that anyone may write is not trusted."""
    load_grammar(mine)
    stored(folder).chmod(0o666)
    assert cache.read(key_of(stored(folder))) is None


def test_changed_file_means_another_cache(mine: Path, folder: Path) -> None:
    """Editing a grammar file is seen at once, and the old result goes away."""
    load_grammar(mine)
    text = (mine / "boot.toml").read_text()
    (mine / "boot.toml").write_text(text.replace('"2.6.18"', '"2.6.19"'))
    assert load_grammar(mine).variants[0].since == "2.6.19"
    assert stored(folder).exists()


def test_cache_can_be_off(mine: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty OOMLOG_CACHE_DIR means no cache; everything still works."""
    monkeypatch.setenv("OOMLOG_CACHE_DIR", "")
    assert cache.cache_folder() is None
    assert load_grammar(mine).variants
    assert not folder.exists()


def test_cache_that_cannot_be_written(mine: Path, folder: Path) -> None:
    """A cache folder that cannot be made is no error."""
    folder.write_text("in the way")
    assert load_grammar(mine).variants


def test_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a setting the cache is where the desktop standard wants it."""
    monkeypatch.delenv("OOMLOG_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / "oomlog"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "oomlog"
