"""cfn-lint, and descriptions of parameters and skipped checks."""

import re
import subprocess

import pytest

from tests.servers import beside_python
from tests.template.stack import ROOT, TEMPLATES, template


def test_cfn_lint_finds_no_errors() -> None:
    command = [beside_python("cfn-lint"), "--regions", "us-east-1", "-c", "I", "--", *TEMPLATES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("path", TEMPLATES)
def test_every_parameter_is_described(path: str) -> None:
    for name, parameter in template(path)["Parameters"].items():
        assert parameter.get("Description"), name


def test_every_parameter_of_the_deployment_has_a_default_and_a_place_in_a_group() -> None:
    main = template("template.yaml")
    groups = main["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(main["Parameters"])
    assert all("Default" in parameter for parameter in main["Parameters"].values())


def test_every_skipped_check_has_a_reason() -> None:
    checks = re.findall(r"^ +- CKV.*$", (ROOT / "infra/checkov.yaml").read_text(), re.MULTILINE)
    assert checks
    assert all(re.search(r" # \w+ .+", check) for check in checks)
