"""The OpenAPI description of jobs that go on after the answer."""

from typing import Any

from handler.api.openapi import Responses, link, text_header
from handler.api.openapi_bodies import reference
from handler.jobs.progress_responses import AcceptedJob

PREFER: dict[str, Any] = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`respond-async` asks to be answered with 202 as soon as the job is accepted. "
    "Lambda ignores it, because nothing runs there after the answer.",
}
"""The header by which clients ask for an answer before the job is done."""

JOB_ID_HEADER = text_header("The clientJobId of the request, or else the id of the job.")
"""The description of ``X-Job-Id``."""

ACCEPTED: Responses = {
    202: {
        "description": "The job goes on, because the client sent `Prefer: respond-async`.",
        "headers": {
            "Location": text_header("Address of the state of the job."),
            "Preference-Applied": text_header("`respond-async`"),
            "X-Job-Id": JOB_ID_HEADER,
        },
        "content": {"application/json": {"schema": reference(AcceptedJob)}},
        **link("job", "Get the state of the job.", "jobId"),
    }
}
"""The answer to a request that prefers it before the job is done."""
