"""The architecture: data flows one way, heavy libraries are imported where used, modules stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src"
MODULES = sorted((SRC / "oomlog").rglob("*.py"))

# From left to right: a module imports from its own package or from one further left.
ORDER = (
    {"errors", "units", "model", "asking", "task_table", "kernel"},
    {"sources", "live"},
    {"lines"},
    {"grammar"},
    {"events"},
    {"containers"},
    {"frame"},
    {"store"},
    {"history"},
    {"explain"},
    {"report"},
    {"watch"},
    {"cli", "jupyter", "reading"},
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
FRONT = {"__init__", "__main__"}  # the package's own front doors see everything

# The looks to the right, inside of functions: worker processes render what they read, so that events need not
# be pickled; and what is asked for at a prompt is made where that may be imported.
LOOKS_RIGHT = {
    ("oomlog.events.parallel", "oomlog.report.json"),
    ("oomlog.asking", "oomlog.jupyter"),
    ("oomlog.explain.model", "oomlog.jupyter"),
    ("oomlog.frame.event_list", "oomlog.jupyter"),
    ("oomlog.history.record", "oomlog.jupyter"),
}

# Who may import a heavy or optional library, and who may do so when the module itself is imported.
USERS = {
    "pandas": (
        "oomlog.frame",
        "oomlog.store",
        "oomlog.history",
        "oomlog.explain",
        "oomlog.report",
        "oomlog.cli",
        "oomlog.jupyter",
    ),
    "pyarrow": ("oomlog.frame", "oomlog.report.parquet"),
    "matplotlib": ("oomlog.report.plots",),
    "jinja2": ("oomlog.report.html",),
    "weasyprint": ("oomlog.report.pdf",),
    "sqlite3": ("oomlog.store",),
    "systemd": ("oomlog.sources.journal", "oomlog.watch.follow_journal"),
    "prometheus_client": ("oomlog.watch.metrics",),
    "rich": ("oomlog.report", "oomlog.cli"),
    "zstandard": ("oomlog.sources", "oomlog.store"),
    "concurrent.futures": ("oomlog.events.parallel", "oomlog.lines.tape", "oomlog.store.task_sizes"),
    "pyparsing": ("oomlog.grammar",),
}
AT_IMPORT = {
    "pandas": ("oomlog.frame", "oomlog.history", "oomlog.store.load"),
    "pyarrow": ("oomlog.frame", "oomlog.report.parquet"),
    "matplotlib": ("oomlog.report.plots",),
    "jinja2": ("oomlog.report.html",),
    "weasyprint": (),
    "sqlite3": ("oomlog.store",),
    "systemd": ("oomlog.sources.journal",),
    "prometheus_client": (),
    "rich": ("oomlog.report.terminal", "oomlog.cli.progress"),
    "zstandard": (),
    "concurrent.futures": ("oomlog.events.parallel",),
    "pyparsing": ("oomlog.grammar",),
}
LINES = 500

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: name_of(path).removeprefix("oomlog."))


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(name: str) -> str:
    """Return ``events`` for ``oomlog.events.find``."""
    return name.split(".")[1] if "." in name else "__init__"


def imports(tree: ast.AST, *, top: bool = True) -> Iterator[tuple[str, bool]]:
    """Yield (module, whether it is imported with the importing module); not what only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((f"{node.module}.{alias.name}", top) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        else:
            inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(node, top=top and not inner)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def belongs(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


@each_module
def test_imports_point_to_the_left(path: Path) -> None:
    """A module imports from its own package or from one to its left, also inside functions."""
    name = name_of(path)
    package = package_of(name)
    if package in FRONT:
        return
    for target, top in imports(tree_of(path)):
        if not target.startswith("oomlog.") or (target == "oomlog.__version__" and package == "cli"):
            continue
        if not top and any(name == who and belongs(target, (what,)) for who, what in LOOKS_RIGHT):
            continue
        assert package_of(target) in RANK, f"{name} imports {target}, which is in no package of the order"
        assert RANK[package_of(target)] <= RANK[package], f"{name} imports {target}"
        if RANK[package_of(target)] == RANK[package] > 0:
            assert package_of(target) == package, f"{name} imports {target}"


@each_module
def test_heavy_libraries_stay_in_their_places(path: Path) -> None:
    """What is slow to import or optional is imported by who needs it, and as late as can be."""
    name = name_of(path)
    for target, top in imports(tree_of(path)):
        for library, users in USERS.items():
            if belongs(target, (library,)):
                assert belongs(name, users), f"{name} imports {target}"
                if top:
                    assert belongs(name, AT_IMPORT[library]), f"{name} imports {target} at once"


def test_every_package_has_its_place() -> None:
    """There is no package or module outside of the order."""
    assert {package_of(name_of(path)) for path in MODULES} - FRONT <= set(RANK)


@each_module
def test_modules_have_one_job(path: Path) -> None:
    """No module is a drawer for odds and ends, and none is longer than 500 lines."""
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}
    assert len(path.read_text().splitlines()) <= LINES


@each_module
def test_modules_say_what_they_are(path: Path) -> None:
    """A module has a docstring, and one that defines something says what is meant for others: ``__all__``."""
    tree = tree_of(path)
    assert ast.get_docstring(tree)
    defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
    if not defines or path.stem.startswith("_"):
        return
    exported = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]
    ]
    assert len(exported) == 1
    assert len(set(exported[0])) == len(exported[0])


def test_importing_oomlog_is_cheap() -> None:
    """``import oomlog`` brings in none of the libraries that only some uses need."""
    code = "import sys, oomlog; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({*USERS, "multiprocessing", "argparse"})
