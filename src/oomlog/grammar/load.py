"""Find, read and check the grammar files.

A wrong file is refused with its name, the line if it can be told, the variant, the key, and what to
write instead.  ``load_grammar`` is for programs (it may take the result of an earlier check from the
cache); ``read_files`` gives everything, samples included, to tests, tools and docs.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oomlog.errors import GrammarError
from oomlog.grammar import cache
from oomlog.grammar.model import Grammar

if TYPE_CHECKING:
    from oomlog.grammar.files import SectionFile

__all__ = ["compiled", "default_grammar", "find_folder", "load_grammar", "read_file", "read_files"]


def find_folder() -> Path:
    """The folder with the grammar files: in the installed package, else in the checkout."""
    # importlib.resources would say the same; importing it costs more than reading the whole cache.
    # An editable install has no copy inside the package, so the checkout's own folder is next.
    here = Path(__file__).resolve()
    inside, outside = here.parents[1] / "grammars", here.parents[3] / "grammars"
    for folder in (inside, outside):
        if folder.is_dir():
            return folder
    raise GrammarError(str(inside), "no grammar files found", help="reinstall oomlog")


def _paths(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError as error:
        raise GrammarError(str(folder), f"cannot be read: {error.strerror}") from error
    if not paths:
        raise GrammarError(str(folder), "no grammar files (*.toml) in this folder")
    return paths


@functools.cache
def default_grammar() -> Grammar:
    """oomlog's own grammar; loaded once."""
    return load_grammar()


def load_grammar(folder: Path | None = None) -> Grammar:
    """Load all grammar files of a folder; oomlog's own without one."""
    folder = folder or find_folder()
    paths, key, contents = _contents(folder)
    grammar = cache.shipped(folder, key) or cache.read(key)
    if grammar is None:
        files = [_parse(path, data) for path, (_, data) in zip(paths, contents, strict=True)]
        grammar = _merge(files)
        cache.write(key, grammar)
    return grammar


def compiled(folder: Path) -> str:
    """What ``compiled.json`` in this folder must hold."""
    return cache.encoded(_contents(folder)[1], _merge(list(read_files(folder))))


def _contents(folder: Path) -> tuple[list[Path], str, list[tuple[str, bytes]]]:
    paths = _paths(folder)
    contents = [(path.name, _bytes(path)) for path in paths]
    return paths, cache.checksum(contents), contents


def read_files(folder: Path | None = None) -> tuple[SectionFile, ...]:
    """Read all grammar files of a folder with their samples."""
    files = tuple(read_file(path) for path in _paths(folder or find_folder()))
    _merge(list(files))
    return files


def read_file(path: Path) -> SectionFile:
    """Read and check one grammar file."""
    return _parse(path, _bytes(path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GrammarError(str(path), f"cannot be read: {error.strerror}") from error


def _parse(path: Path, data: bytes) -> SectionFile:
    # Only a cache miss needs the checks (and pyparsing below them).
    import tomllib

    from oomlog.grammar.check import check_file

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise GrammarError(path.name, "not UTF-8", line=line, help="save the file as UTF-8") from error
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r" ?\(at line (\d+), column \d+\)", str(error))
        raise GrammarError(
            path.name,
            "not TOML: " + str(error).replace(where[0] if where else "", ""),
            line=int(where[1]) if where else None,
            help="text stands in quotes; in '...' a backslash and a double quote stand for themselves",
        ) from error
    return check_file(path.name, text, content)


def _merge(files: list[SectionFile]) -> Grammar:
    from oomlog.grammar.check import check_together

    check_together(files)
    return Grammar(
        variants=tuple(source.variant for file in files for source in file.variants),
        columns=tuple(column for file in files for column in file.columns),
    )
