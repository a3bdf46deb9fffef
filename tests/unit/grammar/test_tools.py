"""What helps people with the grammar: reference, diagrams, drafts and the command."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main
from oomlog.errors import UsageError
from oomlog.grammar import Matcher, default_grammar, find_folder, read_files
from oomlog.grammar.diagram import diagram_html
from oomlog.grammar.propose import drafts
from oomlog.grammar.reference import updated
from oomlog.grammar.template import parse_template
from oomlog.grammar.verify import verify

LOG = """\
[1.0] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[1.0] CPU: 0 PID: 1 Comm: x Not tainted 6.19.2 #1
[1.0] Call Trace:
[1.0]  dump_stack+0x5c/0x80
[1.0] Future counters: a:12kB b=0x10 [new] it's 7
[1.0] Mem-Info:
"""


def call(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """Run ``oomlog grammar`` and give status, output and messages."""
    out, err = io.BytesIO(), io.StringIO()
    status = main(["grammar", *arguments], Context(stdin=io.BytesIO(stdin), stdout=out, stderr=err))
    return status, out.getvalue().decode(), err.getvalue()


def test_readme_is_current() -> None:
    """The tables of grammars/README.md say what the grammar files say."""
    readme = find_folder() / "README.md"
    text = readme.read_text("utf-8")
    assert updated(text, read_files()) == text, "run: python -m oomlog.grammar.reference"


def test_shipped_files_verify() -> None:
    """``grammar check`` finds nothing wrong with the shipped files."""
    assert [message for file in read_files() for message in verify(file, default_grammar())] == []


def test_list_by_kernel_and_section() -> None:
    """The list can be narrowed to what one kernel prints."""
    status, out, _ = call("list", "--section", "invoked", "--kernel", "2.6.32")
    assert (status, [line.split()[0] for line in out.splitlines()]) == (0, ["invoked.oom_adj", "invoked.cut"])
    assert "kill.killed " in call("list", "--kernel", "6.8")[1]
    assert "kill.select " not in call("list", "--kernel", "6.8")[1]


@pytest.mark.parametrize(
    "arguments", [("list", "--kernel", "new"), ("list", "--section", "kil"), ("show", "kill.kiled")]
)
def test_wrong_names(arguments: tuple[str, ...]) -> None:
    """A name or version that does not exist is an error with a hint."""
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert "did you mean" in err or "write it like" in err


def test_show() -> None:
    """One variant in full: source, template, keys, samples."""
    status, out, _ = call("show", "mem_info.hugepages")
    assert status == 0
    assert "hugepages_size_kb: kb" in out
    assert "mm/hugetlb.c" in out


def test_try_a_known_line_with_a_prefix() -> None:
    """The logger's prefix is taken off; the fields are shown."""
    status, out, _ = call(
        "try", "Nov 22 10:00:00 h kernel: [ 1.0] oom_reaper: unable to reap pid:7 (a\\x1b[31mb)"
    )
    assert status == 0
    assert out.startswith("reaper.unable\n  pid = 7\n")


def test_try_shows_a_caret() -> None:
    """The caret stands below the first character that does not fit, escapes counted."""
    _, out, _ = call("try", "oom_reaper: reaped process 7 (\x1b[31m), now anon-rss:x")
    lines = out.splitlines()
    where = next(index for index, line in enumerate(lines) if line.startswith("reaper.reaped"))
    assert "\x1b" not in out
    assert lines[where + 1].index("x", lines[where + 1].index("anon-rss:")) == lines[where + 2].index("^")


def test_try_something_else() -> None:
    """A line that resembles nothing is called so, and the status is 1."""
    assert call("try", "hello") == (1, "no variant resembles this line\n", "")


def test_try_status() -> None:
    """0 when a variant matches and 1 when none does, as ``--help`` says."""
    assert call("try", "Mem-Info:")[0] == 0
    assert call("try", "oom_reaper: reaped process 7 (a), now anon-rss:x")[0] == 1
    assert "\n  1    none does\n" in call("try", "--help")[1]


def test_try_after() -> None:
    """A row is one only after the line it follows; an id that does not exist is refused with a hint."""
    row = "kmalloc-64   12KB   16KB"
    assert call("try", row)[0] == 1
    assert call("try", row, "--after", "slab.head")[:1] == (0,)
    message = "oomlog: --after: no variant is called 'slab.hed'; did you mean 'slab.head'?\n"
    assert call("try", row, "--after", "slab.hed") == (2, "", message)


