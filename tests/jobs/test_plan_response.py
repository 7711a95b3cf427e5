"""The JSON of a plan."""

from handler.api.openapi_examples import ANSWERS
from handler.jobs.plan_response import CropPlan


def test_the_plan_of_an_earlier_version_is_read() -> None:
    plan = dict(ANSWERS["CropResult"]["plan"])
    del plan["gainOverCentre"]

    read = CropPlan.model_validate({**plan, "confidence": 0.25})

    assert read.gain_over_centre == 0.25
    assert read.model_dump(by_alias=True)["gainOverCentre"] == 0.25
