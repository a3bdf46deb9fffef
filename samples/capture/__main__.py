"""Command line: capture scenarios.  See samples/README.md."""

import argparse
import sys
from pathlib import Path

from . import index
from .capture import capture
from .errors import CaptureError
from .kernels import SUITES, Kernel, default_cache, find_kernel, open_kernel
from .scenarios import SCENARIOS, Scenario

_SAMPLES = Path(__file__).parent.parent


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m samples.capture",
        description="Boot Debian kernels in qemu, make them run out of memory, keep the logs.",
    )
    add = parser.add_argument
    add(
        "--kernel",
        action="append",
        choices=SUITES,
        metavar="SERIES",
        help=f"kernel series ({', '.join(SUITES)}); repeatable; default: all",
    )
    add("--scenario", action="append", metavar="NAME", help="repeatable; default: all")
    add("--out", type=Path, default=_SAMPLES, metavar="DIR", help="default: samples/")
    add(
        "--cache",
        type=Path,
        default=default_cache(),
        metavar="DIR",
        help="where downloaded kernels are kept; default: %(default)s",
    )
    add(
        "--kernel-dir",
        type=Path,
        metavar="DIR",
        help="an unpacked kernel package to use for the one --kernel given",
    )
    add("--no-download", action="store_true", help="fail if a kernel is not in the cache")
    add("--any-kernel", action="store_true", help="run a scenario also on kernels it is not listed for")
    add("--list", action="store_true", help="list the scenarios and their kernels")
    add("--index", action="store_true", help="only write index.toml anew from the truth files")
    return parser.parse_args(given)


def _chosen(options: argparse.Namespace) -> list[tuple[str, Scenario]]:
    known = {scenario.name: scenario for scenario in SCENARIOS}
    names = options.scenario or list(known)
    for name in names:
        if name not in known:
            raise CaptureError(f"unknown scenario {name!r}; --list shows all")
    wanted = options.kernel or list(SUITES)
    pairs = [
        (series, known[name])
        for name in names
        for series in wanted
        if options.any_kernel or series in known[name].kernels
    ]
    if not pairs:
        raise CaptureError("these scenarios are not made on these kernels (see --list, --any-kernel)")
    return pairs


def _kernel(series: str, options: argparse.Namespace) -> Kernel:
    if options.kernel_dir is not None:
        if len(options.kernel or ()) != 1:
            raise CaptureError("--kernel-dir needs exactly one --kernel")
        if SUITES[series].arch != "amd64":
            raise CaptureError("--kernel-dir is for amd64 kernels only")
        return open_kernel(series, options.kernel_dir)
    return find_kernel(series, options.cache, download=not options.no_download)


def main(given: list[str] | None = None) -> int:
    """Capture what was asked for; the exit status is 1 if anything failed."""
    options = _arguments(given)
    if options.list:
        for scenario in SCENARIOS:
            print(f"{scenario.name:30} {', '.join(scenario.kernels):22} {scenario.about}")
        return 0
    if options.index:
        index.write(options.out)
        return 0
    failed = 0
    try:
        pairs = _chosen(options)
    except CaptureError as error:
        print(f"capture: {error}", file=sys.stderr)
        return 2
    for series, scenario in pairs:
        try:
            sample = capture(_kernel(series, options), scenario, options.out)
        except CaptureError as error:
            failed += 1
            print(f"capture: {scenario.name} on {series}: {error}", file=sys.stderr)
            continue
        print(f"{sample.name}: victims {sample.victims}", flush=True)
    if failed < len(pairs):
        index.write(options.out)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
