"""Compare oomlog with plain yardsticks on the same files, and print a Markdown report.

Both sides of a row run in turn, several times, with the file in the page cache; the report
shows medians and the median of the pairs' ratios.  Every output is checked against truth.json.
A missed target or a failing command is shown, never an error: the exit status is 1 only if an
answer was wrong.  benchmarks/README.md says what each row is for.
"""

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import check
import journal
import measure
from bench import Bench, Result, Side

# What anyone would write first: read every line, split it, keep nothing.
SPLIT_LOOP = "import sys\nfor line in open(sys.argv[1], 'rb'):\n    line.split()"
GREP = ["grep", "-cF", "Killed process"]
MEMORY_TARGET_MB = 150
STREAM_TARGET_MB_S = 150


def _parse(bench: Bench, file: str, *options: str, packed: str = "") -> Side:
    command = [bench.oomlog, "parse", str(bench.data / (file + packed)), *options]
    return Side([command], file, check.kill_table if "csv" in options else check.ndjson)


def _stream(bench: Bench, file: str) -> Side:
    command = [bench.oomlog, "parse", "-", "--format", "ndjson"]
    return Side([["cat", str(bench.data / file)], command], file, check.ndjson)


def _grep(bench: Bench, file: str) -> Side:
    return Side([[*GREP, str(bench.data / file)]], file, check.grep_count)


def _split_loop(bench: Bench, file: str) -> Side:
    return Side([[sys.executable, "-c", SPLIT_LOOP, str(bench.data / file)]], file)


def ordinary_against_grep(bench: Bench) -> list[Result]:
    result = Result("1", "ordinary, ndjson / grep -cF", "x", 1.0, at_most=True)
    ours = _parse(bench, "ordinary.log", "--format", "ndjson")
    return [bench.ratio(result, ours, _grep(bench, "ordinary.log"))]


def storm_kills_against_loop(bench: Bench) -> list[Result]:
    result = Result("2", "storm, csv kill table / split loop", "x", 1.0, at_most=True)
    ours = _parse(bench, "storm.log", "--format", "csv")
    return [bench.ratio(result, ours, _split_loop(bench, "storm.log"))]


def storm_records_against_loop(bench: Bench) -> list[Result]:
    result = Result("3", "storm, full ndjson / split loop", "x", 4.0, at_most=True)
    ours = _parse(bench, "storm.log", "--format", "ndjson")
    return [bench.ratio(result, ours, _split_loop(bench, "storm.log"))]


def two_jobs_against_one(bench: Bench) -> list[Result]:
    result = Result("4", "storm, ndjson: --jobs 1 / --jobs 2", "x", 1.7, at_most=False)
    one = _parse(bench, "storm.log", "--format", "ndjson", "--jobs", "1")
    two = _parse(bench, "storm.log", "--format", "ndjson", "--jobs", "2")
    return [bench.ratio(result, one, two)]


def peak_memory(bench: Bench) -> list[Result]:
    def parse(log: str, *options: str, packed: str = "") -> tuple[Side, Side]:
        small, large = (f"{log}{size}.log" for size in ("-quarter", ""))
        return _parse(bench, small, *options, packed=packed), _parse(bench, large, *options, packed=packed)

    def stream(log: str) -> tuple[Side, Side]:
        return _stream(bench, f"{log}-quarter.log"), _stream(bench, f"{log}.log")

    ndjson = ("--format", "ndjson")
    cases = [
        ("ordinary, ndjson", parse("ordinary", *ndjson)),
        ("storm, csv", parse("storm", "--format", "csv")),
        ("storm, ndjson", parse("storm", *ndjson)),
        ("storm, ndjson --jobs 2", parse("storm", *ndjson, "--jobs", "2")),
        ("ordinary, cat and parse -", stream("ordinary")),
        ("storm, cat and parse -", stream("storm")),
        ("ordinary.log.gz", parse("ordinary", *ndjson, packed=".gz")),
        ("ordinary.log.zst", parse("ordinary", *ndjson, packed=".zst")),
    ]
    return [
        bench.peak(
            Result("5", f"peak memory: {name}", "MB", MEMORY_TARGET_MB, at_most=True),
            small=small,
            large=large,
        )
        for name, (small, large) in cases
    ]


def streams(bench: Bench) -> list[Result]:
    size = bench.truth["ordinary.log"]["bytes"]
    result = Result("6", "cat ordinary.log, parse -", "MB/s", STREAM_TARGET_MB_S, at_most=False)
    plain = Side([["cat", str(bench.data / "ordinary.log")], GREP], "ordinary.log", check.grep_count)
    results = [bench.rate(result, _stream(bench, "ordinary.log"), plain, size)]
    for suffix, unpack in ((".gz", "gzip"), (".zst", "zstd")):
        result = Result("6", f"parse ordinary.log{suffix}", "MB/s", STREAM_TARGET_MB_S, at_most=False)
        packed = bench.data / f"ordinary.log{suffix}"
        if packed.exists():
            ours = _parse(bench, "ordinary.log", "--format", "ndjson", packed=suffix)
            piped = Side([[unpack, "-dc", str(packed)], GREP], "ordinary.log", check.grep_count)
            bench.rate(result, ours, piped, size)
        else:
            result.notes.append("no file: run generate.py --compress")
        results.append(result)
    return results


