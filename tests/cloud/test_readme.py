"""The commands of infra/README.md, in their order, against a deployment whose functions run.

API Gateway, S3, its notifications, the queues and EventBridge are ministack's. It invokes the
handlers in AWS's emulator of the Lambda runtime, with the configuration of the deployed functions
and the credentials of their roles.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from botocore.exceptions import ClientError

from tests.api.calls import PORTRAIT
from tests.cloud.account import ACCOUNT_ID, REGION, Account, Credentials, emulated_account
from tests.cloud.deployment import FUNCTIONS, Deployment, Refused, deploy
from tests.emulator import emulated
from tests.events.notifications import s3_put
from tests.needs import needs_curl
from tests.pictures import decoded
from tests.servers import free_ports
from tests.template.stack import ROOT

README = (ROOT / "infra/README.md").read_text()
HANDLERS = {"HttpFunction": "handler.lambda_http", "EventsFunction": "handler.lambda_events"}
ROLES = {"HttpFunction": ("HttpRole", "live"), "EventsFunction": ("EventsRole", "$LATEST")}
INVOCATIONS = "/2015-03-31/functions/function/invocations"

# Commands that are not run, and why.
NOT_RUN = {
    "sam build": "needs Docker; tests/image runs it",
    "sam deploy --guided": "the fixture runs it",
    "aws cloudformation cancel-update-stack": "nothing runs that could be cancelled",
    "aws s3control create-job": "ministack has no S3 Batch Operations",
    "aws sqs start-message-move-task": "ministack has no StartMessageMoveTask",
    "eval ": "needs version 2 of the AWS command line; the credentials are in the environment",
    "sam delete": "ministack fails with it; the test deletes the stack with CloudFormation",
}


def commands() -> list[str]:
    """Return the commands of all bash blocks; a continued line and a function are one command."""
    blocks = re.findall(r"^```bash\n(.*?)^```", README, re.M | re.S)
    found: list[str] = []
    for line in "".join(blocks).splitlines():
        if found and _is_open(found[-1]):
            found[-1] += f"\n{line}"
        elif line.strip():
            found.append(line)
    return found


def _is_open(command: str) -> bool:
    first, *_, last = [*command.splitlines(), command.splitlines()[-1]]
    ends = {"{": "}", "do": "done"}
    opened = next((end for begin, end in ends.items() if first.endswith(begin)), last)
    return last.endswith(("\\", "|")) or last != opened


def policy(name: str) -> dict[str, Any]:
    """Return a policy of the page."""
    found = re.search(rf"^```json {name}\n(.*?)^```", README, re.M | re.S)
    assert found, name
    content: dict[str, Any] = json.loads(found[1])
    return content


@pytest.fixture(scope="module")
def own_account(
    bare_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Account]:
    """An account for this module, whose stack is named as on the page."""
    with emulated_account(tmp_path_factory.mktemp("readme")) as account:
        yield account


@pytest.fixture(scope="module")
def deployer(own_account: Account) -> Credentials:
    """A user with the policy of the page for who deploys."""
    return own_account.user("deployer", policy("deployer"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which SAM has built the template."""
    return tmp_path_factory.mktemp("built") / "sam"


@pytest.fixture(scope="module")
def running(own_account: Account, deployer: Credentials, folder: Path) -> Iterator[Deployment]:
    """The deployment, with functions that run."""
    ports = dict(zip(FUNCTIONS, free_ports(len(FUNCTIONS)), strict=True))
    invocations = {name: f"http://127.0.0.1:{port}{INVOCATIONS}" for name, port in ports.items()}
    deployed = deploy(
        own_account, folder, "smart-crop", credentials=deployer, invocations=invocations
    )
    (folder / "portrait.jpg").write_bytes(PORTRAIT)
    own_account.client("s3").create_bucket(Bucket="existing-photos")
    with ExitStack() as stack:
        for name, port in ports.items():
            role, qualifier = ROLES[name]
            configured = own_account.client("lambda").get_function_configuration(
                FunctionName=deployed.physical_id(name), Qualifier=qualifier
            )
            environment = {
                **configured["Environment"]["Variables"],
                **own_account.environment(deployed.role(role)),
            }
            log = folder.parent / f"{name}.log"
            stack.enter_context(emulated(f"{HANDLERS[name]}.handler", environment, log, port))
        yield deployed


