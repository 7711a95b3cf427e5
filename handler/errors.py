"""The errors of a request, with the status, code and text that the client gets."""

from collections.abc import Sequence
from typing import Any, ClassVar

from handler.problems import FieldProblem


class SmartCropError(Exception):
    """Base of all errors that are answered to a client.

    Any layer below the API raises them. The API answers them as JSON, the command line prints
    them, and the events function writes them into the job's record. The first line of each class
    is published in the OpenAPI document.

    Attributes:
        status: HTTP status of the answer.
        code: kind of error, for programs; a code never changes its meaning.
        error: kind of error, in the words of the reference.
        details: cause of the error, for people; None if ``error`` is enough.
        retry_after: seconds after which a client may try again; None if there is no such time.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL"
    error: str = "Internal error"
    retry_after: int | None = None

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
    """Raised if the request has no file, or an empty one."""

    status = 400
    code = "NO_IMAGE"
    error = "No image file provided"


class TooManyImages(SmartCropError):
    """Raised if a request for one image has several files."""

    status = 400
    code = "TOO_MANY_IMAGES"
    error = (
        "This endpoint processes one image at a time. "
        "Use /api/v1/tools/smart-crop/batch for multiple files."
    )


class BadForm(SmartCropError):
    """Raised if the body is not a valid multipart form."""

    status = 400
    code = "BAD_FORM"
    error = "Failed to parse multipart request"


class InvalidImage(SmartCropError):
    """Raised if the file is not an image that the service accepts.

    It is raised for a value of the header, before any pixel is decoded.
    """

    status = 400
    code = "INVALID_IMAGE"

    def __init__(self, reason: str) -> None:
        self.error = f"Invalid image: {reason}"
        super().__init__()


class InvalidFields(SmartCropError):
    """Base of the errors that list the fields that were not accepted.

    Attributes:
        problems: one for each of these fields.
    """

    status = 400

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(each.message for each in problems) or None)
        self.problems = problems

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to recreate the error; the command line sends errors to worker processes."""
        return type(self), self.problems

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets, with a list of the fields."""
        return {**super().answer(), "errors": [each.answer() for each in self.problems]}


class SettingsNotJson(InvalidFields):
    """Raised if the settings are not valid JSON."""

    code = "SETTINGS_NOT_JSON"
    error = "Settings must be valid JSON"


class InvalidSettings(InvalidFields):
    """Raised if a setting is out of range or has the wrong type."""

    code = "INVALID_SETTINGS"
    error = "Invalid settings"


class InvalidRequest(InvalidFields):
    """Raised if the body is not valid JSON, or a field in it is not accepted."""

    code = "INVALID_REQUEST"
    error = "Invalid request"


class NotFound(SmartCropError):
    """Raised if the job, file or route does not exist."""

    status = 404
    code = "NOT_FOUND"
    error = "Not found"


class MethodNotAllowed(SmartCropError):
    """Raised if the route does not support the method."""

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


class ObjectUnreadable(SmartCropError):
    """Raised if S3 refuses to return an uploaded file, so that another attempt would fail, too."""

    status = 403
    code = "OBJECT_UNREADABLE"
    error = "File cannot be read"


class OverBudget(SmartCropError):
    """Raised if the job would need more memory or CPU time than the deployment has for it."""

    status = 413
    code = "OVER_BUDGET"
    error = "Image or results too large"


class ProcessingFailed(SmartCropError):
    """Raised if the image is damaged or cannot be processed."""

    status = 422
    code = "PROCESSING_FAILED"
    error = "Processing failed"


class NoFaces(SmartCropError):
    """Raised if the image has no face and the setting onNoFaces is error."""

    status = 422
    code = "NO_FACES"
    error = "No faces found"


class BatchFull(SmartCropError):
    """Raised if the results of a file would make the ZIP of a batch too large."""

    status = 413
    code = "BATCH_FULL"
    error = "Batch too large"


class OutOfTime(SmartCropError):
    """Raised if no time is left, for a file of a batch or to decode an image."""

    status = 503
    code = "OUT_OF_TIME"
    error = "Out of time"


class AllFailed(SmartCropError):
    """Raised if no file of a batch could be cropped."""

    status = 422
    code = "ALL_FAILED"
    error = "All files failed processing"

    def __init__(self, failures: Sequence[tuple[str | None, SmartCropError]]) -> None:
        self.failures = failures
        super().__init__()

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets, with the error of each file."""
        errors = [{"filename": name or "", **error.answer()} for name, error in self.failures]
        return {**super().answer(), "errors": errors}


class FeatureError(SmartCropError):
    """Base of the errors that name a feature, as in the reference."""

    feature = "face-detection"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets, with the feature."""
        return {**super().answer(), "feature": self.feature}


class FeatureMissing(FeatureError):
    """Raised if the request needs face detection, and it is not installed."""

    status = 501
    code = "FEATURE_NOT_INSTALLED"
    error = "Feature not installed"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that the client gets, with the name and size of the feature."""
        # The reference's own bundle has 200-300 MB.
        named = {"featureName": "Face Detection", "estimatedSize": "30-50 MB"}
        return {**super().answer(), **named}


class UploadsMissing(SmartCropError):
    """Raised if the request needs a bucket for uploads, and the deployment has none."""

    status = 501
    code = "UPLOADS_NOT_CONFIGURED"
    error = "Uploads are not configured"

    def __init__(self) -> None:
        super().__init__("This deployment has no bucket for uploads; SMART_CROP_UPLOADS names one")


class ServerBusy(SmartCropError):
    """Raised if too many requests wait, or too many connections are open."""

    status = 503
    code = "SERVER_BUSY"
    error = "Server busy"

    def __init__(self, details: str, retry_after: int) -> None:
        super().__init__(details)
        self.retry_after = retry_after


class Stopped(SmartCropError):
    """Raised if the server stops, or the client leaves, before the work is done."""

    status = 503
    code = "STOPPED"
    error = "Stopped"
    retry_after = 5


class StorageUnavailable(SmartCropError):
    """Raised if the object store cannot be used, for a reason other than STORE_UNAVAILABLE."""

    status = 503
    code = "STORAGE_UNAVAILABLE"
    error = "Storage unavailable"


class DecoderUnavailable(SmartCropError):
    """Raised if no worker process can be started to decode a file; a later attempt may succeed."""

    status = 503
    code = "DECODER_UNAVAILABLE"
    error = "Decoder unavailable"


class StoreUnavailable(StorageUnavailable):
    """Raised if the store is full, read-only, slow or gone; the details have the reason."""

    code = "STORE_UNAVAILABLE"


class FeatureDamaged(FeatureError):
    """Raised if face detection is installed but damaged; the deployment needs repair."""

    status = 503
    code = "FEATURE_DAMAGED"
    error = "Feature damaged"
