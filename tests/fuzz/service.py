"""The service under test: the app and the function for events, in this process."""

import json
import logging
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import obstore
from obstore.store import MemoryStore
from starlette.types import ASGIApp

from handler import telemetry
from handler.api import create_app
from handler.config import Config
from handler.errors import SmartCropError
from handler.events import create_handler
from handler.events.messages import MalformedEvent
from handler.settings import parse_settings
from handler.storage import FOLDER_SETTINGS, uploads
from tests.fuzz import oracle
from tests.fuzz.calls import Answer, call
from tests.fuzz.event_inputs import KEY
from tests.fuzz.forms import CROP
from tests.fuzz.generate import picture_of
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Find
from tests.hostile.specimens import specimen

MAX_PIXELS = 16 << 20
"""Largest accepted picture. Larger ones take seconds, which tests of the budget measure."""

_BOUNDARY = "a-line-that-no-picture-holds"
_MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"
# Errors that the function for events raises, or logs, as documented.
_EXPECTED = (MalformedEvent, SmartCropError)


@dataclass(slots=True)
class Outcome:
    """The outcome of an input.

    Attributes:
        status: HTTP status, or outcome of an event.
        code: code of the error; empty for a success.
        decoded: whether pixels were decoded and cropped.
        finds: broken rules.
        answer: body of the answer, shortened.
    """

    status: str
    code: str = ""
    decoded: bool = False
    finds: list[Find] = field(default_factory=list)
    answer: str = ""