def start_up(bench: Bench) -> list[Result]:
    result = Result("7", "one event, parse / import pyparsing", "x", 2.0, at_most=True)
    ours = _parse(bench, "one-event.log", "--format", "ndjson")
    yardstick = Side([[sys.executable, "-c", "import pyparsing"]], "one-event.log")
    # A start takes a fraction of a second, so it can be, and has to be, repeated more often.
    return [bench.ratio(result, ours, yardstick, runs=4 * bench.runs)]


def journal_against_journalctl(bench: Bench) -> list[Result]:
    result = Result("8", "parse --journal / journalctl -k -o cat", "x", 1.5, at_most=True)
    if why := journal.missing():
        result.notes.append(why)
        return [result]
    truth = journal.make(bench.data, bench.scale)
    files = Bench(bench.data, {"journal": truth}, bench.oomlog, bench.runs, bench.out_dir, bench.scale)
    folder = str(bench.data / "journal")
    ours = Side([[bench.oomlog, "parse", "--journal", folder, "--format", "ndjson"]], "journal", check.ndjson)
    cat = ["journalctl", "--directory", folder, "_TRANSPORT=kernel", "--output", "cat", "--no-pager"]
    return [files.ratio(result, ours, Side([cat], "journal"))]


ROWS: dict[str, Callable[[Bench], list[Result]]] = {
    "1": ordinary_against_grep,
    "2": storm_kills_against_loop,
    "3": storm_records_against_loop,
    "4": two_jobs_against_one,
    "5": peak_memory,
    "6": streams,
    "7": start_up,
    "8": journal_against_journalctl,
}


def table_line(result: Result) -> str:
    """Return one line of the Markdown table."""

    def seconds(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f} s"

    digits = 2 if result.unit == "x" else 0
    value, spread = "-", "-"
    if result.value is not None and result.low is not None and result.high is not None:
        value = f"{result.value:.{digits}f} {result.unit}"
        spread = f"{result.low:.{digits}f}-{result.high:.{digits}f}"
    cells = (
        result.row,
        result.what,
        seconds(result.ours_seconds),
        seconds(result.ours_cpu_seconds),
        seconds(result.yardstick_seconds),
        value,
        spread,
        f"{'<=' if result.at_most else '>='} {result.target:g}",
        {True: "yes", False: "no", None: "-"}[result.met],
        "; ".join(result.notes).replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


def prepare(directory: Path, scale: float) -> None:
    """Write the data files if they are not there."""
    if not (directory / "truth.json").exists():
        # A process of its own: memory the runner once used would show in its children's ru_maxrss.
        script = str(Path(__file__).with_name("generate.py"))
        command = [sys.executable, script, "--dir", str(directory), "--scale", str(scale), "--compress"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Run the rows asked for; print the report."""
    parser = argparse.ArgumentParser(description="Measure oomlog against plain yardsticks.")
    parser.add_argument("--rows", default=",".join(ROWS), help="which rows, such as 1,3 (default: all)")
    parser.add_argument("--runs", type=int, default=5, help="pairs to run (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the files; 0.01 for a smoke test")
    parser.add_argument("--dir", type=Path, help="the data files (default: benchmarks/data; made if absent)")
    parser.add_argument("--oomlog", help="the command to measure (default: beside this Python, else on PATH)")
    parser.add_argument(
        "--out-dir", help="where outputs go for a moment (default: /dev/shm, if there is one)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures as JSON")
    args = parser.parse_args()
    rows = args.rows.split(",")
    if unknown := [row for row in rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")

    data = Path(__file__).with_name("data")
    if args.scale != 1:
        data /= f"scale-{args.scale:g}"
    data = args.dir or data
    prepare(data, args.scale)
    beside = Path(sys.executable).with_name("oomlog")
    truth = json.loads((data / "truth.json").read_text(encoding="utf-8"))
    bench = Bench(
        data=data,
        truth=truth["files"],
        oomlog=args.oomlog or (str(beside) if beside.exists() else shutil.which("oomlog") or "oomlog"),
        runs=args.runs,
        scale=args.scale,
        out_dir=args.out_dir or ("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()),
    )

    facts = [
        *measure.machine(),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
    ]
    for name, fact in facts:
        print(f"- {name}: {fact}")
    for name in ("ordinary.log", "storm.log"):
        found = bench.truth[name]
        print(f"- {name}: {found['bytes'] / 1e6:.0f} MB, {found['events']} events, {found['kills']} kills")
    print(f"- pairs: {bench.runs}, in turn, page cache warm; times are medians\n", flush=True)
    print("| row | what | oomlog | its CPU | yardstick | result | min-max | target | met | notes |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    results: list[Result] = []
    for row in rows:
        for result in ROWS[row](bench):
            print(table_line(result), flush=True)
            results.append(result)
    if args.json:
        figures = {"machine": dict(facts), "runs": bench.runs, "scale": truth["scale"]}
        listed = [asdict(result) | {"met": result.met} for result in results]
        args.json.write_text(json.dumps(figures | {"results": listed}, indent=2) + "\n", encoding="utf-8")
    return 1 if any(result.wrong for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
