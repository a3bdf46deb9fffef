"""Actions of all findings on all samples: what can be copied is whole, and can be said in each language."""

from __future__ import annotations

import configparser
import re
import shlex
import string
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oomlog.explain import actions
from oomlog.explain.actions import RULES, actions_for
from oomlog.explain.actions.looks import COMMANDS
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding
from oomlog.explain.phrases import LANGUAGES, all_phrases, say

from .conftest import cases_of_samples, finding, made

HOSTILE = (
    "$(reboot)",
    "`reboot`",
    "'; reboot; '",
    '"; reboot; "',
    "-f",
    "--help",
    "a b",
    "x|y",
    ".*",
    "[a-z]+",
    "(sd-pam)",
    "{}",
    "한글",
    "a&b>c",
    "*",
    "~",
    "#x",
)
REFUSED = ("a\nreboot", "\x1b[31m", "a\u202eb", "\udc80", "", "\\x1b[31m", None)


def all_actions(findings: tuple[Finding, ...]) -> list[Action]:
    return [action for case in cases_of_samples() for action in actions_for(case, findings)]


def check_shell(texts: set[str]) -> None:
    for text in texts:
        done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True)
        assert done.returncode == 0, (text, done.stderr)
        assert "\n" not in text


def test_commands_are_valid_shell(findings: tuple[Finding, ...]) -> None:
    """Every command and every look of every sample can be pasted into a shell."""
    found = all_actions(findings)
    assert len(found) > 1000
    check_shell({action.text for action in found if action.kind != "file"})


def test_files_are_what_their_place_wants(findings: tuple[Finding, ...]) -> None:
    """Unit files have one section with settings, sysctl files have settings, and manifests are indented."""
    for action in all_actions(findings):
        assert (action.path is not None) <= (action.kind == "file")
        if action.kind != "file":
            continue
        assert action.text.endswith("\n")
        if action.path is None or action.path.endswith(".yaml"):
            assert all(re.fullmatch(r"( {2})*(- )?[\w]+:( \S+)?", line) for line in action.text.splitlines())
        elif ".d/50-" in action.path:
            parser = configparser.ConfigParser()
            parser.optionxform = str  # type: ignore[assignment,method-assign]
            parser.read_string(action.text)
            assert parser.sections() in (["Service"], ["Slice"])
            assert all(re.fullmatch(r"-?\w+", value) for value in parser[parser.sections()[0]].values())
        else:
            assert all(re.fullmatch(r"[\w.]+ = \w+", line) for line in action.text.splitlines())


def test_actions_can_be_said(findings: tuple[Finding, ...]) -> None:
    """Each action's sentence exists in each language, and has all its numbers."""
    for action in all_actions(findings):
        assert None not in action.values.values(), action
        for lang in LANGUAGES:
            assert say(f"actions.{action.id}", lang, action.values)


def test_sentences_agree_between_languages() -> None:
    """Both languages use the same places, and no sentence is left over."""
    words = {key: table for key, table in all_phrases().items() if key.startswith("actions.")}
    for key, table in words.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(table[lang]) if name} for lang in LANGUAGES
        ]
        assert places[0] == places[1], key
        assert "\n" not in table["en"] + table["ko"]
    source = "".join(path.read_text() for path in Path(actions.__file__).parent.glob("*.py"))
    for id in (key.removeprefix("actions.") for key in words):
        # "docker_update" is made from the engine's name.
        made_from_kind = re.sub(r"^(docker|podman)_(update|set_limit)$", r'}_\2"', id)
        assert f'"{id}"' in source or made_from_kind in source or id.startswith("cgroup_files_v"), id
    assert {f"actions.{id}" for id in COMMANDS} <= set(words)


@pytest.mark.parametrize("id", RULES)
def test_rules_survive_an_empty_event(id: str) -> None:
    """A report that shows next to nothing gives looks, no sizes."""
    case = made(None, None, scope="unknown")
    for action in actions_for(case, (finding(id),)):
        assert action.kind == "look" or action.id in ("allocating_task_off", "compact")


