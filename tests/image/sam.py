"""Build and invoke the functions with SAM, as a developer would."""

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
    """SAM's command line, on an engine."""

    program: Path
    engine: Engine

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run it and return what it printed; its errors are the test's."""
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
            said = done.stdout + done.stderr
            raise RuntimeError(f"sam {' '.join(arguments[:2])}:\n{said.decode()[-6000:]}")
        return done.stdout.decode()


@dataclass(frozen=True)
class Build:
    """What `sam build` made.

    Attributes:
        template: the built template.
        image: name of the HTTP function's image; the events function's is the same.
    """

    sam: Sam
    template: Path
    image: str

    def invoke(self, function: str, event: Path, environment: Mapping[str, str]) -> Any:
        """Invoke a function once, in a container of its own, and return its answer.

        Args:
            function: its name in the template.
            event: a JSON file.
            environment: the machine's, for SAM, which hands the credentials in it on. Names in it
                that begin with SMART_CROP_ replace what the template says of the stack's buckets.
        """
        replaced = {name: environment[name] for name in environment if "SMART_CROP" in name}
        variables = self.template.parent / "variables.json"
        variables.write_text(json.dumps({"Parameters": replaced}))
        # SAM hands on only what the template has, which on AWS needs no address of S3.
        template = self.template.with_name("local.yaml")
        endpoint = f"AWS_ENDPOINT_URL: {environment['AWS_ENDPOINT_URL']}"
        said = "        POWERTOOLS_LOG_LEVEL:"
        text = self.template.read_text()
        assert text.count(said) == 1
        template.write_text(text.replace(said, f"        {endpoint}\n{said}"))
        answered = self.sam.run(
            *("local", "invoke", function, "--template", str(template), "--event", str(event)),
            *("--env-vars", str(variables), "--skip-pull-image"),
            environment=environment,
        )
        return json.loads(answered)


def build(sam: Sam, sources: Path, folder: Path, faces: str) -> Build:
    """Build the image of both functions, with or without the face detection bundle.

    Args:
        sam: what builds.
        sources: the project, or a copy of it.
        folder: takes the built template.
        faces: the template's parameter of that name.
    """
    # SAM builds on the bridge, from where no package can be fetched: it finds all layers made.
    dockerfile = ("--file", f"{sources}/infra/Dockerfile", "--build-arg", f"FACES={faces}")
    sam.engine.docker("build", "--network=host", "--quiet", *dockerfile, str(sources))
    sam.run(
        *("build", "--template", f"{sources}/template.yaml", "--build-dir", str(folder)),
        *("--parameter-overrides", f"Faces={faces}"),
    )
    return Build(sam, folder / "template.yaml", f"httpfunction:faces-{faces}")
