"""The picture itself as the response of a crop, for clients that accept pictures and not JSON."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from handler.api.http_errors import NotAcceptable
from handler.codec import (
    FORMATS,
    Format,
    available_formats,
    is_sequence,
    output_format,
    recognise,
)
from handler.filenames import content_disposition
from handler.jobs.job import FinishedJob, Job
from handler.jobs.plan_response import CropPlan
from handler.jobs.responses import CropResult
from handler.problems import FieldProblem, shown

ResponseKind = Literal["json", "image"]

PLAN_HEADER = "X-Smart-Crop-Plan"
WARNINGS_HEADER = "X-Smart-Crop-Warnings"

_ANY = "image/*"
# The formats of results by their content types, and a type that clients often send for JPEG.
_FORMATS = {FORMATS[each.output].content_type: each.output for each in FORMATS.values()} | {
    "image/jpg": "jpeg"
}
_JSON = ("application/json", "application/*")
# Clients in Node accept 16 KiB of headers in total, API Gateway 10 KiB.
_MAX_PLAN_BYTES = 4096
_MAX_WARNINGS_BYTES = 2048
_MAX_REASON = 300


class PictureRequest(Struct, frozen=True):
    """A request for the picture itself.

    Attributes:
        field: the field that requests it: the header Accept or the parameter response.
        received: its value, as JSON.
        json_value: the value of the field that requests JSON.
        formats: names of the accepted formats, the preferred one first; empty for all formats.
    """

    field: str
    received: str
    json_value: str
    formats: Sequence[str] = ()

    def prepared(self, job: Job) -> Job:
        """Return a job with a result of an accepted format, if its settings leave the format open.

        Raises:
            NotAcceptable: the job has several results.
        """
        if len(job.settings.sizes) > 1:
            raise self._error("several sizes")
        if job.overlay:
            raise self._error("an overlay")
        source = recognise(job.data)
        if job.settings.format != "auto" or not self.formats or source is None:
            return job
        if output_format(source, "auto", moves=_moves(job, source)).name in self.formats:
            return job
        chosen = next((name for name in self.formats if name in available_formats()), "auto")
        return replace(job, settings=job.settings.model_copy(update={"format": chosen}))

    def _error(self, reason: str) -> NotAcceptable:
        expected = f"{self.json_value} for a request with {reason}"
        return NotAcceptable(FieldProblem(self.field, expected, self.received).message)


def _moves(job: Job, source: Format) -> bool:
    """Return whether the result moves, if it has another format than a still picture's then."""
    if source.moving_output is None or job.settings.frames != "all":
        return False
    return is_sequence(job.data)


def picture_request(headers: Headers, response: ResponseKind | None) -> PictureRequest | None:
    """Return the request for a picture, or None for a request for JSON.

    JSON is the response unless a client prefers pictures: with ``*/*`` in Accept, as browsers send
    it, and with equal quality values the response is JSON.

    Args:
        headers: headers of the request.
        response: the parameter of the URL, which takes precedence over Accept.
    """
    if response == "json":
        return None
    text = ",".join(headers.getlist("accept"))
    accepted = _accepted(text)
    formats = [_FORMATS[each] for each in accepted if each in _FORMATS]
    if _ANY in accepted or "*/*" in accepted:
        formats = []
    if response == "image":
        return PictureRequest("response", '"image"', "json", formats)
    pictures = max(
        (q for each, q in accepted.items() if each == _ANY or each in _FORMATS), default=0
    )
    others = max(accepted.get(each, 0) for each in _JSON)
    if "*/*" in accepted or others >= pictures:
        return None
    return PictureRequest("Accept", shown(text), "application/json", formats)


def picture_response(answer: FinishedJob | CropResult) -> Response:
    """Return the picture with its plan in headers, or a redirect to it if it is stored."""
    if isinstance(answer, CropResult):
        headers = _headers(answer.plan, answer.warnings) | {"Location": answer.download_url}
        return JSONResponse(answer.model_dump(mode="json", by_alias=True), 303, headers)
    (result,) = answer.results
    headers = _headers(CropPlan.of(result.plan), answer.warnings)
    headers["Content-Disposition"] = content_disposition(result.filename)
    return Response(result.data, headers=headers, media_type=result.format.content_type)


def _accepted(text: str) -> dict[str, float]:
    """Return the media ranges of Accept that are accepted, the preferred one first."""
    qualities: dict[str, float] = {}
    for part in text.split(","):
        media_range, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = _quality(parameters)
        if media_range and quality > 0:
            qualities[media_range] = max(quality, qualities.get(media_range, 0))
    return dict(sorted(qualities.items(), key=lambda item: -item[1]))


def _quality(parameters: Sequence[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return min(1, max(0, float(value)))
            except ValueError:
                return 1
    return 1


def _headers(plan: CropPlan, warnings: Sequence[str]) -> dict[str, str]:
    headers = {PLAN_HEADER: plan_header(plan), "Vary": "Accept"}
    return headers | ({WARNINGS_HEADER: warnings_header(warnings)} if warnings else {})


def plan_header(plan: CropPlan) -> str:
    """Return a plan as JSON in ASCII, of at most 4 KB.

    A longer plan is shortened step by step: without the landmarks of faces, without the faces that
    were not chosen, and without faces and boxes. It then has the field ``shortened``.
    """
    values: dict[str, Any] = plan.model_dump(mode="json", by_alias=True)
    text = _ascii(values)
    for shorten in _STEPS:
        if len(text) <= _MAX_PLAN_BYTES:
            break
        shorten(values)
        text = _ascii({**values, "shortened": True})
    return text


def warnings_header(warnings: Sequence[str]) -> str:
    """Return warnings as a JSON list in ASCII, of at most 2 KB; the last ones are left out."""
    text = _ascii(warnings)
    for kept in range(len(warnings) - 1, -1, -1):
        if len(text) <= _MAX_WARNINGS_BYTES:
            break
        text = _ascii([*warnings[:kept], f"{len(warnings) - kept} more warnings"])
    return text


def _ascii(values: object) -> str:
    return json.dumps(values, separators=(",", ":"))


def _without_landmarks(plan: dict[str, Any]) -> None:
    for face in plan["faces"]:
        face["landmarks"] = []


def _chosen_faces(plan: dict[str, Any]) -> None:
    plan["faces"] = [face for face in plan["faces"] if face["chosen"]]


def _without_lists(plan: dict[str, Any]) -> None:
    plan.update(faces=[], keep=[], avoid=[], reason=plan["reason"][:_MAX_REASON])


_STEPS: Sequence[Callable[[dict[str, Any]], None]] = (
    _without_landmarks,
    _chosen_faces,
    _without_lists,
)
