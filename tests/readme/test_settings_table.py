"""The table of settings in the README, compared with the settings."""

import re
from typing import Any

import pytest

from handler.settings import CropSettings
from tests.readme.documents import README

SCHEMA: dict[str, dict[str, Any]] = CropSettings.model_json_schema(by_alias=True)["properties"]


def rows() -> dict[str, tuple[str, str]]:
    """Return the accepted values and the default of each setting, as the README has them."""
    text = README.read_text()
    found = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]*) \|([^|]*)\|", text, re.MULTILINE)
    table = {
        name: (values, default.strip().strip("`"))
        for names, values, default in found
        for name in re.findall(r"`(\w+)`", names)
    }
    return {name: row for name, row in table.items() if name in SCHEMA}


ROWS = rows()


def test_the_table_has_the_ten_settings_that_matter_most() -> None:
    assert len(ROWS) == 10
    assert {"mode", "width", "height", "sizes"} <= set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_the_table_has_the_default(name: str) -> None:
    default = SCHEMA[name].get("default")
    written = "" if default in (None, []) else str(default)

    assert ROWS[name][1] == (written.lower() if isinstance(default, bool) else written)


@pytest.mark.parametrize("name", [name for name in ROWS if "enum" in SCHEMA[name]])
def test_the_table_has_the_accepted_names(name: str) -> None:
    assert set(re.findall(r"`([\w-]+)`", ROWS[name][0])) == set(SCHEMA[name]["enum"])


@pytest.mark.parametrize("name", [name for name in ROWS if "maximum" in SCHEMA[name]])
def test_the_table_has_the_range(name: str) -> None:
    least, most = (f"{SCHEMA[name][bound]:,.10g}" for bound in ("minimum", "maximum"))

    assert ROWS[name][0].startswith(f"{least} to {most}")