@needs_curl
def test_the_commands_work_as_written(running: Deployment, folder: Path) -> None:
    # Version 1 of the AWS command line ignores the variable for SQS.
    script = [
        "set -euo pipefail",
        'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }',
    ]
    for written in commands():
        command = written.split("   #")[0].rstrip()
        if command.startswith('aws s3 cp "s3://$RESULTS/'):  # a few seconds later
            command = f"for _ in $(seq 100); do {command} && break; sleep 0.2; done"
        if not command.startswith(tuple(NOT_RUN)):
            script.append(command)
    sqs, undelivered = running.account.client("sqs"), running.outputs()["UndeliveredQueue"]
    lost = s3_put("team/portrait.jpg", bucket=running.outputs()["UploadsBucket"])
    sqs.send_message(QueueUrl=undelivered, MessageBody=json.dumps(lost))
    done = running.account.run("bash", "-c", "\n".join(script), cwd=folder)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    assert decoded((folder / "portrait_smartcrop.jpg").read_bytes()).size == (600, 600)
    assert '"status":"ok"' in done.stdout
    assert done.stdout.count('"downloadUrl":') == 2, "the crops of the form and of the key"
    assert '"100000000"' in done.stdout
    listed = (folder / "list.csv").read_text().split()
    assert listed == [f"{running.outputs()['UploadsBucket']},team/portrait.jpg"]
    assert "Messages" not in sqs.receive_message(QueueUrl=undelivered)


def test_each_reason_names_a_command() -> None:
    for start in NOT_RUN:
        assert any(command.startswith(start) for command in commands()), start


def test_a_caller_can_invoke_the_api_with_the_policy_of_the_page(running: Deployment) -> None:
    account, api = running.account, running.physical_id("Api")
    content = json.dumps(policy("caller")).replace("123456789012", ACCOUNT_ID)
    caller = account.user("caller", json.loads(content.replace("API_ID", api)))
    stranger = account.user("stranger", json.loads(content.replace("API_ID", "another")))

    assert status(running, "/api/v1/health", caller) == 200
    assert status(running, "/", caller) == 403
    assert status(running, "/api/v1/health", stranger) == 403
    assert status(running, "/api/v1/health", None) in (401, 403)
    with pytest.raises(ClientError, match="AccessDenied"):
        account.client("s3", caller).list_buckets()


def status(deployed: Deployment, path: str, credentials: Credentials | None) -> int:
    """Return the status of a request, signed as curl signs it."""
    url = deployed.outputs()["Url"] + path
    request = AWSRequest("GET", url)
    if credentials:
        keys = Keys(credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(keys, "execute-api", REGION).add_auth(request)
    host = httpx.URL(url).netloc.decode()
    headers = {**dict(request.headers), "Host": host}
    return httpx.get(f"{deployed.account.url}{path}", headers=headers).status_code


def test_the_stack_is_deployed_with_the_policy_of_the_page(
    own_account: Account, tmp_path: Path
) -> None:
    """ministack checks the calls of SAM, and not those that CloudFormation makes for the user."""
    content = policy("deployer")
    content["Statement"] = content["Statement"][1:]
    other = own_account.user("other", content)

    with pytest.raises(Refused, match="AccessDenied"):
        deploy(own_account, tmp_path / "sam", "smart-crop-2", credentials=other)


def test_the_emptied_stack_can_be_deleted(running: Deployment) -> None:
    account, outputs = running.account, running.outputs()
    cloudformation, s3 = account.client("cloudformation"), account.client("s3")
    for name in ("UploadsBucket", "ResultsBucket"):  # as the page does before
        for each in s3.list_objects_v2(Bucket=outputs[name]).get("Contents", []):
            s3.delete_object(Bucket=outputs[name], Key=each["Key"])

    cloudformation.delete_stack(StackName=running.name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=running.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    left = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    assert not {outputs["UploadsBucket"], outputs["ResultsBucket"]} & left
    assert "existing-photos" in left
    assert account.client("sqs").list_queues().get("QueueUrls", []) == []