def test_check_names_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with a file is said behind its name as it was given, and the name comes once."""
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("sub/mine.toml").write_text('section = "mine"\ndoc = "x"\nkernl = "y"\n')
    assert call("check", "nope.toml") == (
        2,
        "",
        "nope.toml: no such file or folder; see what is there with: ls .\n",
    )
    assert call("check", "sub") == (2, "", "sub: is a folder; name a file in it\n")
    status, _, err = call("check", "sub/mine.toml")
    assert (status, err.splitlines()[0]) == (2, "sub/mine.toml:3: key 'kernl': unknown key 'kernl'")
    assert err.count("mine.toml") == 1


def test_new_sample_counts_lines(tmp_path: Path) -> None:
    """A line number beyond the end is answered with how many lines there are."""
    path = tmp_path / "a.log"
    for text, has in (("", "is empty"), ("\n", "has 1 line"), ("a", "has 1 line"), ("a\nb\n", "has 2 lines")):
        path.write_text(text)
        assert call("new-sample", str(path), "--line", "3") == (2, "", f"oomlog: --line 3: {path} {has}\n")
    assert "'0' is not a whole number of at least 1" in call("new-sample", str(path), "--line", "0")[2]


def test_check_tells_what_is_wrong(tmp_path: Path) -> None:
    """A sample that does not match, gives other fields, or is taken twice is told, and the status is 2."""
    path = tmp_path / "mine.toml"
    path.write_text(
        'section = "mine"\ndoc = "x"\nkernel = "y"\n[[variant]]\nid = "mine.a"\nsince = "6.1"\nsource = "z"\n'
        "line = 'Mem-Info[ {pid:int}]:'\nunlike = ['Mem-Info 3:']\n"
        "[[variant.sample]]\nline = 'Mem-Info:'\nexpect = { pid = 1 }\n"
        "[[variant.sample]]\nline = 'Mem-Infos'\nexpect = {}\n"
    )
    status, _, err = call("check", str(path), str(find_folder() / "boot.toml"))
    assert status == 2
    for part in ("pid is 'nothing', expected 1", "also taken by mem_info.head", "column 9", "must not take"):
        assert part in err


def test_new_sample_drafts_the_unknown_line(tmp_path: Path) -> None:
    """A report's unknown line becomes a variant whose sample matches; frames of the stack do not."""
    path = tmp_path / "a.log"
    path.write_text(LOG)
    status, out, _ = call("new-sample", str(path))
    assert status == 0
    (variant,) = tomllib.loads(out)["variant"]
    assert variant["since"] == "6.19"
    (sample,) = variant["sample"]
    assert sample["expect"] == {"a_kb": 12, "b": "0x10", "value": 7}
    assert sample["line"] == "Future counters: a:12kB b=0x10 [new] it's 7"
    parse_template(variant["line"])


def test_new_sample_of_a_given_line() -> None:
    """Any line can be asked for by its number, from standard input, too."""
    status, out, _ = call("new-sample", "-", "--line", "1", stdin=b"caf\\xe9 \x1b 12kB\n")
    assert status == 0
    assert tomllib.loads(out)["variant"][0]["sample"][0]["line"] == "caf\\xe9 \x1b 12kB"


def test_new_sample_with_nothing_new(tmp_path: Path) -> None:
    """A log without unknown lines says so, one without a report that; nothing is on standard output."""
    path = tmp_path / "a.log"
    path.write_text("a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\nMem-Info:\n")
    assert call("new-sample", str(path)) == (0, "", "oomlog: every line of a report is known\n")
    path.write_text("Mem-Info:\n")
    assert "no report is in" in call("new-sample", str(path))[2]
    assert call("new-sample", str(path), "--line", "9")[0] == 2
    assert call("new-sample", str(tmp_path / "none"))[0] == 2


def test_drafts_never_fail() -> None:
    """Every line of a log can be drafted, whatever it holds."""
    texts = ["[[{}\\ ", "\x00\ud800 1kB", "'\"", "", "1 2 0x3"]
    for _, toml in drafts(Matcher(default_grammar()), texts, range(1, 6)):
        assert tomllib.loads(toml)["variant"]


def test_diagram_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the message says what to install."""
    monkeypatch.setitem(sys.modules, "railroad", None)
    with pytest.raises(UsageError, match=r"oomlog\[diagram\]"):
        diagram_html(default_grammar().variants[:1], "x")


def test_diagram(tmp_path: Path) -> None:
    """With the extra every variant can be drawn."""
    pytest.importorskip("railroad")
    path = tmp_path / "kill.html"
    assert call("diagram", "kill", "-o", str(path))[0] == 0
    assert "kill.killed_el6" in path.read_text("utf-8")
