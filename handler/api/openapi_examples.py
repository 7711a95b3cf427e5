"""Examples of requests, answers and errors for the OpenAPI document."""

from typing import Any

from handler.api.http_errors import ForeignRequest, MalformedRequest, SlowRequest
from handler.errors import (
    BodyTooLarge,
    InvalidSettings,
    ObjectUnreadable,
    ServerBusy,
    SettingsNotJson,
    Stopped,
    StorageUnavailable,
    StoreUnavailable,
)
from handler.problems import FieldProblem, shown
from handler.storage import ARCHIVED

_ID = "0b9e6a3c-6a51-4a5e-9f0e-4d5b8c0f5a11"
_KEY = f"uploads/{_ID}/portrait.jpg"
_EXPIRY = "2026-10-18T12:00:00Z"
_PLAN: dict[str, Any] = {
    "mode": "face",
    "fallback": None,
    "strategy": None,
    "source": {"width": 4000, "height": 3000},
    "crop": {"left": 812, "top": 240, "width": 1500, "height": 1500},
    "focus": {"x": 1561, "y": 890},
    "reason": "The head-shoulders window around the face: 2.8 times the face height.",
    "background": None,
    "faces": [
        {
            "box": {"left": 1290, "top": 620, "width": 420, "height": 536},
            "score": 0.97,
            "landmarks": [
                [1420.5, 842.0],
                [1612.3, 839.8],
                [1518.7, 951.2],
                [1436.1, 1044.9],
                [1597.4, 1043.0],
            ],
            "chosen": True,
        }
    ],
    "facesCut": 0,
    "eyeLine": 840.9,
    "gainOverCentre": None,
    "weights": None,
    "evidence": ["faces"],
    "keep": [],
    "avoid": [],
}
_CROP: dict[str, Any] = {
    "jobId": _ID,
    "downloadUrl": f"/api/v1/download/{_ID}/portrait_smartcrop.jpg",
    "originalSize": 500000,
    "processedSize": 320000,
    "filename": "portrait_smartcrop.jpg",
    "contentType": "image/jpeg",
    "width": 1080,
    "height": 1080,
    "expiresAt": _EXPIRY,
    "overlayUrl": None,
    "plan": _PLAN,
    "warnings": [],
}
_BATCH: dict[str, Any] = {
    "jobId": _ID,
    "downloadUrl": f"/api/v1/download/{_ID}/batch-smart-crop-0b9e6a3c.zip",
    "originalSize": 900000,
    "processedSize": 320500,
    "filename": "batch-smart-crop-0b9e6a3c.zip",
    "contentType": "application/zip",
    "expiresAt": _EXPIRY,
    "files": [
        {
            "filename": "portrait.jpg",
            "results": ["portrait_smartcrop.jpg"],
            "error": None,
            "warnings": [],
        },
        {
            "filename": "notes.txt",
            "results": [],
            "error": {"error": "Invalid image: unrecognised format", "code": "INVALID_IMAGE"},
            "warnings": [],
        },
    ],
    "warnings": [],
}
_BATCH_ERROR: dict[str, Any] = {
    "error": "All files failed processing",
    "code": "ALL_FAILED",
    "errors": [
        {
            "filename": "notes.txt",
            "error": "Invalid image: unrecognised format",
            "code": "INVALID_IMAGE",
        }
    ],
}
_JOB: dict[str, Any] = {
    "jobId": _ID,
    "key": _KEY,
    "createdAt": "2026-10-18T11:00:00Z",
    "updatedAt": "2026-10-18T11:00:04Z",
}

OBJECT_UNREADABLE = ObjectUnreadable(ARCHIVED)
NO_CREDENTIALS = StorageUnavailable("There are no credentials to sign the upload form")
STORE_FULL = StoreUnavailable("The result could not be stored: the store is full")
STORE_GONE = StoreUnavailable("The job record could not be read: the store cannot be reached")
OF_ALL_ROUTES = (
    MalformedRequest(),
    ForeignRequest(
        "Origin: expected an origin that the server was started with (--cors-origin or "
        'SMART_CROP_CORS_ORIGINS), received "https://example.com"'
    ),
    SlowRequest("body: expected at least 1,000 bytes per second, received fewer"),
    ServerBusy("queue: expected at most 64 waiting requests, received more", 5),
    Stopped("The server stops before the work is done"),
)
BODY_TOO_LARGE = BodyTooLarge(4_500_000, 5_242_880)
INVALID_SETTINGS = InvalidSettings(FieldProblem("padding", "a whole number from 0 to 50", "51"))
SETTINGS_NOT_JSON = SettingsNotJson(FieldProblem("settings", "valid JSON", shown('{"width": 1080')))

