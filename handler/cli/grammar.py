"""Errors of the command line: the option, the accepted values and the received one.

They have the form of the API's errors: ``--width: expected a whole number from 1 to 16,383,
received 0``. Errors of usage have the exit status 2.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from handler.errors import InvalidFields
from handler.problems import FieldProblem, printable_name


class Commands(click.Group):
    """A group of commands whose errors of usage have the form of the API's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options of the group itself."""
        with in_our_words():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Parse the options of a command, and run it."""
        with in_our_words():
            return super().invoke(ctx)


class Whole(click.ParamType[int]):
    """A whole number in a range."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        """Bind the range, which includes both numbers."""
        self._range = range(least, most + 1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number.

        Raises:
            click.BadParameter: the value is not a number in the range.
        """
        try:
            number = int(value)
        except ValueError:
            number = self._range.start - 1
        if number not in self._range:
            least, most = self._range.start, self._range.stop - 1
            self.fail(f"expected a whole number from {least:,} to {most:,}, received {value}")
        return number


class Positive(click.ParamType[float]):
    """A number above 0."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number.

        Raises:
            click.BadParameter: the value is not such a number.
        """
        try:
            number = float(value)
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            self.fail(f"expected a number above 0, received {value}")
        return number


class OneOf(click.Choice[str]):
    """One of several words."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return the message for another value."""
        return f"expected one of {', '.join(self.choices)}, received {value}"


@contextmanager
def in_our_words() -> Iterator[None]:
    """Rewrite the errors of click that are raised in this context.

    Raises:
        click.UsageError: the error, with the same exit status.
    """
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        message = _message(error)
        if message is None:
            raise
        raise click.UsageError(message, error.ctx) from error


def rejected(error: InvalidFields, names: Mapping[str, str]) -> click.UsageError:
    """Return the error of usage for settings that are not accepted.

    Args:
        error: the error with a problem for each setting.
        names: name of each setting on the command line by its JSON name.
    """
    return usage_error(
        FieldProblem(_named(each.field, names), each.expected, each.received)
        for each in error.problems
    )


def usage_error(problems: Iterable[FieldProblem]) -> click.UsageError:
    """Return the error of usage for options that are not accepted."""
    return click.UsageError("; ".join(each.message for each in problems))


def _named(field: str, names: Mapping[str, str]) -> str:
    name, dot, rest = field.partition(".")
    return f"{names.get(name, name)}{dot}{rest}"


def _message(error: click.UsageError) -> str | None:
    """Return the message of an error of click in our words, or None for one that is ours."""
    path = "smart-crop" if error.ctx is None else error.ctx.command_path
    if isinstance(error, click.NoSuchOption):
        return _unknown("option", error.option_name, error.possibilities, path)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return _unknown("command", error.command_name, error.possibilities, path)
    if isinstance(error, click.MissingParameter):
        return f"{_hint(error)}: expected at least one, received none"
    if isinstance(error, click.BadParameter):
        return f"{_hint(error)}: {error.message}"
    if isinstance(error, click.BadOptionUsage):
        takes_none = "does not take" in error.message
        expected = "no value, received one" if takes_none else "a value, received none"
        return f"{error.option_name}: expected {expected}"
    return None


def _unknown(kind: str, received: str, similar: Iterable[str] | None, path: str) -> str:
    expected = f"one that `{path} --help` lists"
    if similar:
        expected = f"{' or '.join(similar)}, or another {expected}"
    return f"{kind}: expected {expected}, received {printable_name(received)}"


def _hint(error: click.BadParameter) -> str:
    if error.param is None:
        return "option"
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.make_metavar(error.ctx or click.Context(click.Command(""))).rstrip(".")
