"""The program that starts ministack, with some of its faults repaired, as if it had TLS.

It runs in the environment of ministack, which has none of the project's packages:

    .tools/cloud/bin/python tests/cloud/ministack_server.py

Its environment variables are ministack's: GATEWAY_PORT, AUTH and others.
"""

import contextvars
import importlib
import json
import sys
from typing import Any

_provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
_engine: Any = importlib.import_module("ministack.services.cloudformation.engine")
_functions: Any = importlib.import_module("ministack.services.lambda_svc")
_s3: Any = importlib.import_module("ministack.services.s3")
_app: Any = importlib.import_module("ministack.app")
_actions: Any = importlib.import_module("ministack.core.iam_actions")
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


def accept_expressions() -> None:
    """Accept alarms on expressions, which ministack refuses: they watch their first metric here."""
    record = _provisioners._cw_metric_alarm_record

    def alarm_record(name: str, properties: dict[str, Any]) -> Any:
        metrics = properties.get("Metrics", ())
        measured = (each["MetricStat"] for each in metrics if "MetricStat" in each)
        first = next(measured, None)
        if first is None:
            return record(name, properties)
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        return record(name, {**plain, **first["Metric"], "Period": first["Period"]})

    _provisioners._cw_metric_alarm_record = alarm_record


def resolve_conditions() -> None:
    """Resolve Join and Split in conditions, which ministack compares as they are written."""
    evaluate = _engine._evaluate_conditions

    def evaluate_conditions(template: dict[str, Any], values: dict[str, Any]) -> dict[str, bool]:
        conditions = _resolved(template.get("Conditions", {}), values)
        known: dict[str, bool] = evaluate({**template, "Conditions": conditions}, values)
        return known

    for name, module in list(sys.modules.items()):
        if name.startswith("ministack.") and hasattr(module, "_evaluate_conditions"):
            vars(module)["_evaluate_conditions"] = evaluate_conditions


def _resolved(node: Any, values: dict[str, Any]) -> Any:
    """Return a part of a template with the value of each Join and Split."""
    if isinstance(node, list):
        return [_resolved(each, values) for each in node]
    if not isinstance(node, dict):
        return node
    if "Ref" in node and node["Ref"] in values:
        return str(values[node["Ref"]]["Value"])
    if "Fn::Join" in node:
        separator, parts = _resolved(node["Fn::Join"], values)
        # A list in a parameter is a text with commas.
        return separator.join(parts.split(",") if isinstance(parts, str) else parts)
    if "Fn::Split" in node:
        separator, text = _resolved(node["Fn::Split"], values)
        return text.split(separator)
    if "Fn::Select" in node:
        index, parts = _resolved(node["Fn::Select"], values)
        return parts[int(index)]
    return {name: _resolved(each, values) for name, each in node.items()}


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


def name_log_streams() -> None:
    """Check calls on log streams against the ARN of their group with ``:*``, as CloudWatch does.

    ministack checks them against the ARN without it, which no policy of a log group's `Arn` has.
    """
    extract = _actions.extract_resource_arn

    def extract_resource_arn(service: str, *arguments: Any, **rest: Any) -> str:
        arn = str(extract(service, *arguments, **rest))
        is_group = service == "logs" and ":log-group:" in arn and not arn.endswith(":*")
        return f"{arn}:*" if is_group else arn

    _actions.extract_resource_arn = extract_resource_arn


def name_actions() -> None:
    """Check a call on several messages of a queue as the action on one of them, as SQS does.

    ministack names an action sqs:ChangeMessageVisibilityBatch, which does not exist.
    """
    extract = _actions.extract_iam_action

    def extract_iam_action(service: str, *arguments: Any, **rest: Any) -> str | None:
        action: str | None = extract(service, *arguments, **rest)
        return action.removesuffix("Batch") if action and service == "sqs" else action

    _actions.extract_iam_action = extract_iam_action


def know_sources() -> None:
    """Give the sources of events to conditions on ``events:source``, which ministack lacks."""
    context = _actions.request_tag_context

    def request_tag_context(service: str, action: str, body: bytes, *rest: Any) -> dict[str, Any]:
        known: dict[str, Any] = context(service, action, body, *rest)
        if action == "events:PutEvents":
            (source,) = {each["Source"] for each in json.loads(body)["Entries"]}
            known = {**known, "events:source": source}
        return known

    _actions.request_tag_context = request_tag_context


def count_as_tls() -> None:
    """Count all requests as requests with TLS, which buckets and queues require.

    ministack listens without TLS here, because the clients would not trust its certificate.
    """
    secure = ("127.0.0.1", True)
    _evaluator._request_origin = contextvars.ContextVar("origin", default=secure)
    _app.pin_request_origin = lambda *_: None


if __name__ == "__main__":
    keep_attributes()
    resolve_conditions()
    accept_numbers_as_text()
    accept_expressions()
    hide_missing_objects()
    name_log_streams()
    name_actions()
    know_sources()
    count_as_tls()
    _app.main()
