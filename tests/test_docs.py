"""The documents say what the program does: their commands, code, tables and links are run and compared.

``python tests/test_docs.py`` brings outputs and generated tables up to date; read the diff before you
keep it.
"""

from __future__ import annotations

import doctest
import io
import json
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.main import main
from oomlog.events.parse import shared_matcher
from oomlog.grammar import default_grammar, load, read_files
from oomlog.lines.prefix import LAYERS
from oomlog.report.json import event_bytes

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "notebooks/README.md")
BLOCK = re.compile(r"(?ms)(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$")
SECONDS = re.compile(r"\b\d+\.\d\d s\b")

each_document = pytest.mark.parametrize("name", DOCUMENTS)


def blocks(name: str, kind: str) -> list[re.Match[str]]:
    return [found for found in BLOCK.finditer((ROOT / name).read_text("utf-8")) if found["kind"] == kind]


# -- commands -----------------------------------------------------------------------------------------


def run(command: str) -> tuple[str, int]:
    """Run one ``oomlog`` command line in this process, with ``| head -N`` as the only pipe."""
    command, _, head = command.partition(" | head -")
    out, err = io.BytesIO(), io.StringIO()
    status = main(shlex.split(command)[1:], Context(stdin=io.BytesIO(), stdout=out, stderr=err))
    lines = (out.getvalue().decode() + err.getvalue()).splitlines()
    return "".join(f"{line}\n" for line in lines[: int(head) if head else None]), status


def rerun(body: str) -> str:
    """Return a console block with the outputs that its commands give now."""
    parts = []
    status = 0
    for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE):
        if command == "echo $?":
            output = f"{int(status)}\n"
        else:
            assert command.startswith("oomlog "), f"cannot be checked: {command}"
            output, status = run(command)
        parts.append(f"$ {command}\n{output}")
    return "".join(parts)


@contextmanager
def project(without: str = "") -> Iterator[None]:
    """Work in the project's folder, or in a copy whose grammar lacks one variant.

    :param without: The variant; ``nothing`` for a folder where files can be made.
    """
    if not without:
        with chdir(ROOT):
            yield
        return
    from tempfile import TemporaryDirectory

    if without == "nothing":
        with TemporaryDirectory() as name, chdir(name):
            Path("samples").symlink_to(ROOT / "samples")
            Path("tests").symlink_to(ROOT / "tests")
            yield
        return
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        (folder / "samples").symlink_to(ROOT / "samples")
        shutil.copytree(ROOT / "grammars", folder / "grammars")
        path = folder / "grammars" / f"{without.partition('.')[0]}.toml"
        variants = path.read_text("utf-8").split("[[variant]]\n")
        kept = [text for text in variants if f'id = "{without}"\n' not in text]
        assert len(kept) == len(variants) - 1
        path.write_text("[[variant]]\n".join(kept), "utf-8")
        patch.setenv("OOMLOG_CACHE_DIR", "")
        patch.setattr(load, "find_folder", lambda: folder / "grammars")
        patch.chdir(folder)
        forget_grammar()
        try:
            yield
        finally:
            forget_grammar()


def forget_grammar() -> None:
    default_grammar.cache_clear()
    shared_matcher.cache_clear()


def without(block: re.Match[str]) -> str:
    note = block["note"] or ""
    if note == "in a folder of its own":
        return "nothing"
    return note.removeprefix("without ") if note.startswith("without ") else ""


@each_document
def test_commands(name: str) -> None:
    """Every command in a console block answers as printed there."""
    for block in blocks(name, "console"):
        with project(without(block)):
            assert SECONDS.sub("T s", rerun(block["body"])) == SECONDS.sub("T s", block["body"])


@each_document
def test_options(name: str) -> None:
    """Every option named in a shell block is one the command has."""
    for block in blocks(name, "sh"):
        for words in re.findall(r"oomlog ((?:parse|schema|grammar)\b[^#|\n]*)", block["body"]):
            command = words.split()[0]
            known = run(f"oomlog {command} --help")[0]
            for option in re.findall(r"--[a-z-]+", words):
                assert option in known, f"{command} has no {option}"


# -- code ---------------------------------------------------------------------------------------------


@each_document
def test_code(name: str) -> None:
    """Every Python block runs, and a session gives what is printed there."""
    runner = doctest.DocTestRunner(verbose=False)
    parser = doctest.DocTestParser()
    names: dict[str, Any] = {}
    with project():
        for block in blocks(name, "python"):
            if ">>>" not in block["body"]:
                with redirect_stdout(io.StringIO()):
                    exec(compile(block["body"], name, "exec"), names)
                continue
            test = parser.get_doctest(block["body"], names, name, name, None)
            said = io.StringIO()
            runner.run(test, out=said.write, clear_globs=False)
            names.update(test.globs)
            assert said.getvalue() == ""


