"""Boot one scenario on one kernel and write its sample files."""

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import initramfs, logs, truth
from .boot import Recording, boot
from .errors import GuestError
from .kernels import Kernel
from .scenarios import Scenario

# What the guest's shell and tools say when all is well.
_ORDINARY = ("Killed", "Setting up swap")

_TRIES = 4


@dataclass(frozen=True)
class Sample:
    """The files written for one capture."""

    name: str
    kernel: Kernel
    scenario: Scenario
    logs: dict[str, Path]
    truth: Path
    victims: list[int]


def capture(kernel: Kernel, scenario: Scenario, out: Path) -> Sample:
    """Boot, check and write NAME.CHANNEL.log and NAME.truth.json into the directory.

    Now and then a kernel or a program crashes under emulation for no reason of its own;
    the scenario is then run again.
    """
    for _ in range(_TRIES - 1):
        with contextlib.suppress(GuestError):
            return _capture_once(kernel, scenario, out)
    return _capture_once(kernel, scenario, out)


def _capture_once(kernel: Kernel, scenario: Scenario, out: Path) -> Sample:
    name = f"{kernel.label}-{scenario.name}"
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        initramfs.build(kernel, scenario.steps, scenario.modules, work / "initramfs")
        recording = boot(kernel, work / "initramfs", scenario.machine, work, scenario.timeout)
    seen = truth.parse(recording.frames)
    _check_end(scenario, recording, seen)
    texts = {channel: logs.trim(_channel(channel, recording, seen)) for channel in scenario.channels}
    for text in texts.values():
        logs.check(text, seen)
    out.mkdir(parents=True, exist_ok=True)
    paths = {channel: out / f"{name}.{channel}.log" for channel in texts}
    for channel, text in texts.items():
        paths[channel].write_bytes(text)
    record = out / f"{name}.truth.json"
    record.write_text(json.dumps(_truth(name, kernel, scenario, seen), indent=1) + "\n")
    return Sample(name, kernel, scenario, paths, record, seen.killed())


def _check_end(scenario: Scenario, recording: Recording, seen: truth.Seen) -> None:
    errors = seen.blobs.get("errors", b"").decode(errors="replace")
    problems = [line for line in errors.splitlines() if not line.startswith(_ORDINARY)]
    if problems:
        raise GuestError(f"the guest reports: {'; '.join(problems[:5])}")
    panic = logs.panic(recording.console)
    if seen.complete == scenario.panics or (scenario.panics and "memory" not in panic):
        ended = "came to its end" if seen.complete else f"stopped early ({panic})"
        raise GuestError(f"the guest {ended}, which {scenario.name} should not")
    if not seen.readings:
        raise GuestError("the guest sent no reading")


def _channel(channel: str, recording: Recording, seen: truth.Seen) -> bytes:
    return recording.console if channel == "console" else seen.blobs[channel]


def _truth(name: str, kernel: Kernel, scenario: Scenario, seen: truth.Seen) -> truth.Json:
    machine = scenario.machine
    record: truth.Json = {
        "name": name,
        "scenario": scenario.name,
        "series": kernel.series,
        "causes": [*scenario.causes],
        "machine": {
            "memory": machine.memory,
            "cpus": machine.cpus,
            "nodes": machine.nodes,
            "cmdline": machine.append(),
            **({"disk": machine.disk} if machine.disk else {}),
            **({"balloon": machine.balloon} if machine.balloon else {}),
        },
        "panics": scenario.panics,
    }
    record.update(truth.describe(seen))
    record["release"] = kernel.release
    return record
