"""The package as users get it: built, installed somewhere else, and used there."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "samples" / "v6.12-memcg-v2-kubernetes.dmesg.log"

pytestmark = pytest.mark.packaging


def run(*command: str | Path, where: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=where,
        env={"PATH": "/usr/bin:/bin", "HOME": str(where), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from it, with the tools that are installed."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, where=out)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install the wheel in an environment of its own, which borrows the dependencies of this one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", where=home).strip()
    )
    # A .pth file adds the directory after the environment's own, and does not run the .pth files there:
    # an editable oomlog of the checkout is not seen.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--ignore-installed",
        wheel,
        where=home,
    )
    assert str(home) in run(python, "-c", "import oomlog; print(oomlog.__file__)", where=home)
    yield python


def test_the_wheel_has_what_the_program_reads(wheel: Path) -> None:
    """Grammars, the schema and the marker for type checkers are in the wheel; tests and samples are not."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"oomlog/grammars/{path.name}" for path in (ROOT / "grammars").glob("*.toml")} <= set(names)
    assert {"oomlog/py.typed", "oomlog/report/event.schema.json"} <= set(names)
    modules = {
        f"oomlog/{path.relative_to(ROOT / 'src/oomlog')}" for path in (ROOT / "src/oomlog").rglob("*.py")
    }
    assert modules <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"oomlog"}
    assert not [name for name in names if "test" in name or name.endswith((".pyc", ".log"))]


def test_the_sdist_has_what_a_packager_needs(built: Path) -> None:
    """Source, grammars, tests, samples and licence are in the sdist; nothing that only lies around is."""
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml", "LICENSE", "README.md", "Makefile", "src/oomlog/__init__.py", "grammars/kill.toml",
        "tests/test_packaging.py", "samples/index.toml", "samples/v6.1-global.dmesg.log",
    } <= names  # fmt: skip
    assert not [name for name in names if name.startswith((".venv", ".git/")) or "__pycache__" in name]


def test_the_documents_are_whole_in_the_sdist(built: Path) -> None:
    """Every file of docs/ is in the sdist, and so is whatever README.md leads to."""
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.*")}
    links = re.findall(r"\]\(([^)#:]+)", (ROOT / "README.md").read_text("utf-8"))
    assert links
    assert {name for name in pages if "__pycache__" not in name} | {*links} <= names


def test_the_command_works_outside_of_the_checkout(python: Path, tmp_path: Path) -> None:
    """The installed command parses a log with the grammars that were installed with it."""
    (tmp_path / "kern.log").write_bytes(SAMPLE.read_bytes())
    out = run(python.with_name("oomlog"), "parse", "--format", "ndjson", "kern.log", where=tmp_path)
    assert '"comm":"node"' in out
    assert out.count("\n") == 1
    assert "cri-containerd" in run(
        python.with_name("oomlog"), "parse", "--format", "csv", "kern.log", where=tmp_path
    )


def test_the_package_runs_as_a_module(python: Path, tmp_path: Path) -> None:
    """``python -m oomlog --version`` tells the version of the package."""
    version = "from importlib.metadata import version; print('oomlog', version('oomlog'))"
    assert run(python, "-m", "oomlog", "--version", where=tmp_path) == run(
        python, "-c", version, where=tmp_path
    )


def test_parsing_loads_no_more_than_it_needs(python: Path, tmp_path: Path) -> None:
    """Once the grammar is compiled, parsing imports no grammar engine, no tables, no journal, no terminal."""
    code = (
        "import sys\n"
        "from oomlog.cli.main import entry\n"
        "sys.argv = ['oomlog', 'parse', '--format', 'ndjson', sys.argv[1]]\n"
        "try:\n    entry()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    for _ in range(2):  # the first run may have to compile the grammar
        done = subprocess.run(
            [python, "-c", code, SAMPLE],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert '"comm":"node"' in done.stdout
    loaded = set(done.stderr.split())
    assert "oomlog.events.find" in loaded
    unwanted = {
        "pandas",
        "pyarrow",
        "matplotlib",
        "systemd",
        "pyparsing",
        "rich",
        "zstandard",
        "multiprocessing",
    }
    assert loaded.isdisjoint(unwanted)
