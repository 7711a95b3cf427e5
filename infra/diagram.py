"""Maker of the architecture picture in infra/README.md, from the templates.

    .venv/bin/python -m infra.diagram    # write the picture into infra/README.md

Each arrow follows from a property or a permission in the templates. Roles, policies and log groups
are not shown.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.decode import decode

ROOT = Path(__file__).parents[1]
README = ROOT / "infra/README.md"
BEGIN, END = "<!-- made by infra/diagram.py -->\n", "<!-- end of the picture -->\n"

_MAIN = "template.yaml"
# The nested stack of each template, by its name in template.yaml.
_NESTED = {
    "Routes": "infra/api.yaml",
    "Storage": "infra/storage.yaml",
    "Monitoring": "infra/monitoring.yaml",
}
# Shown resources: title and shape, in the syntax of Mermaid.
_SHAPES = {
    "AWS::ApiGatewayV2::Api": '["API Gateway<br>HTTP API"]',
    "AWS::Serverless::Function": '["{name}<br>Lambda"]',
    "AWS::S3::Bucket": '[("{name}<br>S3")]',
    "AWS::SQS::Queue": '[["{name}<br>SQS"]]',
    "AWS::Events::Rule": '["{name}<br>EventBridge rule"]',
}
# Things outside of the stack: parameters of template.yaml, and others.
_OUTSIDE = {
    "Clients": '(["clients"])',
    "ExistingBucket": '[("ExistingBucket<br>optional")]',
    "ExistingKmsKeyArn": '["KMS key of ExistingBucket<br>optional"]',
    "EventBus": '["EventBus<br>optional"]',
    "AlarmTopic": '["AlarmTopic<br>optional"]',
    "BatchOperations": '["S3 Batch Operations"]',
    "Alarms": '["CloudWatch<br>{count} alarms, dashboard"]',
}
# The arrow of a permission. Those with an empty text are part of another arrow, or of no flow.
_VERBS = {
    "events:PutEvents": "notices",
    "kms:Decrypt": "decrypts",
    "lambda:InvokeFunction": "invokes",
    "logs:CreateLogStream": "",
    "logs:PutLogEvents": "",
    "s3:AbortMultipartUpload": "",
    "s3:GetObject": "reads",
    "s3:GetObjectVersion": "reads",
    "s3:ListBucket": "",
    "s3:PutObject": "writes",
    "sqs:ChangeMessageVisibility": "",
    "sqs:DeleteMessage": "",
    "sqs:GetQueueAttributes": "",
    "sqs:ReceiveMessage": "",
    "sqs:SendMessage": "",
}

Edge = tuple[str, str, str]
"""An arrow: its begin, its end and its text."""


class Stack:
    """The templates, with the references between them."""

    def __init__(self) -> None:
        """Read the templates."""
        self._templates = {path: _read(path) for path in (_MAIN, *_NESTED.values())}

    def resources(self, type_: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield template, name and definition of each resource, or of those of a type."""
        for path, template in self._templates.items():
            for name, resource in template["Resources"].items():
                if type_ in ("", resource["Type"]):
                    yield path, name, resource

    def named(self, path: str, node: Any) -> list[str]:
        """Return the shown things that a value of a template refers to, sorted."""
        found = (self._resolved(path, name) for name in _references(node))
        return sorted({name for names in found for name in names})

    def _resolved(self, path: str, name: str) -> list[str]:
        template = self._templates[path]
        first, _, rest = name.partition(".")
        if first in template["Resources"]:
            resource = template["Resources"][first]
            if rest.startswith("Outputs."):
                nested = _NESTED[first]
                output = self._templates[nested]["Outputs"][rest.removeprefix("Outputs.")]
                return self.named(nested, output["Value"])
            return [first] if resource["Type"] in _SHAPES else []
        if path == _MAIN:
            return [first] if first in _OUTSIDE else []
        (stack,) = (name for name, nested in _NESTED.items() if nested == path)
        passed = self._templates[_MAIN]["Resources"][stack]["Properties"]["Parameters"]
        return self.named(_MAIN, passed[first]) if first in passed else []


def _read(path: str) -> dict[str, Any]:
    content, faults = decode(str(ROOT / path))
    if faults:
        raise ValueError(faults)
    return dict(content)


def _references(node: Any) -> Iterator[str]:
    """Yield the names in `Ref`, `GetAtt` and `Sub`, with the attribute after a dot."""
    if isinstance(node, list):
        for each in node:
            yield from _references(each)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref":
            yield value
        elif key == "Fn::GetAtt":
            yield value if isinstance(value, str) else ".".join(value)
        elif key == "Fn::Sub":
            text, *_ = value if isinstance(value, list) else [value]
            yield from (part.partition("}")[0] for part in text.split("${")[1:])
        else:
            yield from _references(value)