@pytest.mark.parametrize("comm", HOSTILE)
def test_hostile_names_stay_one_word(comm: str, findings: tuple[Finding, ...]) -> None:
    """A task's name is one argument of pgrep, whatever it is, and matches itself alone."""
    case = made(comm, f"/{comm}/x", adj=500, rows=((7, 90000, -900, comm),))
    found = [action for action in actions_for(case, findings) if action.kind != "file"]
    check_shell({action.text for action in found})
    seen = set()
    for action in found:
        words = shlex.split(action.text)
        if words[0] == "pgrep":
            assert words[2] == "--"
            assert words[4:6] == ["|", "xargs"]
            assert re.fullmatch(words[3], comm)
            seen.add(action.id)
        if "/sys/fs/cgroup" in action.text and action.id not in COMMANDS:
            paths = [word for word in words if word.startswith("/sys/fs/cgroup")]
            assert paths
            assert all(path.startswith(f"/sys/fs/cgroup/{comm}/x/memory.") for path in paths)
            seen.add(action.id)
        if words[0] == "systemd-cgtop":
            assert words[-2:] == ["--", f"/{comm}/x"]
    assert {"growth", "which_unit", "cgroup_limit", "cgroup_files_v2"} <= seen


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_cannot_be_shown_are_refused(name: str | None, findings: tuple[Finding, ...]) -> None:
    """What would not be copied as it is shown is in no command, file or path."""
    case = made(name, None if name is None else f"/{name}/x.service", adj=500)
    for action in actions_for(case, findings):
        for text in (action.text, action.path or ""):
            assert not name or name not in text
            assert "pgrep" not in text
            assert all(line.isprintable() for line in text.splitlines())


def test_paths_cannot_climb(findings: tuple[Finding, ...]) -> None:
    """A cgroup called ".." does not lead a command out of the cgroup file system."""
    for action in actions_for(made("a", "/../../etc"), findings):
        assert "/etc" not in action.text or action.id == "cgtop"


def test_same_action_is_there_once(sample: Callable[[str], Case]) -> None:
    """What two findings lead to is told once, with the first of them."""
    case = sample("v7.2-memcg-v2-service")
    one = actions_for(case, (finding("memcg_limit"),))
    both = actions_for(case, (finding("memcg_limit"), finding("limit_below_working_set")))
    assert one == both
    assert {action.finding for action in both} == {"memcg_limit"}


def test_order_is_that_of_the_findings(sample: Callable[[str], Case]) -> None:
    """Actions follow the findings as they are given."""
    case = sample("v7.2-global")
    found = actions_for(case, (finding("no_swap"), finding("fragmentation"), finding("page_tables")))
    order = [action.finding for action in found]
    assert order == sorted(order, key=["no_swap", "fragmentation", "page_tables"].index)
    assert actions_for(case, (finding("something_new"),)) == ()


def test_a_setting_is_shown_where_it_can_change_something() -> None:
    """The ratio of reserves matters to zones that the request could use, and only if there are some."""
    case = cases_of_samples()[0]
    for words, shown in (("", True), ("lowmem_zone_only", False), ("lowmem_zone_movable", False)):
        found = actions_for(case, [replace(finding("lowmem_zone"), words=words)])
        assert ("lowmem_ratio" in {each.id for each in found}) == shown, words


def test_adjustments_are_looked_up_where_the_log_has_none() -> None:
    """A score that tells of an oom_score_adj leads to all that are set."""
    case = cases_of_samples()[0]
    for words, shown in (("biased_victim_score", True), ("", False)):
        found = actions_for(case, [replace(finding("biased_victim"), words=words)])
        assert ("adj_all" in {each.id for each in found}) == shown, words


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/run-u640.service", "systemd-run --user -p"),
        ("/system.slice/run-r1f2e3d4c5b6a79880011223344556677.service", "systemd-run -p"),
        ("/system.slice/run-p1234-i5678.service", "systemd-run -p"),
    ],
)
def test_a_name_that_does_not_come_again_gets_no_file(unit: str, text: str) -> None:
    """What systemd-run names by number is started with a limit of its own; both languages say why."""
    found = actions_for(made(path=unit), (finding("memcg_limit"), finding("oom_group")))
    assert not [action for action in found if action.kind == "file"]
    (raised,) = [action for action in found if action.id == "run_memory_max"]
    assert raised.text == f"{text} MemoryMax=1280M COMMAND"
    for lang in LANGUAGES:
        assert "systemd-run" in say(f"actions.{raised.id}", lang, raised.values)


def test_a_unit_that_only_looks_like_it_keeps_its_file() -> None:
    """Somebody's own run-backup.service is written in a file."""
    found = actions_for(made(path="/system.slice/run-backup.service"), (finding("memcg_limit"),))
    assert [action.path for action in found if action.kind == "file"]
