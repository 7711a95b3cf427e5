"""An input of the fuzzer, and its file."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Target = Literal["image", "settings", "form", "json", "event"]

_SIGNATURE = b"smart-crop fuzz input "


@dataclass(frozen=True, slots=True)
class Input:
    """An input.

    Attributes:
        target: part of the service that receives it.
        label: format of an image, or form of the other inputs.
        data: the image, settings, body or event.
        options: further parameters of the request, as JSON: ``settings`` and ``path`` of an image,
            ``headers`` and ``path`` of a form or a body, ``metadata`` and ``folder`` of an event.
    """

    target: Target
    label: str
    data: bytes
    options: dict[str, Any] = field(default_factory=dict)

    def to_file(self) -> bytes:
        """Return the bytes of the input's file: a line of JSON, and the data."""
        values = {"target": self.target, "label": self.label, "options": self.options}
        return _SIGNATURE + json.dumps(values, sort_keys=True).encode() + b"\n" + self.data

    @classmethod
    def from_file(cls, content: bytes) -> Self:
        """Read an input's file. Any other file is an image with small results."""
        if not content.startswith(_SIGNATURE):
            return cls("image", "file", content, {"settings": '{"width": 40, "height": 40}'})
        line, _, data = content.removeprefix(_SIGNATURE).partition(b"\n")
        values = json.loads(line)
        return cls(values["target"], values["label"], data, values["options"])

    @property
    def pictures(self) -> int:
        """Pictures that a batch names, or that a form has; 1 for other inputs."""
        marks = {"batch": b"photo.png", "multipart": b"filename="}
        return max(1, self.data.count(marks[self.label])) if self.label in marks else 1

    @property
    def digest(self) -> str:
        """Short hash of the file."""
        return hashlib.sha256(self.to_file()).hexdigest()[:12]
