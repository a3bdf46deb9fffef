"""Broken grammar files are refused with a message that says what to write instead.

One file per mistake in ``data/bad_grammars``; the expected message is the ``.txt`` of the same name.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from oomlog.errors import GrammarError
from oomlog.grammar import load_grammar
from oomlog.grammar.check import check_together
from oomlog.grammar.load import read_file

FOLDER = Path(__file__).parent / "data" / "bad_grammars"
FILES = sorted(FOLDER.glob("*.toml"))


def message_of(path: Path) -> str:
    """The message a broken file is refused with."""
    with pytest.raises(GrammarError) as caught:
        check_together([read_file(path)])
    return str(caught.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    """The message names the file, the line if known, the variant, the key, and the way out."""
    assert path.with_suffix(".txt").read_text("utf-8").rstrip("\n") == message_of(path)


def test_every_message_has_its_file() -> None:
    """No expected message is left over from a file that is gone."""
    assert {path.stem for path in FILES} == {path.stem for path in FOLDER.glob("*.txt")}


def test_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is refused with the line of the first wrong byte."""
    path = tmp_path / "latin.toml"
    path.write_bytes(b'section = "x"\ndoc = "caf\xe9"\n')
    assert message_of(path).startswith("latin.toml:2: not UTF-8")


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is a GrammarError, too."""
    assert "cannot be read" in message_of(tmp_path / "none.toml")


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without grammar files is refused."""
    with pytest.raises(GrammarError, match="no grammar files"):
        load_grammar(tmp_path)
