"""The commands that print information: sizes, formats, doctor and completion."""

import sys

import click

from handler.cli.environment import read_config, store_option, store_url
from handler.cli.grammar import OneOf

_as_json = click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")


@click.command()
@_as_json
def sizes(as_json: bool) -> None:
    """List the names of sizes, for --size and --sizes."""
    from handler.cli.listing import list_sizes

    list_sizes(as_json=as_json)


@click.command()
@_as_json
def formats(as_json: bool) -> None:
    """List the formats that this installation reads and writes."""
    from handler.cli.listing import list_formats

    list_formats(as_json=as_json)


@click.command()
@store_option
@_as_json
def doctor(store: str | None, as_json: bool) -> None:
    """Check the parts of the service on this machine.

    The exit status is 1 if something is broken; a part that is not installed is a warning.
    """
    from handler.cli.doctor import examine

    config = read_config().model_copy(update={"store": store_url(store)})
    sys.exit(examine(config, as_json=as_json))


# \b keeps the lines of a paragraph.
_COMPLETION = """Print a completion script: bash, zsh or fish.

\b
bash: add to ~/.bashrc    eval "$(smart-crop completion bash)"
zsh:  add to ~/.zshrc     eval "$(smart-crop completion zsh)"
fish: smart-crop completion fish > ~/.config/fish/completions/smart-crop.fish
"""


@click.command(help=_COMPLETION)
@click.argument("shell", metavar="SHELL", type=OneOf(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script for a shell."""
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    if complete is not None:
        program = click.get_current_context().find_root().command
        click.echo(complete(program, {}, "smart-crop", "_SMART_CROP_COMPLETE").source())
