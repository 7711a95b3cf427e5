"""The configuration of the deployment, read once from the environment."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from handler.problems import Expected

_PREFIX = "SMART_CROP_"

# Lambda's limit of a synchronous payload is 6,291,556 bytes. The payload is an event with the body
# as base64, which has 4/3 of its size.
_LAMBDA_BODY_BYTES = 4_500_000
_LOCAL_BODY_BYTES = 100_000_000
# Lambda has 512 MB for temporary files.
_LAMBDA_ZIP_BYTES = 400_000_000
# Browsers leave these ports out of an origin.
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(text: str) -> str:
    """Return the origin of a page in the spelling of browsers.

    Raises:
        ValueError: the text is not the origin of a page.
    """
    parts = urlsplit(text)
    port = parts.port
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or has_more or "*" in text:
        raise ValueError("not an origin")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def _origins(value: object) -> object:
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    return tuple(map(origin_of, listed)) if isinstance(listed, Sequence) else listed


class Config(BaseModel):
    """The configuration. The variable of a field is ``SMART_CROP_`` and its name in capitals."""

    model_config = ConfigDict(frozen=True)

    store: str = Field(
        default="file:///tmp/smart-crop",
        description="Store of results: s3://bucket/prefix or file:///directory.",
    )
    uploads: Annotated[str | None, Expected("s3://bucket/prefix")] = Field(
        default=None,
        pattern="^s3://[^/]+(/.*)?$",
        description="Store of uploads (files too large for a request): s3://bucket/prefix.",
    )
    existing_bucket: Annotated[str | None, Expected("s3://bucket/beginning-of-keys")] = Field(
        default=None,
        pattern="^s3://[^/]+(/.*)?$",
        description="Second bucket of images: s3://bucket/, and the text that keys begin with.",
    )
    keys_by_http: Literal["uploads", "all"] = Field(
        default="uploads",
        description="Keys that requests may name: uploads for those of upload forms, all for any "
        "of both buckets.",
    )
    job_records: Literal["failed", "all"] = Field(
        default="failed", description="Jobs of events that are recorded: failed or all."
    )
    event_bus: str | None = Field(
        default=None,
        description="Event bus, by name or ARN, that receives an event for each ended job of an "
        "event.",
    )
    uploads_queue: str | None = Field(
        default=None,
        pattern="^https?://",
        description="URL of the queue of events, for retries with growing delays.",
    )
    default_settings: str = Field(
        default="{}", description="Crop settings, as JSON, for uploads that have none of their own."
    )
    max_body_bytes: int = Field(
        default=_LOCAL_BODY_BYTES, gt=0, description="Largest accepted request body, in bytes."
    )
    max_answer_bytes: int | None = Field(
        default=None,
        gt=0,
        description="Largest ZIP or picture in a response, in bytes; for larger ones it is a link.",
    )
    max_zip_bytes: int = Field(
        default=2_000_000_000, gt=0, description="Largest ZIP of a batch, in bytes."
    )
    max_object_bytes: int = Field(
        default=100_000_000, gt=0, description="Largest accepted uploaded file, in bytes."
    )
    max_attempts: int = Field(
        default=5, gt=0, description="Deliveries after which the queue gives up a message."
    )
    max_pixels: int = Field(
        default=150_000_000, gt=0, description="Largest accepted picture, in pixels."
    )
    max_frames: int = Field(
        default=500, gt=0, description="Most frames of an animation that is cropped whole."
    )
    max_animation_pixels: int = Field(
        default=200_000_000, gt=0, description="Most pixels of all frames of an animation."
    )
    face_bundle: Path | None = Field(
        default=None, description="Path of the face detection bundle, if it is not the usual one."
    )
    object_bundle: Path | None = Field(
        default=None, description="Path of the object detection bundle, if it is not the usual one."
    )
    memory_mb: int | None = Field(
        default=None,
        gt=0,
        description="Memory of the service, in MiB; by default that of the function, the container "
        "or the machine.",
    )
    memory_name: str = Field(
        default="SMART_CROP_MEMORY_MB",
        description="Name of the setting of the memory, for the advice in errors.",
    )
    jobs: int | None = Field(
        default=None,
        gt=0,
        description="Most jobs that run at a time, which share the memory; by default one a core.",
    )
    cpu_seconds: float = Field(
        default=20,
        gt=0,
        description="Most CPU time of a job, in seconds; longer ones are rejected.",
    )
    queue: int = Field(
        default=64, ge=0, description="Most requests that wait for a core; more are rejected."
    )
    cors_origins: Annotated[
        tuple[str, ...],
        BeforeValidator(_origins),
        Expected("origins such as https://example.com"),
    ] = Field(
        default=(),
        description="Origins of pages that may call a server, separated by spaces or commas.",
    )
    link_seconds: int = Field(
        default=3600, gt=0, le=604_800, description="Lifetime of a download link, in seconds."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Read the configuration.

        Raises:
            pydantic.ValidationError: the value of a variable is not accepted.
        """
        names = {name: f"{_PREFIX}{name.upper()}" for name in cls.model_fields}
        values = {name: environment[key] for name, key in names.items() if environment.get(key)}
        if "AWS_LAMBDA_RUNTIME_API" in environment:
            values.setdefault("max_body_bytes", str(_LAMBDA_BODY_BYTES))
            values.setdefault("max_answer_bytes", str(_LAMBDA_BODY_BYTES))
            values.setdefault("max_zip_bytes", str(_LAMBDA_ZIP_BYTES))
            values.setdefault("jobs", "1")
            values.setdefault("memory_name", "HttpMemory")
            if "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" in environment:
                values.setdefault("memory_mb", environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
        return cls.model_validate(values)


@cache
def config() -> Config:
    """Return the configuration of this process."""
    return Config.from_environment(os.environ)
