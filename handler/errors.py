"""Everything that can go wrong with a request, and what the client is told."""

from collections.abc import Sequence
from typing import Any, ClassVar

from handler.problems import FieldProblem


class SmartCropError(Exception):
    """Base of all errors that are a client's to know about.

    Raised by any layer below the API; the API turns it into a JSON answer, the command line
    into a line of JSON, an event into a job record.

    Attributes:
        status: the HTTP status that says it.
        code: the same for machines; never changes meaning.
        error: the kind of error, in the words of the reference.
        details: what exactly was wrong, for people; None when ``error`` says it all.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL"
    error: str = "Internal error"

    def __init__(self, details: str | None = None) -> None:
        super().__init__(details or self.error)
        self.details = details

    @property
    def in_words(self) -> str:
        """The error in one line."""
        return self.error if self.details is None else f"{self.error}: {self.details}"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets."""
        body: dict[str, Any] = {"error": self.error, "code": self.code}
        return body if self.details is None else {**body, "details": self.details}


class NoImage(SmartCropError):
    """The request has no file, or an empty one."""

    status = 400
    code = "NO_IMAGE"
    error = "No image file provided"


class TooManyImages(SmartCropError):
    """The request has several files where one is taken."""

    status = 400
    code = "TOO_MANY_IMAGES"
    error = (
        "This endpoint processes one image at a time. "
        "Use /api/v1/tools/smart-crop/batch for multiple files."
    )


class BadForm(SmartCropError):
    """The body is not the multipart form that its header promises."""

    status = 400
    code = "BAD_FORM"
    error = "Failed to parse multipart request"


class InvalidImage(SmartCropError):
    """The bytes are no picture, or none that is taken here: refused before any decoding."""

    status = 400
    code = "INVALID_IMAGE"

    def __init__(self, reason: str) -> None:
        self.error = f"Invalid image: {reason}"
        super().__init__()


class InvalidFields(SmartCropError):
    """Base of the errors that name each field that was not accepted.

    Attributes:
        problems: one for each field.
    """

    status = 400

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(each.message for each in problems) or None)
        self.problems = problems

    def __reduce__(self) -> tuple[Any, ...]:
        """Have pickle make it of its problems: the command line sends errors to processes."""
        return type(self), self.problems

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets, with a list of the fields."""
        return {**super().answer(), "errors": [each.answer() for each in self.problems]}


class SettingsNotJson(InvalidFields):
    """The settings field does not hold a JSON object."""

    code = "SETTINGS_NOT_JSON"
    error = "Settings must be valid JSON"


class InvalidSettings(InvalidFields):
    """A setting is out of range or of the wrong type; the details name each."""

    code = "INVALID_SETTINGS"
    error = "Invalid settings"


class InvalidRequest(InvalidFields):
    """A JSON body is not as it should be; the details name each field."""

    code = "INVALID_REQUEST"
    error = "Invalid request"


class NotFound(SmartCropError):
    """No such job, file or route."""

    status = 404
    code = "NOT_FOUND"
    error = "Not found"


class MethodNotAllowed(SmartCropError):
    """The route exists, but does not take this method."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    error = "Method not allowed"


class BodyTooLarge(SmartCropError):
    """Raised if the body of the request has more bytes than the deployment accepts."""

    status = 413
    code = "BODY_TOO_LARGE"
    error = "Request body too large"

    def __init__(self, max_bytes: int, received: int | None = None) -> None:
        super().__init__(
            f"body: expected at most {max_bytes:,} bytes, "
            f"received {'more' if received is None else f'{received:,}'}; "
            "upload larger files with POST /api/v1/uploads"
        )


class ObjectTooLarge(SmartCropError):
    """Raised if an uploaded file has more bytes than the deployment accepts."""

    status = 413
    code = "OBJECT_TOO_LARGE"
    error = "File too large"

    def __init__(self, max_bytes: int, received: int) -> None:
        super().__init__(f"file: expected at most {max_bytes:,} bytes, received {received:,}")


class ProcessingFailed(SmartCropError):
    """The picture is damaged, or cannot be processed."""

    status = 422
    code = "PROCESSING_FAILED"
    error = "Processing failed"


class NoFaces(SmartCropError):
    """There is no face in the picture, and the settings ask for an error then."""

    status = 422
    code = "NO_FACES"
    error = "No faces found"


class BatchFull(SmartCropError):
    """The ZIP of a batch has no room for a file's results."""

    status = 413
    code = "BATCH_FULL"
    error = "Batch too large"


class OutOfTime(SmartCropError):
    """There was no time left for a file of a batch."""

    status = 503
    code = "OUT_OF_TIME"
    error = "Out of time"


class AllFailed(SmartCropError):
    """No file of a batch could be cropped; each is told of."""

    status = 422
    code = "ALL_FAILED"
    error = "All files failed processing"

    def __init__(self, failures: Sequence[tuple[str | None, SmartCropError]]) -> None:
        self.failures = failures
        super().__init__()

    def answer(self) -> dict[str, Any]:
        """The JSON object that the client gets, with one in it for each file."""
        errors = [{"filename": name or "", **error.answer()} for name, error in self.failures]
        return {**super().answer(), "errors": errors}


class FeatureMissing(SmartCropError):
    """The request needs the face bundle, which this deployment has not got."""

    status = 501
    code = "FEATURE_NOT_INSTALLED"
    error = "Feature not installed"
    feature = "face-detection"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets, with the feature as the reference has it."""
        return {**super().answer(), "feature": self.feature}


class UploadsMissing(SmartCropError):
    """The request needs a bucket for uploads, which this deployment has not got."""

    status = 501
    code = "UPLOADS_NOT_CONFIGURED"
    error = "Uploads are not configured"

    def __init__(self) -> None:
        super().__init__("This deployment has no bucket for uploads; SMART_CROP_UPLOADS names one")


class StorageUnavailable(SmartCropError):
    """The object store did not take or give an object; trying again may help."""

    status = 503
    code = "STORAGE_UNAVAILABLE"
    error = "Storage unavailable"


class FeatureDamaged(SmartCropError):
    """The face bundle is there and cannot be used: the deployment has to be mended."""

    status = 503
    code = "FEATURE_DAMAGED"
    error = "Feature damaged"
    feature = "face-detection"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets; it names the feature."""
        return {**super().answer(), "feature": self.feature}
