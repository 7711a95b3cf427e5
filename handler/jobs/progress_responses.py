"""The JSON of the progress of jobs, in the format of the reference, and of accepted jobs."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field

from handler.jobs.plan_response import Count, Link, Response, is_none
from handler.jobs.zip_batch import BatchedFile

_JOB_ID = "Id of the job, as in the path."


class _JobProgress(Response):
    job_id: str = Field(description=_JOB_ID)

    @property
    def is_final(self) -> bool:
        """True if the job has ended. No other state follows."""
        return False

    def event(self) -> str:
        """Return the state as a server-sent event."""
        return f"data: {self.model_dump_json(by_alias=True)}\n\n"

    def under(self, job_id: str) -> Self:
        """Return the same state under another id of the job."""
        return self.model_copy(update={"job_id": job_id})


class SingleProgress(_JobProgress):
    """The progress of a job with one picture."""

    type: Literal["single"] = Field(default="single", description="The kind of job.")
    phase: Literal["processing", "complete", "failed"] = Field(
        description="complete and failed are the last states."
    )
    percent: int = Field(
        description="Estimated progress, from 0 to 100.",
        json_schema_extra={"minimum": 0, "maximum": 100},
    )
    stage: str | None = Field(
        default=None, exclude_if=is_none, description="The step that runs, for people."
    )
    error: str | None = Field(
        default=None, exclude_if=is_none, description="The kind of error of a failed job."
    )
    code: str | None = Field(
        default=None, exclude_if=is_none, description="The kind of error, for programs."
    )
    details: str | None = Field(
        default=None, exclude_if=is_none, description="The cause of the error, for people."
    )
    result: dict[str, Any] | None = Field(
        default=None,
        exclude_if=is_none,
        description="The answer of a synchronous crop, of a complete job.",
    )

    @property
    def is_final(self) -> bool:
        """True if the job has ended. No other state follows."""
        return self.phase != "processing"

    @classmethod
    def running(cls, job_id: str, percent: int = 0, stage: str | None = None) -> "SingleProgress":
        """Describe a job that waits or runs."""
        return cls(job_id=job_id, phase="processing", percent=percent, stage=stage)

    @classmethod
    def complete(cls, job_id: str, result: dict[str, Any]) -> "SingleProgress":
        """Describe a finished job by its answer."""
        return cls(job_id=job_id, phase="complete", percent=100, result=result)

    @classmethod
    def failed(cls, job_id: str, error: Mapping[str, Any]) -> "SingleProgress":
        """Describe a failed job by its error response."""
        known = {key: error[key] for key in ("error", "code", "details") if error.get(key)}
        return cls(job_id=job_id, phase="failed", percent=0, **known)


class FileProblem(Response):
    """A file of a batch that failed, and the reason."""

    filename: str = Field(description="Name of the file, as it was sent; empty for the batch.")
    error: str = Field(description="The error, for people.")


class BatchProgress(_JobProgress):
    """The progress of a batch."""

    type: Literal["batch"] = Field(default="batch", description="The kind of job.")
    status: Literal["processing", "completed", "failed"] = Field(
        description="completed and failed are the last states; failed if no file succeeded."
    )
    total_files: Count = Field(description="Number of files.")
    completed_files: Count = Field(description="Number of files that are done or failed.")
    failed_files: Count = Field(description="Number of files that failed.")
    errors: list[FileProblem] = Field(description="The files that failed so far.")
    current_file: str | None = Field(
        default=None, exclude_if=is_none, description="Name of the file that is cropped."
    )
    result: dict[str, Any] | None = Field(
        default=None,
        exclude_if=is_none,
        description="Of a completed batch: zipFilename, processedSize and fileResults, and the "
        "downloadUrl if the ZIP is in the store.",
    )

    @property
    def is_final(self) -> bool:
        """True if the batch has ended. No other state follows."""
        return self.status != "processing"

    @classmethod
    def running(
        cls,
        job_id: str,
        total: int,
        files: Sequence[BatchedFile] = (),
        current: str | None = None,
    ) -> "BatchProgress":
        """Describe a batch that waits or runs.

        Args:
            job_id: id of the batch.
            total: number of its files.
            files: the files that are done or failed.
            current: name of the file that is cropped.
        """
        problems = problems_of(files)
        return cls(
            job_id=job_id,
            status="processing",
            total_files=total,
            completed_files=len(files),
            failed_files=len(problems),
            errors=problems,
            current_file=current,
        )

    @classmethod
    def completed(
        cls, job_id: str, total: int, errors: Sequence[FileProblem], result: dict[str, Any]
    ) -> "BatchProgress":
        """Describe a finished batch by the files that failed, and its result."""
        return cls(
            job_id=job_id,
            status="completed",
            total_files=total,
            completed_files=total,
            failed_files=len(errors),
            errors=list(errors),
            result=result,
        )

    @classmethod
    def failed(cls, job_id: str, total: int, error: Mapping[str, Any]) -> "BatchProgress":
        """Describe a failed batch by its error response."""
        problems = [
            FileProblem(filename=each["filename"], error=_in_words(each))
            for each in error.get("errors", ())
            if "filename" in each
        ]
        return cls(
            job_id=job_id,
            status="failed",
            total_files=total,
            completed_files=total,
            failed_files=total,
            errors=problems or [FileProblem(filename="", error=_in_words(error))],
        )


Progress = SingleProgress | BatchProgress

HEARTBEAT = 'data: {"type":"heartbeat"}\n\n'
"""The event that keeps a connection open, and the only one of a job that is not known."""


class AcceptedJob(Response):
    """A job that goes on after the answer, which the client asked for."""

    job_id: str = Field(description="Id of the progress: the client's own, if it sent one.")
    progress_job_id: str | None = Field(
        default=None, exclude_if=is_none, description="The id that the client sent."
    )
    artifact_job_id: str | None = Field(
        default=None,
        exclude_if=is_none,
        description="Id of the job and of its results, if the client sent another one.",
    )
    is_async: Literal[True] = Field(
        default=True, alias="async", description="True: the job is not done yet."
    )
    status_url: Link = Field(description="Address of the state of the job, as in Location.")
    progress_url: Link = Field(description="Address of the progress, as server-sent events.")

    @classmethod
    def of(cls, job_id: str, client_id: str | None, jobs: str) -> "AcceptedJob":
        """Describe a job.

        Args:
            job_id: its id.
            client_id: the id that the client chose, or None.
            jobs: the path of all jobs.
        """
        shown = client_id or job_id
        return cls(
            job_id=shown,
            progress_job_id=client_id,
            artifact_job_id=job_id if client_id else None,
            status_url=f"{jobs}/{job_id}",
            progress_url=f"{jobs}/{shown}/progress",
        )


def problems_of(files: Sequence[BatchedFile]) -> list[FileProblem]:
    """Describe the files of a batch that failed."""
    return [
        FileProblem(filename=file.source or "", error=file.error.in_words)
        for file in files
        if file.error
    ]


def _in_words(error: Mapping[str, Any]) -> str:
    details = error.get("details")
    return f"{error['error']}: {details}" if details else str(error["error"])
