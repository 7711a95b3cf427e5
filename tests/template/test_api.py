"""The API requires authorization by default, and has every route of the service."""

import json
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from importlib.resources import files
from typing import Any

import pytest

from handler.api import create_app
from handler.api.aliases import TOOL, TOOL_IN_SECTION
from handler.config import Config
from tests.template.evaluator import deploy
from tests.template.stack import as_list, defaults, resources, template

ROUTES = {route.properties["RouteKey"]: route for route in resources("AWS::ApiGatewayV2::Route")}


def without_names(route_key: str) -> str:
    """Return a route key without the names of its parameters."""
    return re.sub(r"{\w+}", "{}", route_key)


def test_api_has_the_routes_of_the_service_and_no_others() -> None:
    paths = create_app(Config(uploads="s3://uploads")).openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    served |= {route.replace(TOOL, TOOL_IN_SECTION) for route in served}
    routed = {route for route in ROUTES if "/api/" in route}
    assert {without_names(route) for route in routed} == {without_names(route) for route in served}


def test_api_has_the_page_and_its_files() -> None:
    page = files("handler.api").joinpath("static", "index.html").read_text()
    asked = {name.removeprefix("/") for name in re.findall(r'(?:src|href)="([^"#:]*)"', page)}
    assert asked
    folders = {name.rpartition("/")[0] for name in asked} - {""}
    assert folders == {"docs"}, "files in another folder need another route"
    assert {"GET /", "GET /{file}", "GET /docs/{name}"} <= set(ROUTES)


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_route_requires_authorization(route: str) -> None:
    properties = ROUTES[route].properties
    assert properties["AuthorizationType"] == {"Ref": "AuthorizationType"}
    assert properties["AuthorizerId"]["Fn::If"][:2] == ["ByToken", {"Ref": "Authorizer"}]


def test_requests_must_be_signed_by_default() -> None:
    main = template("template.yaml")
    assert defaults()["AuthMode"] == "IAM"
    assert main["Mappings"]["AuthMode"] == {
        "IAM": {"AuthorizationType": "AWS_IAM"},
        "JWT": {"AuthorizationType": "JWT"},
        "NONE": {"AuthorizationType": "NONE"},
    }
    assert set(main["Parameters"]["AuthMode"]["AllowedValues"]) == set(main["Mappings"]["AuthMode"])
    passed = main["Resources"]["Routes"]["Properties"]["Parameters"]
    assert passed["AuthorizationType"] == {
        "Fn::FindInMap": ["AuthMode", {"Ref": "AuthMode"}, "AuthorizationType"]
    }


def test_other_origins_may_not_call_by_default() -> None:
    assert defaults()["CorsOrigins"] == ""
    (api,) = resources("AWS::ApiGatewayV2::Api")
    condition, named, otherwise = api.properties["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("OtherPages", {"Ref": "AWS::NoValue"})
    assert named["AllowOrigins"] == {"Ref": "CorsOrigins"}


def test_stage_throttles_and_writes_a_line_for_each_request() -> None:
    (stage,) = resources("AWS::ApiGatewayV2::Stage")
    throttling = stage.properties["DefaultRouteSettings"]
    assert throttling["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    assert throttling["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}
    line = json.loads(stage.properties["AccessLogSettings"]["Format"])
    assert {"requestId", "route", "status", "ms"} <= set(line)
    # The path contains file names, and the query of a link contains its signature.
    assert not {"$context.path", "$context.http.path"} & set(line.values())


def test_failures_of_the_service_are_counted_without_501() -> None:
    stack = deploy()
    counted = stack["Routes/ServerErrors"].properties
    assert counted["LogGroupName"] == "<Routes/AccessLog>"
    assert counted["FilterPattern"] == '{ ($.status = "5*") && ($.status != "501") }'
    (metric,) = counted["MetricTransformations"]
    assert (metric["MetricNamespace"], metric["MetricName"]) == ("SmartCrop", "ServerErrors")
    line = json.loads(stack["Routes/Stage"].properties["AccessLogSettings"]["Format"])
    # The fields of the line that the filter reads.
    assert line["status"] == "$context.status"
    assert metric["Dimensions"] == [{"Key": "ApiId", "Value": "$.apiId"}]
    assert line["apiId"] == "$context.apiId"


@pytest.mark.parametrize("by_token", [True, False])
def test_the_parts_of_the_api_are_made_one_after_the_other(by_token: bool) -> None:
    """API Gateway fails if two parts of one API change at the same time."""
    parts = {
        name: resource
        for name, resource in template("infra/api.yaml")["Resources"].items()
        if resource["Type"].startswith("AWS::ApiGatewayV2::")
        and (by_token or resource.get("Condition") != "ByToken")
    }
    needed = {name: requirements(resource) & set(parts) for name, resource in parts.items()}
    order = TopologicalSorter(needed)
    order.prepare()
    made: list[str] = []
    while order.is_active():
        (ready,) = order.get_ready()
        made.append(ready)
        order.done(ready)
    assert made[-1] == "Stage"


def requirements(resource: Mapping[str, Any]) -> set[str]:
    """Return the names of the resources that a resource names, or depends on."""
    written = json.dumps(resource["Properties"])
    named = re.findall(r'"Ref": "(\w+)"|\$\{(\w+)\}', written)
    return {name for pair in named for name in pair} | set(as_list(resource.get("DependsOn", [])))


def test_only_this_api_may_invoke_the_function() -> None:
    (permission,) = resources("AWS::Lambda::Permission")
    source = permission.properties["SourceArn"]["Fn::Sub"]
    assert source.endswith(":${AWS::AccountId}:${ApiId}/*")
    assert permission.properties["Principal"] == "apigateway.amazonaws.com"