class _Failures(logging.Handler):
    """A log handler that keeps unexpected errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None and not _is_expected(error):
            self.errors.append(error)


def _is_expected(error: BaseException) -> bool:
    if isinstance(error, SmartCropError):
        return error.status != SmartCropError.status
    return isinstance(error, _EXPECTED)


class Service:
    """The service, with results in a folder and uploads in memory."""

    def __init__(self, folder: Path, app: ASGIApp | None = None) -> None:
        """Create the app and the function.

        Args:
            folder: folder for results.
            app: replaces the app, in tests of the oracle.
        """
        self._uploads = MemoryStore()
        # Only this fuzzer keeps uploads in memory; metadata are attributes there as in S3.
        uploads.connect = lambda _url, _credentials=None: self._uploads  # type: ignore[attr-defined,assignment,return-value]  # no S3Store
        config = Config(
            store=folder.as_uri(),
            uploads="s3://uploads",
            keys_by_http="all",
            max_pixels=MAX_PIXELS,
        )
        self._app = app or create_app(config)
        self._handle_event = create_handler(config)
        telemetry._logger()  # sets its handlers at the first call
        self._failures = _Failures()
        logging.getLogger(telemetry.SERVICE).handlers = [self._failures]
        obstore.put(self._uploads, "photo.png", specimen("png/rgb"))

    async def run(self, input_: Input) -> Outcome:
        """Send an input to its target, and judge the answer."""
        self._failures.errors.clear()
        try:
            run = self._event if input_.target == "event" else self._request
            outcome = await run(input_)
        except Exception as error:  # the app must not raise
            outcome = Outcome("raised", finds=[_found(error)])
        outcome.finds += [_found(error) for error in self._failures.errors]
        return outcome

    async def _request(self, input_: Input) -> Outcome:
        answer = await self._send(input_)
        outcome = Outcome(str(answer.status), answer=answer.body[:2000].decode(errors="replace"))
        outcome.finds += oracle.judge_status(answer)
        is_head = input_.options.get("method") == "HEAD"
        if answer.status >= 400 and not is_head:
            outcome.finds += oracle.judge_error(answer)
            outcome.code = _code_of(answer)
        elif answer.status == 200 and input_.options.get("method", "POST") == "POST":
            await self._judge_success(input_, answer, outcome)
        return outcome

    async def _send(self, input_: Input) -> Answer:
        options = input_.options
        if input_.target in ("form", "json"):
            return await call(
                self._app,
                options.get("method", "POST"),
                options["path"],
                options.get("headers", ()),
                input_.data,
                options.get("chunk"),
            )
        picture, settings = input_.data, options.get("settings", "").encode()
        if input_.target == "settings":
            picture, settings = picture_of(input_), input_.data
        headers = [("content-type", _MULTIPART)]
        body = _form(picture, settings)
        return await call(self._app, "POST", options.get("path", CROP), headers, body)

    async def _judge_success(self, input_: Input, answer: Answer, outcome: Outcome) -> None:
        if answer.headers.get("content-type") == "application/zip":
            outcome.decoded = True
            outcome.finds += oracle.judge_zip(answer.body, oracle.names_in(answer))
            return
        if answer.headers.get("content-type", "").startswith("image/"):
            outcome.decoded = True
            outcome.finds += oracle.judge_picture(answer)
            return
        body = answer.json()
        if "downloadUrl" not in body:  # a plan, or a form for an upload
            outcome.decoded = "plan" in body
            return
        outcome.decoded = True
        for each in body.get("results", [body]):
            await self._judge_result(each, outcome)
        text = {"settings": input_.data.decode(errors="replace")}.get(
            input_.target, input_.options.get("settings")
        )
        if text is not None and "width" in body:
            settings, _ = parse_settings(text)
            outcome.finds += oracle.judge_size(settings, (body["width"], body["height"]))

    async def _judge_result(self, listed: dict[str, Any], outcome: Outcome) -> None:
        url = listed["downloadUrl"]
        if url.startswith("file:"):
            outcome.finds.append(Find("result", "has no link for clients", url))
            return
        found = await call(self._app, "GET", url)
        if found.status != 200 or len(found.body) != listed["processedSize"]:
            details = f"{url} {found.status} {len(found.body)}"
            outcome.finds.append(Find("result", "is not whole", details))
            return
        if "width" in listed:
            outcome.finds += oracle.judge_result(found.body, (listed["width"], listed["height"]))
        else:  # the link of a batch
            names = [name for each in listed["files"] for name in each["results"]]
            outcome.finds += oracle.judge_zip(found.body, names)

    async def _event(self, input_: Input) -> Outcome:
        metadata = input_.options.get("metadata")
        attributes: Any = {} if metadata is None else {"smart-crop": metadata}
        obstore.put(self._uploads, KEY, specimen("png/grey"), attributes=attributes)
        settings = f"{KEY.rpartition('/')[0]}/{FOLDER_SETTINGS}"
        folder = input_.options.get("folder")
        if folder is not None:
            obstore.put(self._uploads, settings, bytes.fromhex(folder))
        try:
            answer = self._handle_event(json.loads(input_.data), _Context())
        except Exception as error:
            if not _is_expected(error):
                raise
            return Outcome(type(error).__name__, answer=str(error))
        finally:
            if folder is not None:
                obstore.delete(self._uploads, settings)
        return Outcome(_event_status(answer), decoded=True, answer=json.dumps(answer)[:2000])


class _Context:
    """The context of an invocation with thirty seconds left."""

    aws_request_id = "fuzz"

    def __init__(self) -> None:
        self._end = time.monotonic() + 30

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def _form(picture: bytes, settings: bytes) -> bytes:
    name = quote("picture")
    return b"".join(
        (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="settings"\r\n\r\n'.encode(),
            settings,
            f"\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data; ".encode(),
            f'name="file"; filename="{name}"\r\n\r\n'.encode(),
            picture,
            f"\r\n--{_BOUNDARY}--\r\n".encode(),
        )
    )


def _code_of(answer: Answer) -> str:
    try:
        return str(answer.json().get("code"))
    except (ValueError, AttributeError):
        return ""


def _event_status(answer: dict[str, Any]) -> str:
    """Return the outcomes in an answer of the function, in one word."""
    if "batchItemFailures" in answer:
        return "redelivered" if answer["batchItemFailures"] else "processed"
    if "results" in answer:
        return ",".join(sorted({each["resultCode"] for each in answer["results"]})) or "empty"
    return ",".join(sorted({each["state"] for each in answer["outcomes"]})) or "empty"


def _found(error: BaseException) -> Find:
    """Return the find of an unexpected error, with the function that raised it.

    That is the last function of the service, or that of the fuzzer for an error of its own.
    """
    while error.__cause__ is not None:
        error = error.__cause__
    ours, last = None, "unknown"
    for frame, _ in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        last = f"{path.rpartition('/')[2]}:{frame.f_code.co_name}"
        if "/handler/" in path:
            ours = f"{path.rpartition('/handler/')[2]}:{frame.f_code.co_name}"
    return Find("exception", f"{type(error).__name__} in {ours or last}", str(error)[:500])
