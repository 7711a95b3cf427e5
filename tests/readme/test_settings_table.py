"""The table of settings in the README, compared with the settings."""

import re
from typing import Any

import pytest

from handler.settings import CropSettings
from tests.structure.rules import ROOT

SCHEMA: dict[str, dict[str, Any]] = CropSettings.model_json_schema(by_alias=True)["properties"]


def rows() -> dict[str, tuple[str, str]]:
    """Return the accepted values and the default of each setting, as the README has them."""
    text = (ROOT / "README.md").read_text()
    found = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]*) \|([^|]*)\|", text, re.MULTILINE)
    table = {
        name: (values, default.strip().strip("`"))
        for names, values, default in found
        for name in re.findall(r"`(\w+)`", names)
    }
    return {name: row for name, row in table.items() if name in SCHEMA}


def test_the_table_has_every_setting() -> None:
    assert set(rows()) == set(SCHEMA)


@pytest.mark.parametrize("name", SCHEMA)
def test_the_table_has_the_default(name: str) -> None:
    default = SCHEMA[name].get("default")
    written = "" if default in (None, []) else str(default)

    assert rows()[name][1] == (written.lower() if isinstance(default, bool) else written)


@pytest.mark.parametrize("name", [name for name in SCHEMA if "enum" in SCHEMA[name]])
def test_the_table_has_the_accepted_names(name: str) -> None:
    assert set(re.findall(r"`([\w-]+)`", rows()[name][0])) == set(SCHEMA[name]["enum"])


@pytest.mark.parametrize("name", [name for name in SCHEMA if "maximum" in SCHEMA[name]])
def test_the_table_has_the_range(name: str) -> None:
    least, most = (f"{SCHEMA[name][bound]:,.10g}" for bound in ("minimum", "maximum"))

    assert rows()[name][0].startswith(f"{least} to {most}")
