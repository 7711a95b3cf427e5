"""The controls of the page match the settings: names, choices, ranges and defaults."""

from typing import Any

import pytest
from selenium.webdriver import Chrome

from handler.settings import PRESETS, CropSettings
from tests.page.browser import Page

SCHEMA: dict[str, dict[str, Any]] = CropSettings.model_json_schema()["properties"]
# Settings that the page sets in another way, or does not offer.
WITHOUT_CONTROL = {"sizes", "focus", "keep", "avoid"}
# The page starts with the mode that suits most photos; the API has the reference's default.
INITIAL = {"mode": "auto"}
# Accepted by the service, and not offered by the page.
ALIASES = {"mode": {"attention", "content"}}


@pytest.fixture(scope="module")
def controls(driver: Chrome, url: str) -> dict[str, dict[str, Any]]:
    """Choices, range and initial value of each control, by its name."""
    found: dict[str, dict[str, Any]] = Page(driver, url).run(
        "const controls = {};"
        "for (const each of document.querySelector('#form').elements) {"
        "    if (!each.name || each.closest('[data-unsent]')) continue;"
        "    const found = controls[each.name] ??= {choices: []};"
        "    if (each.type === 'radio') found.choices.push(each.value);"
        "    if (each.tagName === 'SELECT')"
        "        found.choices = [...each.options].map((option) => option.value);"
        "    if (each.min) Object.assign(found, {minimum: +each.min, maximum: +each.max});"
        "    if (each.type !== 'radio' || each.checked)"
        "        found.default = each.type === 'checkbox' ? each.checked : each.value;"
        "}"
        "return controls"
    )
    return found


def test_every_setting_has_a_control(controls: dict[str, dict[str, Any]]) -> None:
    assert set(controls) == set(SCHEMA) - WITHOUT_CONTROL


@pytest.mark.parametrize("name", sorted(set(SCHEMA) - WITHOUT_CONTROL))
def test_a_control_offers_what_the_setting_accepts(
    controls: dict[str, dict[str, Any]], name: str
) -> None:
    control, schema = controls[name], SCHEMA[name]
    range_of = schema.get("anyOf", [schema])[0]

    assert control["default"] == INITIAL.get(name, as_shown(schema["default"]))
    if "enum" in schema:
        assert set(control["choices"]) == set(schema["enum"]) - ALIASES.get(name, set())
    for limit in {"minimum", "maximum"} & set(range_of):
        assert control[limit] == range_of[limit]


def as_shown(value: str | float | bool | None) -> str | bool:
    """Return the value of a control that shows the value of a setting."""
    if isinstance(value, bool):
        return value
    if value is None:
        return ""
    # White is the initial colour of the picker next to the control.
    return "colour" if value == "#ffffff" else str(value)


def test_the_offered_sizes_are_the_presets(page: Page) -> None:
    offered = page.run(
        "const names = [...document.querySelectorAll('#size option, [name=shape]')]"
        "    .map((each) => each.value).filter(Boolean);"
        "return import('./sizes.js').then(({ outputNamed }) =>"
        "    names.map(outputNamed).map(({ name, width, height }) => [name, [width, height]]))"
    )

    assert {name: tuple(size) for name, size in offered} == dict(PRESETS)
