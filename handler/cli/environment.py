"""The configuration of a command, from the environment and the option ``--store``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

if TYPE_CHECKING:
    from handler.config import Config

_STORE = ".results"

store_option = click.option(
    "--store",
    envvar="SMART_CROP_STORE",
    show_envvar=True,
    help=f"Store of results: a folder, file:///folder or s3://bucket/prefix.  [default: {_STORE}]",
)


def store_url(store: str | None) -> str:
    """Return the URL of a store that is given as a URL, as a folder, or not at all."""
    store = store or _STORE
    return store if "://" in store else Path(store).resolve().as_uri()


def read_config() -> "Config":
    """Return the configuration.

    Raises:
        click.ClickException: the value of a variable is not accepted.
    """
    from pydantic import ValidationError

    from handler.config import Config
    from handler.settings.validation import problems_of

    try:
        return Config.from_environment(os.environ)
    except ValidationError as error:
        first = problems_of(error, Config, "environment")[0]
        variable = f"SMART_CROP_{first.field}".upper()
        expected = first.expected.removeprefix("null or ")  # a variable cannot be null
        problem = replace(first, field=variable, expected=expected)
        raise click.ClickException(problem.message) from error
