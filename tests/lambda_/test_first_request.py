"""The first signed requests of infra/README.md, with curl on a gateway that checks signatures."""

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from mypy_boto3_s3 import S3Client

from tests.api.calls import PORTRAIT
from tests.conftest import ACCESS_KEY, BUCKET, SECRET_KEY, UPLOADS
from tests.emulator import Function, emulated
from tests.lambda_.events import http_event
from tests.needs import needs_curl
from tests.servers import Program

README = Path(__file__).parents[2] / "infra/README.md"
REGION = "us-east-1"
TOKEN = "token-of-a-role"


def commands() -> str:
    """Return the commands of the section, without those that call AWS."""
    section = README.read_text().partition("## First request\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert blocks
    lines = "".join(blocks).splitlines()
    return "\n".join(line for line in lines if "aws " not in line)


def each_of(text: str) -> Iterator[Any]:
    """Yield the JSON documents in a text, one after the other."""
    while text := text.strip():
        document, end = json.JSONDecoder().raw_decode(text)
        yield document
        text = text[end:]


def is_signed(request: BaseHTTPRequestHandler, body: bytes) -> bool:
    """Return whether a request has the signature that API Gateway computes, with the token."""
    sent = request.headers.get("authorization", "")
    match = re.search(r"Credential=(\S+?)/.*SignedHeaders=(\S+?), *Signature=(\w+)", sent)
    if match is None or match[1] != ACCESS_KEY:
        return False
    names = match[2].split(";")
    if "host" not in names or request.headers.get("x-amz-security-token") != TOKEN:
        return False
    signed = {name: request.headers[name] for name in names}
    url = f"http://{request.headers['host']}{request.path}"
    asked = AWSRequest(request.command, url, headers=signed, data=body)
    asked.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "execute-api", REGION)
    canonical = signer.canonical_request(asked)
    expected = signer.signature(signer.string_to_sign(asked, canonical), asked)
    return "x-amz-security-token" in names and expected == match[3]


@contextmanager
def gateway(function: Function) -> Iterator[str]:
    """Serve a gateway that invokes the function for signed requests, and answers 403 to others."""

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if not is_signed(self, body):
                self._answer(403, b'{"message":"Forbidden"}')
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            event = http_event(self.command, self.path, headers=headers, body=body)
            answer = function.invoke(event)
            content = answer["body"]
            self._answer(
                answer["statusCode"],
                base64.b64decode(content) if answer["isBase64Encoded"] else content.encode(),
            )

        def do_POST(self) -> None:
            self.do_GET()

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@needs_curl
def test_the_signed_requests_of_the_readme_succeed(
    seaweedfs: Program, uploads: S3Client, tmp_path: Path
) -> None:
    stores = {"SMART_CROP_STORE": f"s3://{BUCKET}/first", "SMART_CROP_UPLOADS": f"s3://{UPLOADS}"}
    (tmp_path / "portrait.jpg").write_bytes(PORTRAIT)
    uploads.put_object(Bucket=UPLOADS, Key="uploads/first/portrait.jpg", Body=PORTRAIT)
    environment = {**seaweedfs.environment, **stores}
    with (
        emulated("handler.lambda_http.handler", environment, tmp_path / "log") as function,
        gateway(function) as url,
    ):
        assert httpx.get(f"{url}/api/v1/health").status_code == 403
        done = subprocess.run(
            ["bash", "-euc", commands()],
            cwd=tmp_path,
            env={
                "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
                "API": url,
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "AWS_SESSION_TOKEN": TOKEN,
            },
            capture_output=True,
            check=True,
            text=True,
        )
    answers = list(each_of(done.stdout))
    assert answers[0]["status"] == "ok", done.stdout
    crops = answers[1:]
    assert crops, done.stdout
    assert all(each["downloadUrl"].startswith(seaweedfs.url) for each in crops)
