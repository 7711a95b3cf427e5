"""The models that most events need, which are built at the start of the function."""

from pydantic import BaseModel

from handler.events.messages import FREQUENT
from handler.jobs.plan_response import Box, CropPlan, DetectedFace, Point, Size
from handler.jobs.responses import CropResult
from handler.settings import CropSettings
from handler.storage.job_records import JobRecord

MODELS: tuple[type[BaseModel], ...] = (
    *FREQUENT,
    CropSettings,
    JobRecord,
    Box,
    CropPlan,
    CropResult,
    DetectedFace,
    Point,
    Size,
)
