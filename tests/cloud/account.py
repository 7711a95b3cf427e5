"""An AWS account that ministack emulates, and its clients."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3

from tests.image import tools
from tests.servers import Program, free_ports, listens, running

REGION: Final = "us-east-1"
ACCOUNT_ID = "000000000000"

Credentials = Mapping[str, str]
"""Environment variables of the AWS SDKs that sign requests."""

# ministack does not check the signatures of this key, and allows it everything.
ROOT: Credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class Account:
    """The account. ministack checks signatures and permissions of all keys but `ROOT`'s."""

    program: Program

    @property
    def url(self) -> str:
        """URL of all its services."""
        return self.program.url

    def client(self, service: str, credentials: Credentials = ROOT) -> Any:
        """Return a client of boto3."""
        return _client(
            service,
            self.url,
            credentials["AWS_ACCESS_KEY_ID"],
            credentials["AWS_SECRET_ACCESS_KEY"],
            credentials.get("AWS_SESSION_TOKEN"),
        )

    def environment(self, credentials: Credentials = ROOT) -> dict[str, str]:
        """Return the variables with which programs reach the account."""
        return {
            **credentials,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def assume(self, role: str) -> Credentials:
        """Return credentials of a role, as the service that it trusts receives them."""
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
        assumed = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")
        found = assumed["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }

    def user(self, name: str, policy: Mapping[str, object]) -> Credentials:
        """Create a user with one policy, and return the credentials of the user."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }

    def run(
        self, *command: str, cwd: Path, stdin: str = "", credentials: Credentials = ROOT
    ) -> "subprocess.CompletedProcess[str]":
        """Run SAM or the AWS command line in a folder, and return its outcome."""
        programs = [str(tools.provide(name)) for name in ("sam", "cloud")]
        paths = ":".join([*programs, str(Path(sys.executable).parent)])
        environment = {
            **tools.environment(),
            **self.environment(credentials),
            "PATH": f"{paths}:/usr/bin:/bin",
            "HOME": str(cwd),
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
        }
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            check=False,
            cwd=cwd,
            env=environment,
            text=True,
        )


@cache
def _client(service: str, url: str, id_: str, secret: str, token: str | None) -> Any:
    make: Any = boto3.client  # its overloads accept literal names only
    return make(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=id_,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


@contextmanager
def emulated_account(folder: Path) -> Iterator[Account]:
    """Start ministack, with an empty account.

    Args:
        folder: folder for its log and its state.
    """
    (port,) = free_ports(1)
    python = tools.provide("cloud") / "python"
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "STATE_DIR": str(folder / "state"),
        "PYTHONPYCACHEPREFIX": sys.pycache_prefix or "",
    }
    command = [str(python), str(Path(__file__).with_name("ministack_server.py"))]
    log = folder / "ministack.log"
    url = f"http://127.0.0.1:{port}"
    with running(command, url, listens, log, environment) as program:
        yield Account(program)
