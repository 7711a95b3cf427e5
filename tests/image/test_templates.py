"""Static checks of the templates and the Dockerfile."""

import subprocess

from tests.image import tools
from tests.image.sam import Sam

TEMPLATES = ("template.yaml", "infra/api.yaml", "infra/monitoring.yaml", "infra/storage.yaml")


def test_sam_finds_no_errors(sam: Sam) -> None:
    assert "is a valid SAM Template" in sam.run("validate", "--lint")


def test_checkov_finds_no_errors(possible: None) -> None:
    done = subprocess.run(
        [
            *(tools.provide("checkov") / "checkov", "--config-file", "infra/checkov.yaml"),
            *("--file", *TEMPLATES, "infra/Dockerfile"),
        ],
        capture_output=True,
        check=False,
        cwd=tools.ROOT,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Failed checks: 0" in done.stdout
