"""The notation of line templates."""

from __future__ import annotations

import pytest

from oomlog.grammar.template import Field, Literal, Optional, TemplateError, fields_of, parse_template


def test_parts_in_order() -> None:
    """Text, fields and optional parts come out as they were written, blanks included."""
    expected = (
        Literal("a  "),
        Field("x", "int"),
        Optional((Literal(", "), Field("y", "kb"), Optional((Literal(" z"),)))),
    )
    assert expected == parse_template("a  {x:int}[, {y:kb}[ z]]")


def test_escapes_stand_for_the_character() -> None:
    r"""\[ \] \{ \} and \\ are the characters themselves."""
    assert (Literal("[]{}\\"),) == parse_template(r"\[\]\{\}\\")


def test_optional_blank() -> None:
    """A part may be a blank and nothing else."""
    assert (Optional((Literal(" "),)), Field("x", "int")) == parse_template("[ ]{x:int}")


def test_fields_of_finds_nested_fields() -> None:
    """Fields inside optional parts count, in the order of the template."""
    assert [field.name for field in fields_of(parse_template("{x:int}[ {y:int}[ {z:int}]]"))] == [
        "x",
        "y",
        "z",
    ]


@pytest.mark.parametrize(
    ("template", "column"),
    [
        ("", 1),
        ("a[b", 4),
        ("a]", 2),
        ("a}", 2),
        ("{x}", 3),
        ("{X:int}", 2),
        ("{x:int", 7),
        ("a\\n", 2),
        ("[]", 2),
    ],
)
def test_errors_name_the_column(template: str, column: int) -> None:
    """A wrong template is refused, and the column of the mistake is said."""
    with pytest.raises(TemplateError) as caught:
        parse_template(template)
    assert column == caught.value.column
