"""The rules that every input keeps, and the finds that break them."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self
from urllib.parse import unquote

import pillow_avif  # noqa: F401  # lets Pillow read AVIF
from PIL import Image

from handler.errors import SmartCropError
from handler.settings import CropSettings
from tests.fuzz.calls import Answer

Rule = Literal[
    "status", "exception", "grammar", "result", "hang", "memory", "child", "crash", "growth"
]

# Statuses of the service's own faults that are documented: a feature or the store is missing.
_DOCUMENTED = (501, 503)
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF")
# Text of the service's own source that no client may see.
_PRIVATE = ("Traceback", "site-packages", "handler.codec", "/handler/")
_OPTIONAL = {"details": str, "errors": list, "feature": str}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an input.

    Attributes:
        seconds: of wall-clock time.
        mebibytes: of memory, above those before it.
    """

    seconds: float = 5
    mebibytes: int = 512


@dataclass(frozen=True, slots=True)
class Find:
    """A broken rule.

    Attributes:
        rule: the rule.
        place: place or kind of the fault; equal finds have equal places.
        details: description for people.
    """

    rule: Rule
    place: str
    details: str = ""

    @property
    def key(self) -> str:
        """Name that equal finds share."""
        return f"{self.rule}: {self.place}"

    def to_json(self) -> dict[str, str]:
        """Return the find as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned."""
        return cls(values["rule"], values["place"], values["details"])


def codes() -> frozenset[str]:
    """Return the codes of all errors that a client can get."""
    found, kinds = {SmartCropError.code}, list(SmartCropError.__subclasses__())
    while kinds:
        kind = kinds.pop()
        found.add(kind.code)
        kinds.extend(kind.__subclasses__())
    return frozenset(found)


def judge_status(answer: Answer) -> Iterator[Find]:
    """Yield a find for a status of the service's own faults that is not documented."""
    if answer.status >= 500 and answer.status not in _DOCUMENTED:
        yield Find("status", str(answer.status), answer.body[:500].decode(errors="replace"))


def judge_error(answer: Answer) -> Iterator[Find]:
    """Yield the finds of an error's body, which has to follow the grammar of errors."""
    if answer.headers.get("content-type") != "application/json":
        yield Find(
            "grammar", f"content type of {answer.status}", answer.headers.get("content-type", "")
        )
        return
    try:
        body = answer.json()
    except ValueError as error:
        yield Find("grammar", f"no JSON in {answer.status}", str(error))
        return
    if reason := _ungrammatical(body):
        yield Find("grammar", f"{reason} in {answer.status}", json.dumps(body)[:500])
    elif private := [each for each in _PRIVATE if each in json.dumps(body)]:
        yield Find("grammar", f"{private[0]} in {answer.status}", json.dumps(body)[:500])


def _ungrammatical(body: Any) -> str | None:
    """Return which part of an error's body is wrong, or None."""
    if not isinstance(body, dict):
        return "no object"
    if not isinstance(body.get("error"), str) or body.get("code") not in codes():
        return "no error and known code"
    for name, kind in _OPTIONAL.items():
        if name in body and not isinstance(body[name], kind):
            return name
    return None


def judge_result(data: bytes, expected: tuple[int, int] | None) -> Iterator[Find]:
    """Yield a find if a result does not decode to the size in the answer."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            image.load()
            size = image.size
    except Exception as error:  # any failure of a decoder
        yield Find("result", "does not decode", f"{type(error).__name__}: {error}")
        return
    if expected is not None and size != expected:
        yield Find("result", "has another size", f"expected {expected}, received {size}")


def judge_picture(answer: Answer) -> Iterator[Find]:
    """Yield the finds of an answer that is the picture itself, with its plan in a header."""
    yield from judge_result(answer.body, None)
    plan = answer.headers.get("x-smart-crop-plan", "")
    if not plan.isascii() or len(plan) > 4096 or "crop" not in json.loads(plan):
        yield Find("result", "no plan in the header", plan[:500])


def judge_size(settings: CropSettings, size: tuple[int, int]) -> Iterator[Find]:
    """Yield a find if an answer has another size than the settings request."""
    if settings.mode == "trim":
        side = settings.target_size
        expected = (side, side) if side else size
    else:
        first = settings.requests()[0].target
        expected = (first.width, first.height)
    if not settings.enlarge:
        expected = (min(size[0], expected[0]), min(size[1], expected[1]))
    if size != expected:
        yield Find("result", "differs from the settings", f"expected {expected}, received {size}")


def names_in(answer: Answer) -> list[str]:
    """Return the names of results in the header of a batch."""
    listed = json.loads(unquote(answer.headers["x-file-results"]))
    return [
        name for each in listed.values() for name in (each if isinstance(each, list) else [each])
    ]


def judge_zip(data: bytes, names: list[str]) -> Iterator[Find]:
    """Yield the finds of a batch's ZIP: it has the listed results, and all of them decode."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sorted(archive.namelist()) != sorted(names):
                yield Find("result", "other names in the ZIP", f"{names} {archive.namelist()}")
            for name in archive.namelist():
                yield from judge_result(archive.read(name), None)
    except zipfile.BadZipFile as error:
        yield Find("result", "no ZIP", str(error))


def judge_costs(limits: Limits, seconds: float, kibibytes: int) -> Iterator[Find]:
    """Yield a find for each limit that an input exceeds."""
    if seconds > limits.seconds:
        yield Find("hang", f"over {limits.seconds:g} s", f"{seconds:.1f} s")
    if kibibytes > limits.mebibytes * 1024:
        yield Find("memory", f"over {limits.mebibytes} MiB", f"{kibibytes // 1024} MiB")