def contains(whole: object, part: object) -> bool:
    """Tell whether a JSON value has what another has, keys left out aside."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and contains(whole[k], part[k]) for k in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


def test_quoted_logs() -> None:
    """Lines quoted from a sample stand in it in this order, and the record shown is part of the real one."""
    quotes = [block for block in blocks("README.md", "text") if (block["note"] or "").startswith("lines of ")]
    records = [block for block in blocks("README.md", "json") if (block["note"] or "").startswith("part of ")]
    assert quotes and records
    for block in quotes:
        lines = iter((ROOT / block["note"].split()[-1]).read_text("utf-8").splitlines())
        for line in block["body"].splitlines():
            assert line in lines, line
    for block in records:
        with project():
            event = next(oomlog.parse(block["note"].split()[-1]))
        assert contains(json.loads(event_bytes(event)), json.loads(block["body"]))


def test_quoted_grammar() -> None:
    """A variant shown in CONTRIBUTING.md is in the grammar as shown."""
    shown = [block["body"] for block in blocks("CONTRIBUTING.md", "toml") if block["note"]]
    assert shown
    grammar = "\n".join(path.read_text("utf-8") for path in (ROOT / "grammars").glob("*.toml"))
    assert all(text in grammar for text in shown)


# -- tables -------------------------------------------------------------------------------------------


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in cells)


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def kernels() -> str:
    """Return for each section of a report the kernels whose lines are known."""
    rows = []
    for file in read_files():
        ranges = [(source.variant.since, source.variant.until) for source in file.variants]
        ranges += [(column.since, column.until) for column in file.columns]
        plain = [(since, until) for since, until in ranges if since[:1].isdigit()]
        if not plain or file.section in ("userspace", "boot"):
            continue
        first = min((since for since, _ in plain), key=number)
        others = sorted({since for since, _ in {*ranges} - {*plain}})
        link = f"[{file.section}](grammars/{file.section}.toml)"
        rows.append((link, file.doc, f"{first} -", str(len(file.variants)), ", ".join(others)))
        assert not all(until for _, until in plain), "say in the table that this section ended"
    return table(("section", "what it is", "kernels", "lines", "also"), rows)


def recorded() -> str:
    """Return how many samples there are of each kernel."""
    samples = tomllib.loads((ROOT / "samples/index.toml").read_text("utf-8"))["sample"]
    releases = sorted({sample["kernel"] for sample in samples}, key=number)
    count = {release: sum(sample["kernel"] == release for sample in samples) for release in releases}
    return table(("kernel", "samples"), [(f"`{release}`", str(count[release])) for release in releases])


def loggers() -> str:
    """Return an example of every kind of prefix."""
    rows = [(layer.name, "`` " + layer.example + " ``") for layer in LAYERS]
    return table(("prefix", "example"), rows)


GENERATED: dict[str, Callable[[], str]] = {"kernels": kernels, "recorded": recorded, "loggers": loggers}


def with_tables(text: str) -> str:
    for name, make in GENERATED.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        end = f"<!-- /{name} -->"
        text = before + start + make() + rest[rest.index(end) :] if start else text
    return text


def test_tables() -> None:
    """The tables of kernels and loggers say what the grammar and the prefix table say."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert all(f"<!-- {name} -->" in text for name in GENERATED)
    assert with_tables(text) == text, "run: python tests/test_docs.py"


def test_exit_statuses() -> None:
    """README.md lists exactly the exit statuses there are."""
    text = (ROOT / "README.md").read_text("utf-8")
    listed = text.partition("<!-- exit -->")[2].partition("<!-- /exit -->")[0]
    assert {int(found) for found in re.findall(r"(?m)^\| (\d+) \|", listed)} == {*map(int, ExitStatus)}


@each_document
def test_links(name: str) -> None:
    """Every relative link leads to a file."""
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


@each_document
def test_no_machine_paths(name: str) -> None:
    """No document names a path of the machine that it was written on."""
    assert str(ROOT) not in (ROOT / name).read_text("utf-8")


def test_make_targets() -> None:
    """Every ``make`` target the documents name exists."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name in DOCUMENTS:
        commands = re.findall(r"(?m)`[^`\n]+`|^make [^\n]*$", (ROOT / name).read_text("utf-8"))
        for target in re.findall(r"\bmake ([a-z]+)\b", "\n".join(commands)):
            assert re.search(rf"(?m)^{target}:", makefile), target


# -- bringing them up to date -------------------------------------------------------------------------


def renewed(text: str) -> str:
    def one(block: re.Match[str]) -> str:
        if block["kind"] != "console":
            return block[0]
        with project(without(block)):
            body = rerun(block["body"])
        if SECONDS.sub("T s", body) == SECONDS.sub("T s", block["body"]):
            return block[0]  # only the seconds differ
        return block[0].replace(block["body"], body)

    return with_tables(BLOCK.sub(one, text))


if __name__ == "__main__":
    for document in DOCUMENTS:
        file = ROOT / document
        file.write_text(renewed(file.read_text("utf-8")), "utf-8")
    sys.exit()
