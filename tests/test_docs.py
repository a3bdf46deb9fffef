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
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import oomlog
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.main import main
from oomlog.events.parse import shared_matcher
from oomlog.grammar import default_grammar, load, read_files
from oomlog.lines.prefix import LAYERS
from oomlog.report.json import event_bytes

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".", "docs", "notebooks", "grammars", "samples", "benchmarks")
DOCUMENTS = [
    path.relative_to(ROOT).as_posix() for name in FOLDERS for path in sorted((ROOT / name).glob("*.md"))
]
BLOCK = re.compile(r"(?ms)(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$")
SECONDS = re.compile(r"\b\d+\.\d\d s\b")

each_document = pytest.mark.parametrize("name", DOCUMENTS)


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str, kind: str) -> list[re.Match[str]]:
    return [found for found in BLOCK.finditer(read(name)) if found["kind"] == kind]


@each_document
def test_blocks(name: str) -> None:
    """Every block of code is one that these tests see, and a command that shows its output is run."""
    tokens = MarkdownIt("commonmark").parse(read(name))
    fences = [(token.info, token.content) for token in tokens if token.type == "fence"]
    assert fences == [(block["kind"], block["body"]) for block in BLOCK.finditer(read(name))]
    others = [token.content for token in tokens if token.type == "code_block"]
    others += [text for kind, text in fences if kind != "console"]
    assert not re.search(r"(?m)^\$ oomlog", "\n".join(others))


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
    """Every command in a shell block is one that the program understands, its options and times included."""
    from asked import commands_in, understood

    for block in blocks(name, "sh"):
        commands = commands_in(block["body"])
        assert len(commands) >= len(re.findall(r"(?m)^oomlog ", block["body"]))
        for words in commands:
            assert understood(words).command == words[0]


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
    noted = [block for name in DOCUMENTS for block in BLOCK.finditer(read(name)) if block["note"]]
    quotes = [block for block in noted if block["note"].startswith("lines of ")]
    records = [block for block in noted if block["note"].startswith("part of ")]
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
        link = f"[{file.section}](../grammars/{file.section}.toml)"
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


def speed() -> str:
    """Return of the measurements in docs/speed.md those that README.md shows."""
    head, line, *rows = re.findall(r"(?m)^\|.*\n", read("docs/speed.md"))
    shown = [row for row in rows if row.startswith(tuple(f"| {what} |" for what in SHOWN))]
    assert len(shown) == len(SHOWN)
    return head + line + "".join(shown)


SHOWN = (
    "ordinary log, `--format ndjson`",
    "storm, kill table (`--format csv`)",
    "storm, full ndjson with all task rows",
    "peak memory, any of these, one process",
    "start-up, one event",
    "`oomlog history --db` of a million kills",
)
GENERATED: dict[str, Callable[[], str]] = {
    "kernels": kernels,
    "recorded": recorded,
    "loggers": loggers,
    "speed": speed,
}


def with_tables(text: str) -> str:
    for name, make in GENERATED.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        end = f"<!-- /{name} -->"
        text = before + start + make() + rest[rest.index(end) :] if start else text
    return text


def test_tables() -> None:
    """The generated tables say what the grammar, the prefix table, the samples and the measurements say."""
    texts = [read(name) for name in DOCUMENTS]
    assert [sum(f"<!-- {name} -->" in text for text in texts) for name in GENERATED] == [1] * len(GENERATED)
    assert [*map(with_tables, texts)] == texts, "run: python tests/test_docs.py"


def test_exit_statuses() -> None:
    """The table of exit statuses lists exactly those that there are."""
    (listed,) = re.findall(r"(?s)<!-- exit -->(.*)<!-- /exit -->", "".join(map(read, DOCUMENTS)))
    assert {int(found) for found in re.findall(r"(?m)^\| (\d+) \|", listed)} == {*map(int, ExitStatus)}


# -- links --------------------------------------------------------------------------------------------


def inlines(name: str) -> Iterator[tuple[Token, Token]]:
    """Give every link, picture and piece of text of a document with the block that it stands in."""
    before = None
    for token in MarkdownIt("commonmark").enable("table").parse(read(name)):
        for child in token.children or ():
            assert before is not None
            yield before, child
        before = token


def targets(name: str) -> list[str]:
    """Return what a document's links and pictures lead to."""
    found = [child.attrGet("href" if child.type == "link_open" else "src") for _, child in inlines(name)]
    return [str(target) for target in found if target]


def anchors(name: str) -> set[str]:
    """Return the names that GitHub and GitLab give to the headings of a document."""
    texts: dict[int, str] = {}
    for block, child in inlines(name):
        if block.type == "heading_open":
            texts[id(block)] = texts.get(id(block), "") + child.content
    names = [re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts.values()]
    assert len(names) == len({*names}), f"{name}: two headings of one name"
    return {*names}


@each_document
def test_links(name: str) -> None:
    """Every relative link leads to a file that the project has, and to a heading of it if it says so."""
    for target in targets(name):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.resolve().is_relative_to(ROOT), target
        assert path.exists(), target
        assert not anchor or anchor in anchors(path.resolve().relative_to(ROOT).as_posix()), target


def test_every_page_is_found() -> None:
    """README.md leads to every page in docs/, and every picture there is shown."""
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= {*targets("README.md")}
    shown = {((ROOT / name).parent / target).resolve() for name in DOCUMENTS for target in targets(name)}
    assert {*(ROOT / "docs/images").iterdir()} <= shown


def test_pictures(tmp_path: Path) -> None:
    """The pictures show what the program says today; if not, ``make pictures`` draws them anew."""
    import pictures
    import screenshot
    from PIL import Image

    with project():
        said = screenshot.told(oomlog.report(screenshot.LOG))
    with Image.open(pictures.IMAGES / "report.png") as picture:
        assert picture.text["Description"] == said
    pictures.draw(tmp_path)
    for new in tmp_path.iterdir():
        old = pictures.IMAGES / new.name
        assert words_of(new) == words_of(old)


def words_of(svg: Path) -> list[str]:
    return [text for text in ElementTree.parse(svg).getroot().itertext() if text.strip()]


@each_document
def test_no_machine_paths(name: str) -> None:
    """No document names a path of the machine that it was written on."""
    assert str(ROOT) not in read(name)


def test_make_targets() -> None:
    """Every ``make`` target the documents name exists."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name in DOCUMENTS:
        commands = re.findall(r"(?m)`[^`\n]+`|^make [^\n]*$", read(name))
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
        (ROOT / document).write_text(renewed(read(document)), "utf-8")
    sys.exit()
