"""SeaweedFS: an S3 that checks signatures, limits and conditions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import Program, beside_python, free_ports, listens, running

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BUCKET = "results"


@contextmanager
def running_seaweedfs(folder: Path) -> Iterator[Program]:
    """Start SeaweedFS with an empty bucket, and end it afterwards.

    Args:
        folder: an empty folder for its data.
    """
    keys = {"credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
    identity = {"name": "tests", "actions": ["Admin", "Read", "Write", "List"], **keys}
    (folder / "keys.json").write_text(json.dumps({"identities": [identity]}))
    # Each part listens for people and for the other parts; all would take fixed ports, which
    # keep two runs of the tests from being made at once.
    parts = ("s3", "master", "volume", "filer", "admin")
    ports = free_ports(2 * len(parts))
    listen = [
        f"-{part}.port{kind}={ports.pop()}" for part in reversed(parts) for kind in (".grpc", "")
    ]
    url = f"http://127.0.0.1:{listen[-1].rpartition('=')[2]}"
    command = [
        *(beside_python("weed"), "mini", f"-dir={folder}", f"-s3.config={folder}/keys.json"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}", "-master.telemetry=false"),
        *(f"-s3.localSocket={folder}/s3.sock", f"-filer.localSocket={folder}/filer.sock"),
        *("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *listen,
    ]
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
    }
    log = folder / "seaweedfs.log"
    with running(command, url, _seaweedfs_is_up, log, environment) as program:
        yield program


def _seaweedfs_is_up(program: Program) -> bool:
    return "ready to use" in program.written() and listens(program)
