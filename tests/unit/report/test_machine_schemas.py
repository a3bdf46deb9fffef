"""What ``scores`` and ``system`` write fits their schemas: of a machine made for tests, and of this one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main
from oomlog.report.schema import schema_bytes

MACHINES = Path(__file__).parents[2] / "cli" / "machines"
ROOTS = [str(MACHINES / "web"), "/"]


def written(*arguments: str) -> str:
    stdout, stderr = io.BytesIO(), io.StringIO()
    assert main(list(arguments), Context(stdin=None, stdout=stdout, stderr=stderr)) == 0, stderr.getvalue()
    return stdout.getvalue().decode()


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(schema_bytes(name))
    jsonschema.Draft202012Validator.check_schema(found)
    return found


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("name", ["scores", "system"])
def test_a_machine_fits_its_schema(name: str, root: str) -> None:
    """Every key is described, and no key is missing."""
    found = json.loads(written(name, "--root", root, "--json"))
    jsonschema.Draft202012Validator(schema(name)).validate(found)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema(name)).validate({**found, "unknown": 1})


def test_a_line_of_scores_fits_its_schema() -> None:
    """NDJSON has one process a line."""
    lines = written("scores", "--root", ROOTS[0], "--format", "ndjson").splitlines()
    assert lines
    own = schema("scores")["$defs"]["line"]
    for line in lines:
        jsonschema.Draft202012Validator(own).validate(json.loads(line))


@pytest.mark.parametrize("option", ["--explain", "--scores", "--system"])
def test_each_schema_is_printed(option: str) -> None:
    """``oomlog schema`` has one for each command that writes JSON."""
    name = "explanation" if option == "--explain" else option[2:]
    assert json.loads(written("schema", option))["title"] == f"oomlog.{name}/1"


def test_one_schema_at_a_time() -> None:
    """Two of them are a mistake in usage."""
    stderr = io.StringIO()
    context = Context(stdin=None, stdout=io.BytesIO(), stderr=stderr)
    assert main(["schema", "--scores", "--system"], context) == 2
    assert "not allowed with argument" in stderr.getvalue()