def edges(stack: Stack) -> Iterator[Edge]:
    """Yield the arrows between the shown things."""
    yield from _http(stack)
    yield from _events(stack)
    yield from _deliveries(stack)
    for _, role, resource in stack.resources("AWS::IAM::Role"):
        yield from _permissions(stack, _user(stack, role), resource["Properties"])
    yield from _alarms(stack)


def _http(stack: Stack) -> Iterator[Edge]:
    routes = len([*stack.resources("AWS::ApiGatewayV2::Route")])
    for path, _, resource in stack.resources("AWS::ApiGatewayV2::Integration"):
        for api in stack.named(path, resource["Properties"]["ApiId"]):
            yield "Clients", api, f"{routes} routes"
            for function in stack.named(path, resource["Properties"]["IntegrationUri"]):
                yield api, function, "alias live"
    for _, bucket, resource in stack.resources("AWS::S3::Bucket"):
        for rule in resource["Properties"]["CorsConfiguration"]["CorsRules"]:
            for method in rule.get("AllowedMethods", ()):
                yield "Clients", bucket, {"POST": "signed forms", "GET": "signed links"}[method]


def _events(stack: Stack) -> Iterator[Edge]:
    for path, name, resource in stack.resources():
        properties = resource.get("Properties", {})
        found = {
            "new objects": properties.get("NotificationConfiguration"),
            "failed messages": properties.get("RedrivePolicy"),
            "failed events": properties.get("DeadLetterQueue"),
        }
        for text, node in found.items():
            for end in stack.named(path, node):
                yield name, end, text


def _deliveries(stack: Stack) -> Iterator[Edge]:
    for path, name, function in stack.resources("AWS::Serverless::Function"):
        for source in function["Properties"].get("Events", {}).values():
            for begin in stack.named(path, source["Properties"]["Queue"]):
                yield begin, name, "messages"
    for path, name, rule in stack.resources("AWS::Events::Rule"):
        for begin in stack.named(path, rule["Properties"]["EventPattern"]):
            yield begin, name, "new objects"
        for target in rule["Properties"]["Targets"]:
            for end in stack.named(path, target["Arn"]):
                yield name, end, "events"
            for end in stack.named(path, target.get("DeadLetterConfig")):
                yield name, end, "undelivered events"


def _user(stack: Stack, role: str) -> str:
    for _, name, function in stack.resources("AWS::Serverless::Function"):
        if role in (each.partition(".")[0] for each in _references(function["Properties"]["Role"])):
            return name
    return role.removesuffix("Role")


def _permissions(stack: Stack, user: str, properties: dict[str, Any]) -> Iterator[Edge]:
    for policy in properties["Policies"]:
        for statement in _statements(policy["PolicyDocument"]["Statement"]):
            actions = statement["Action"]
            for action in actions if isinstance(actions, list) else [actions]:
                verb = "signs forms" if statement["Sid"] == "SignForms" else _VERBS[action]
                for end in stack.named(_MAIN, statement["Resource"]) if verb else ():
                    yield user, end, verb


def _statements(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the statements of a policy, including conditional ones."""
    if isinstance(node, dict) and "Effect" in node:
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _statements(each)


def _alarms(stack: Stack) -> Iterator[Edge]:
    for path, _, alarm in stack.resources("AWS::CloudWatch::Alarm"):
        for end in stack.named(path, alarm["Properties"].get("AlarmActions")):
            yield "Alarms", end, "alarms"


def draw() -> str:
    """Return the picture in the syntax of Mermaid."""
    stack = Stack()
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for begin, end, text in edges(stack):
        if text not in arrows[begin, end]:
            arrows[begin, end].append(text)
    used = {name for arrow in arrows for name in arrow}
    alarms = len([*stack.resources("AWS::CloudWatch::Alarm")])
    lines = ["flowchart LR"]
    for name, shape in _OUTSIDE.items():
        if name in used:
            lines.append(f"    {name}{shape.format(count=alarms)}")
    lines.append('    subgraph stack["the stack"]')
    for _, name, resource in stack.resources():
        if resource["Type"] in _SHAPES:
            lines.append(f"        {name}{_SHAPES[resource['Type']].format(name=name)}")
    lines.append("    end")
    for (begin, end), texts in arrows.items():
        lines.append(f'    {begin} -->|"{", ".join(texts)}"| {end}')
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def main() -> None:
    """Write the picture into infra/README.md."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{draw()}\n{END}{after}")


if __name__ == "__main__":
    main()
