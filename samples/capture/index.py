"""index.toml: one table a sample, written from the truth files and what is on disk."""

import json
from pathlib import Path

from .scenarios import find

LICENCE = "recorded by this project; free to use under the project's licence"
_HEAD = "# Written by `python -m samples.capture`; do not edit.\n"
_CHANNELS = ("console", "dmesg", "kmsg")


def write(samples: Path) -> None:
    """Write index.toml anew for all samples in the directory."""
    paths = sorted(samples.glob("*.truth.json"), key=_order)
    entries = [_entry(path, json.loads(path.read_text())) for path in paths]
    (samples / "index.toml").write_text("\n".join([_HEAD, *entries]))


def _order(path: Path) -> tuple[list[int], str]:
    kernel, _, rest = path.name.partition("-")
    return [int(part) for part in kernel.removeprefix("v").split(".")], rest


def _entry(path: Path, truth: dict[str, object]) -> str:
    name = str(truth["name"])
    scenario = find(str(truth["scenario"]))
    present = [path.with_name(f"{name}.{channel}.log") for channel in _CHANNELS]
    fields = {
        "name": name,
        "kernel": truth["release"],
        "scenario": truth["scenario"],
        "about": scenario.about if scenario else "",
        "causes": truth["causes"],
        "files": {log.suffixes[-2][1:]: log.name for log in present if log.exists()},
        "truth": path.name,
        "victims": truth["victims"],
        "panics": truth["panics"],
        "made_by": f"python -m samples.capture --kernel {truth['series']} --scenario {truth['scenario']}",
        "licence": LICENCE,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items()]
    return "[[sample]]\n" + "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)  # strings, numbers, booleans and lists of them: the same in both
