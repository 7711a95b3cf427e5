"""The program that starts ministack, with three of its faults repaired, as if it had TLS.

It runs in the environment of ministack, which has none of the project's packages:

    .tools/cloud/bin/python tests/cloud/ministack_server.py

Its environment variables are ministack's: GATEWAY_PORT, AUTH and others.
"""

import contextvars
import importlib
from typing import Any

_provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
_functions: Any = importlib.import_module("ministack.services.lambda_svc")
_s3: Any = importlib.import_module("ministack.services.s3")
_app: Any = importlib.import_module("ministack.app")
_evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")


def keep_attributes() -> None:
    """Keep the attributes of unchanged resources when a nested stack is updated.

    ministack passes the known attributes of a resource to `_update_resource` in a root stack, and
    leaves them out in a nested stack. The update then fails with "Requested attribute Arn does not
    exist in schema".
    """
    known: dict[str, dict[str, Any]] = {}
    provision, update = _provisioners._provision_resource, _provisioners._update_resource

    def provision_resource(*arguments: Any) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = provision(*arguments)
        known[physical_id] = attributes
        return physical_id, attributes

    def update_resource(
        type_: str, physical_id: str, before: Any, after: Any, *rest: Any
    ) -> tuple[str, dict[str, Any]]:
        old = known.get(physical_id, {})
        physical_id, attributes = update(type_, physical_id, before, after, *rest)
        known[physical_id] = {**old, **(attributes or {})}
        return physical_id, known[physical_id]

    _provisioners._provision_resource = provision_resource
    _provisioners._update_resource = update_resource


def accept_numbers_as_text() -> None:
    """Convert the numbers of an event source mapping, which CloudFormation passes as text.

    ministack compares MaximumConcurrency with a number. Its poller of queues then fails at each
    turn with "'>=' not supported between instances of 'int' and 'str'".
    """
    limit = _functions._sqs_esm_concurrency

    def concurrency(mapping: dict[str, Any], *rest: Any) -> Any:
        mapping["BatchSize"] = int(mapping.get("BatchSize", 10))
        scaling = mapping.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        return limit(mapping, *rest)

    _functions._sqs_esm_concurrency = concurrency


def hide_missing_objects() -> None:
    """Answer 403 for a missing object to a caller that cannot list its bucket, as S3 does.

    ministack answers 404 to all callers, so that a role without s3:ListBucket would work.
    """
    handle = _s3.handle_request

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query: Any, **rest: Any
    ) -> Any:
        answer = await handle(method, path, headers, body, query, **rest)
        bucket, _, key = path.lstrip("/").partition("/")
        if answer[0] == 404 and method in ("GET", "HEAD") and key:
            arn = f"arn:aws:s3:::{bucket}"
            denied = _app._enforce_data_plane("s3", "s3:ListBucket", headers, query, "", arn)
            answer = denied or answer
        return answer

    _s3.handle_request = handle_request


def count_as_tls() -> None:
    """Count all requests as requests with TLS, which buckets and queues require.

    ministack listens without TLS here, because the clients would not trust its certificate.
    """
    secure = ("127.0.0.1", True)
    _evaluator._request_origin = contextvars.ContextVar("origin", default=secure)
    _app.pin_request_origin = lambda *_: None


if __name__ == "__main__":
    keep_attributes()
    accept_numbers_as_text()
    hide_missing_objects()
    count_as_tls()
    _app.main()
