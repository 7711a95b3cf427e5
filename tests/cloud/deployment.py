"""Deployments of the template by SAM, and changes of their parameters."""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from handler.events.messages import notified_objects
from tests.cloud.account import ACCOUNT_ID, REGION, ROOT, Account, Credentials
from tests.template.stack import ROOT as PROJECT
from tests.template.stack import template

IMAGE = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/smart-crop:tests"
FUNCTIONS = ("HttpFunction", "EventsFunction")
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_SECONDS = 300
# Questions that `sam deploy --guided` asks before and after those for the parameters.
_BEFORE, _AFTER = 2, 12


def build(folder: Path, invocations: Mapping[str, str] | None = None) -> None:
    """Write what `sam build` writes, for images that are in a repository already.

    Building them needs Docker, which tests/image has.

    Args:
        folder: folder for the template and its nested templates.
        invocations: URL at which each function is invoked. ministack forwards invocations to the
            URL in a variable of the function.
    """
    shutil.copytree(PROJECT / "infra", folder / "infra", ignore=shutil.ignore_patterns("setup"))
    content = json.loads(json.dumps(template("template.yaml")))
    for name in FUNCTIONS:
        properties = content["Resources"][name]["Properties"]
        properties["ImageUri"] = IMAGE
        if invocations:
            variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
            variables["MINISTACK_LAMBDA_PROXY_URL"] = invocations[name]
    (folder / "template.yaml").write_text(json.dumps(content))


def command(start: str) -> list[str]:
    """Return the words of the first command of infra/README.md that begins with a text."""
    text = (PROJECT / "infra/README.md").read_text()
    found = re.search(rf"^{re.escape(start)}.*$", text, re.M)
    assert found, start
    return found[0].partition("   #")[0].split()


class Refused(Exception):
    """Raised if a deployment or a change is refused or rolled back."""


@dataclass(frozen=True)
class Deployment:
    """A stack that SAM has deployed."""

    account: Account
    name: str

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack."""
        return {each["OutputKey"]: each["OutputValue"] for each in self._stack()["Outputs"]}

    def parameters(self) -> dict[str, str]:
        """Return the values of the parameters."""
        listed = self._stack()["Parameters"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in listed}

    def resources(self) -> dict[str, tuple[str, str]]:
        """Return type and physical id of each resource by its path (Storage/UploadsQueue)."""
        return dict(self._resources(self.name, ""))

    def physical_id(self, path: str) -> str:
        """Return the physical id of a resource."""
        return self.resources()[path][1]

    def role(self, path: str) -> Credentials:
        """Return credentials of one of the stack's roles.

        The roles trust services only. The trust policy of the role is replaced so that the test is
        as Lambda or S3 to it.
        """
        role = self.physical_id(path)
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        iam = self.account.client("iam")
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))
        return self.account.assume(role)

    def live(self) -> dict[str, Any]:
        """Return the configuration of the version behind the alias that the API calls."""
        configured: dict[str, Any] = self.account.client("lambda").get_function_configuration(
            FunctionName=self._http_function, Qualifier="live"
        )
        return configured

    @contextmanager
    def without_poller(self) -> Iterator[set[tuple[str, str]]]:
        """Stop Lambda's poller; yield a set that has the new objects of the queue at the end.

        An object is its bucket and its key.
        """
        functions, sqs = (self.account.client(name) for name in ("lambda", "sqs"))
        mapping, queue = self.physical_id("EventsFunctionUploads"), self.outputs()["UploadsQueue"]
        functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        sqs.purge_queue(QueueUrl=queue)
        found: set[tuple[str, str]] = set()
        try:
            yield found
            while received := sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            ).get("Messages"):
                for message in received:
                    objects = notified_objects(json.loads(message["Body"]))
                    found |= {(each.bucket, each.key) for each in objects}
        finally:
            functions.update_event_source_mapping(UUID=mapping, Enabled=True)

    @cached_property
    def _http_function(self) -> str:
        return self.physical_id("HttpFunction")

    def change(self, **parameters: str) -> None:
        """Change parameters of the deployed template, as `sam deploy` does.

        Raises:
            Refused: the change is refused, or rolled back.
        """
        cloudformation = self.account.client("cloudformation")
        values = [
            {"ParameterKey": name, "ParameterValue": parameters[name]}
            if name in parameters
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in self.parameters()
        ]
        try:
            cloudformation.update_stack(
                StackName=self.name,
                UsePreviousTemplate=True,
                Parameters=values,
                Capabilities=_CAPABILITIES,
            )
        except cloudformation.exceptions.ClientError as error:
            raise Refused(str(error)) from error
        status = self._settled()
        if status["StackStatus"] != "UPDATE_COMPLETE":
            raise Refused(f"{status['StackStatus']}: {status.get('StackStatusReason')}")

    def _settled(self) -> dict[str, Any]:
        end = time.monotonic() + _SECONDS
        while (stack := self._stack())["StackStatus"].endswith("_IN_PROGRESS"):
            assert time.monotonic() < end, stack
            time.sleep(0.05)
        return stack

    def _stack(self) -> dict[str, Any]:
        cloudformation = self.account.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return dict(stack)

    def _resources(self, stack: str, prefix: str) -> Sequence[tuple[str, tuple[str, str]]]:
        cloudformation = self.account.client("cloudformation")
        found: list[tuple[str, tuple[str, str]]] = []
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        for each in (one for page in pages for one in page["StackResourceSummaries"]):
            path = prefix + each["LogicalResourceId"]
            found.append((path, (each["ResourceType"], each["PhysicalResourceId"])))
            if each["ResourceType"] == "AWS::CloudFormation::Stack":
                found.extend(self._resources(each["PhysicalResourceId"], f"{path}/"))
        return found


def deploy(
    account: Account,
    folder: Path,
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    credentials: Credentials = ROOT,
    invocations: Mapping[str, str] | None = None,
) -> Deployment:
    """Deploy the template with the first command of infra/README.md.

    Args:
        account: the account.
        folder: an empty folder.
        name: name of the stack.
        parameters: answers to the questions for parameters. Other questions get an empty answer,
            which chooses the default.
        credentials: credentials of who deploys.
        invocations: see `build`.

    Raises:
        Refused: SAM failed.
    """
    build(folder, invocations)
    asked = template("template.yaml")["Parameters"]
    answers = [""] * _BEFORE + [(parameters or {}).get(each, "") for each in asked] + [""] * _AFTER
    words = command("sam deploy --guided")
    words[words.index("--stack-name") + 1] = name
    done = account.run(*words, cwd=folder, stdin="\n".join(answers) + "\n", credentials=credentials)
    if done.returncode:
        raise Refused(
            "\n".join([*_failures(account, name), done.stdout[-2000:], done.stderr[-2000:]])
        )
    return Deployment(account, name)


def _failures(account: Account, name: str) -> list[str]:
    """Return why resources of a stack could not be made."""
    cloudformation = account.client("cloudformation")
    try:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    except cloudformation.exceptions.ClientError:
        return []
    failed = (each for each in events if each["ResourceStatus"].endswith("_FAILED"))
    return [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}" for each in failed]
