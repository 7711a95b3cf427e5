"""Building and invoking the functions with SAM, as a developer does."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.image import tools
from tests.image.engine import Engine
from tests.image.tools import ROOT

EVENTS = ROOT / "tests/events"


@dataclass(frozen=True)
class Sam:
    """SAM's command line, with an engine."""

    program: Path
    engine: Engine

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run SAM and return its output; raise RuntimeError if it fails."""
        done = subprocess.run(
            [self.program, *arguments],
            capture_output=True,
            check=False,
            cwd=ROOT,
            env={
                **tools.environment(),
                **self.engine.environment,
                "SAM_CLI_TELEMETRY": "0",
                "AWS_DEFAULT_REGION": "us-east-1",
                **(environment or {}),
            },
        )
        if done.returncode:
            output = done.stdout + done.stderr
            raise RuntimeError(f"sam {' '.join(arguments[:2])}:\n{output.decode()[-6000:]}")
        return done.stdout.decode()


@dataclass(frozen=True)
class Build:
    """The result of `sam build`.

    Attributes:
        template: the built template.
        image: name of the HTTP function's image; the events function's is the same.
    """

    sam: Sam
    template: Path
    image: str

    def invoke(self, function: str, event: Path, environment: Mapping[str, str]) -> Any:
        """Invoke a function once, in a new container, and return its response.

        Args:
            function: its name in the template.
            event: a JSON file.
            environment: variables for SAM, which passes the credentials on. Names that begin with
                SMART_CROP_ replace the values in the template.
        """
        replaced = {name: environment[name] for name in environment if "SMART_CROP" in name}
        variables = self.template.parent / "variables.json"
        variables.write_text(json.dumps({"Parameters": replaced}))
        # SAM passes only variables in the template, which has no endpoint of S3.
        template = self.template.with_name("local.yaml")
        endpoint = f"AWS_ENDPOINT_URL: {environment['AWS_ENDPOINT_URL']}"
        anchor = "        POWERTOOLS_LOG_LEVEL:"
        text = self.template.read_text()
        assert text.count(anchor) == 1
        template.write_text(text.replace(anchor, f"        {endpoint}\n{anchor}"))
        answered = self.sam.run(
            *("local", "invoke", function, "--template", str(template), "--event", str(event)),
            *("--env-vars", str(variables), "--skip-pull-image"),
            environment=environment,
        )
        return json.loads(answered)


def build(sam: Sam, sources: Path, folder: Path, faces: str) -> Build:
    """Build the image of both functions, with or without the face detection bundle.

    Args:
        sam: SAM's command line.
        sources: the project, or a copy of it.
        folder: folder for the built template.
        faces: the parameter Faces of the template.
    """
    # SAM builds on the bridge, where packages cannot be installed. The cache has all layers.
    dockerfile = ("--file", f"{sources}/infra/Dockerfile", "--build-arg", f"FACES={faces}")
    sam.engine.docker("build", "--network=host", "--quiet", *dockerfile, str(sources))
    sam.run(
        *("build", "--template", f"{sources}/template.yaml", "--build-dir", str(folder)),
        *("--parameter-overrides", f"Faces={faces}"),
    )
    return Build(sam, folder / "template.yaml", f"httpfunction:faces-{faces}")
