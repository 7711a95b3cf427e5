"""What the deployment sets, read once from the environment."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from handler.problems import Expected

_PREFIX = "SMART_CROP_"

# Lambda's synchronous payload is 6,291,556 bytes and carries a binary body as base64: 4/3 of it,
# and the event around it.
_LAMBDA_BODY_BYTES = 4_500_000
_LOCAL_BODY_BYTES = 100_000_000
# Of the 512 MB that Lambda has for temporary files.
_LAMBDA_ZIP_BYTES = 400_000_000


class Config(BaseModel):
    """The environment, typed. Each field is read from ``SMART_CROP_`` and its name in capitals."""

    model_config = ConfigDict(frozen=True)

    store: str = Field(
        default="file:///tmp/smart-crop",
        description="Where results go: s3://bucket/prefix or file:///directory.",
    )
    uploads: Annotated[str | None, Expected("s3://bucket/prefix")] = Field(
        default=None,
        pattern="^s3://[^/]+(/.*)?$",
        description="Where clients put files too large for a request: s3://bucket/prefix.",
    )
    default_settings: str = Field(
        default="{}", description="Settings of uploads that bring none, as JSON."
    )
    max_body_bytes: int = Field(
        default=_LOCAL_BODY_BYTES, gt=0, description="Largest request body that is taken."
    )
    max_answer_bytes: int | None = Field(
        default=None,
        gt=0,
        description="Largest ZIP that is answered itself and not by a link; any, if not set.",
    )
    max_zip_bytes: int = Field(
        default=2_000_000_000, gt=0, description="Largest ZIP that a batch is put into."
    )
    max_object_bytes: int = Field(
        default=100_000_000, gt=0, description="Largest uploaded file that is taken."
    )
    max_attempts: int = Field(
        default=5, gt=0, description="Deliveries after which the queue gives a message up."
    )
    max_pixels: int = Field(
        default=150_000_000, gt=0, description="Largest picture that is decoded, in pixels."
    )
    face_bundle: Path | None = Field(
        default=None, description="The face detection bundle, if it is not where it usually is."
    )
    link_seconds: int = Field(
        default=3600, gt=0, le=604_800, description="How long a download link is good for."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Read the configuration.

        Raises:
            pydantic.ValidationError: a variable is out of range; the deployment is wrong.
        """
        names = {name: f"{_PREFIX}{name.upper()}" for name in cls.model_fields}
        values = {name: environment[key] for name, key in names.items() if environment.get(key)}
        if "AWS_LAMBDA_RUNTIME_API" in environment:
            values.setdefault("max_body_bytes", str(_LAMBDA_BODY_BYTES))
            values.setdefault("max_answer_bytes", str(_LAMBDA_BODY_BYTES))
            values.setdefault("max_zip_bytes", str(_LAMBDA_ZIP_BYTES))
        return cls.model_validate(values)


@cache
def config() -> Config:
    """The configuration of this process."""
    return Config.from_environment(os.environ)