SETTINGS: list[dict[str, Any]] = [
    {"mode": "subject", "width": 1080, "height": 1080},
    {"mode": "face", "facePreset": "head-shoulders", "width": 600, "height": 800},
    {"mode": "trim", "padToSquare": True, "trimMargin": 5},
    {"mode": "auto", "width": 1080, "height": 1920},
    {
        "strategy": "saliency",
        "focus": {"x": 0.3, "y": 0.4},
        "keep": [{"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}],
        "avoid": [{"left": 3000, "top": 0, "width": 500, "height": 400}],
    },
    {
        "mode": "face",
        "sizes": ["instagram-story", "16:9", {"width": 400, "height": 400, "name": "avatar"}],
    },
]

REQUESTS: dict[str, dict[str, Any]] = {
    "StoredImage": {"key": _KEY, "settings": {"mode": "face", "width": 600, "height": 800}},
    "StoredImages": {"keys": [_KEY], "settings": {"mode": "face"}},
    "UploadRequest": {"filename": "portrait.jpg", "contentType": "image/jpeg"},
}

ANSWERS: dict[str, dict[str, Any]] = {
    "CropResult": _CROP,
    "AnalyzeResult": {"plan": _PLAN, "overlayUrl": None, "warnings": []},
    "UploadForm": {
        "jobId": _ID,
        "url": "https://s3.eu-central-1.amazonaws.com/uploads",
        "fields": {"key": _KEY, "Content-Type": "image/jpeg", "policy": "eyJleHBpcmF0aW9uIjog"},
        "key": _KEY,
        "maxBytes": 100000000,
        "expiresAt": _EXPIRY,
        "jobUrl": f"/api/v1/jobs/{_ID}",
        "warnings": [],
    },
    "QueuedJob": {**_JOB, "state": "queued", "lastError": None},
    "DoneJob": {**_CROP, **_JOB, "state": "done"},
    "FailedJob": {
        **_JOB,
        "state": "failed",
        "error": "Processing failed",
        "code": "PROCESSING_FAILED",
        "details": "The JPEG data are damaged or incomplete",
    },
    "BatchResult": _BATCH,
    "BatchError": _BATCH_ERROR,
    "DoneBatch": {**_BATCH, **_JOB, "key": None, "state": "done"},
    "FailedBatch": {**_BATCH_ERROR, **_JOB, "key": None, "state": "failed"},
    "AcceptedJob": {
        "jobId": _ID,
        "async": True,
        "statusUrl": f"/api/v1/jobs/{_ID}",
        "progressUrl": f"/api/v1/jobs/{_ID}/progress",
    },
    "SingleProgress": {
        "jobId": _ID,
        "type": "single",
        "phase": "complete",
        "percent": 100,
        "result": {key: _CROP[key] for key in ("jobId", "downloadUrl", "processedSize")},
    },
    "BatchProgress": {
        "jobId": _ID,
        "type": "batch",
        "status": "processing",
        "totalFiles": 3,
        "completedFiles": 2,
        "failedFiles": 1,
        "errors": [{"filename": "notes.txt", "error": "Invalid image: unrecognised format"}],
        "currentFile": "team.jpg",
    },
    "Health": {
        "status": "ok",
        "version": "0.1.0",
        "formats": {"jpeg": True, "png": True, "webp": True, "avif": True},
        "features": {"face-detection": True, "object-detection": True},
        "evidence": ["faces", "objects", "text"],
        "sandbox": {"seccomp": True, "landlock": True, "memory_limit": True},
        "store": {"status": "ok", "reason": None},
        "limits": {"maxBodyBytes": 4500000, "maxUploadBytes": 100000000, "maxPixels": 150000000},
    },
}
