"""Jobs whose progress clients can watch, and those that go on after the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from functools import partial

from anyio import get_cancelled_exc_class, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from handler.api.client_job_id import client_job_id
from handler.api.http_errors import JobIdInUse
from handler.api.job_queue import JobQueue, Place
from handler.errors import SmartCropError, Stopped, StorageUnavailable
from handler.jobs.deployment import Deployment
from handler.jobs.progress import ProgressBoard
from handler.jobs.progress_responses import AcceptedJob
from handler.jobs.responses import CropResult
from handler.jobs.steps import reported_to
from handler.jobs.tracking import Tracker
from handler.telemetry import log

JOBS = "/api/v1/jobs"
_PREFERENCE = "respond-async"
# More than `serve` gives the jobs that run when it stops.
_SECONDS_TO_END = 25.0


class TrackedJobs:
    """The jobs that requests ask for, with their progress.

    Attributes:
        board: the progress of the jobs of this process.
    """

    def __init__(self, deployment: Deployment, queue: JobQueue) -> None:
        """Bind a deployment, and the queue of its jobs."""
        self.board = ProgressBoard()
        self._jobs = deployment.jobs
        self._queue = queue
        self._tasks: set[asyncio.Task[None]] = set()

    async def crop(
        self, request: Request, answer: Response, call: Callable[[str], CropResult]
    ) -> CropResult | Response:
        """Crop a picture, or accept the job if the client prefers so.

        Args:
            request: the request, whose body must have been read.
            answer: receives the headers of the answer.
            call: crops the picture on a worker thread, under the id of the job.
        """
        results: list[CropResult] = []
        async with AsyncExitStack() as held:
            place = held.enter_context(self.place(request))
            tracker = await self.begin(request)

            def work() -> None:
                with reported_to(tracker.step):
                    results.append(call(tracker.job_id))
                tracker.finish(results[0])

            run = partial(place.run, work)
            if prefers_async(request):
                return await self.accept(tracker, run, held)
            await ended(tracker, run)
        answer.headers["X-Job-Id"] = tracker.shown_id
        return results[0]

    def place(self, request: Request) -> AbstractContextManager[Place]:
        """Hold a place in the queue; see `JobQueue.place`.

        Raises:
            ServerBusy: there is none.
            Stopped: the server stops.
        """
        return self._queue.place(request, is_awaited=not prefers_async(request))

    async def begin(self, request: Request, total_files: int | None = None) -> Tracker:
        """Return the tracker of a job, whose body must have been read.

        Args:
            request: the request.
            total_files: number of files of a batch; None for a job with one picture.

        Raises:
            JobIdInUse: the job is a batch, and its client chose the id of an earlier job.
        """
        tracker = Tracker(self.board, self._jobs, client_job_id(request), total_files)
        if total_files is not None and await to_thread.run_sync(tracker.has_used_id):
            raise JobIdInUse
        if tracker.client_id is None:
            tracker.begin()
        else:
            await to_thread.run_sync(tracker.begin)
        return tracker

    async def accept(
        self, tracker: Tracker, work: Callable[[], Awaitable[None]], held: AsyncExitStack
    ) -> JSONResponse:
        """Answer that a job is accepted, and go on with it.

        Args:
            tracker: the tracker of the job.
            work: does the job, and shows its end.
            held: closed when the job has ended, instead of by the caller.

        Raises:
            StorageUnavailable: the job cannot be recorded.
        """
        try:
            await to_thread.run_sync(tracker.accept)
        except StorageUnavailable as error:
            tracker.fail(error)
            raise
        task = asyncio.get_running_loop().create_task(_finish(tracker, work, held.pop_all()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        accepted = AcceptedJob.of(tracker.job_id, tracker.client_id, JOBS)
        headers = {
            "X-Job-Id": tracker.shown_id,
            "Location": accepted.status_url,
            "Preference-Applied": _PREFERENCE,
        }
        return JSONResponse(accepted.model_dump(mode="json", by_alias=True), 202, headers)

    async def end(self) -> None:
        """Wait for the jobs whose requests are answered, which the queue stops."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_SECONDS_TO_END)


async def ended(tracker: Tracker, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work of a job, and show its error if it fails.

    Raises:
        Exception: the error.
    """
    try:
        await work()
    except get_cancelled_exc_class():
        tracker.fail(Stopped("The server stops before the work is done"))
        raise
    except Stopped as error:
        # The server ends soon, and does not wait for a thread.
        tracker.fail(error)
        raise
    except Exception as error:
        await to_thread.run_sync(tracker.fail, _shown(error))
        raise


def prefers_async(request: Request) -> bool:
    """Return whether the client asks to be answered before the job is done (RFC 7240).

    On Lambda nothing runs after the answer, so the preference is ignored there.
    """
    if "aws.context" in request.scope:
        return False
    listed = ",".join(request.headers.getlist("prefer")).split(",")
    return any(each.partition(";")[0].strip().lower() == _PREFERENCE for each in listed)


async def _finish(
    tracker: Tracker, work: Callable[[], Awaitable[None]], held: AsyncExitStack
) -> None:
    async with held:
        try:
            await ended(tracker, work)
        except SmartCropError:  # the record has it
            return
        except Exception as error:
            log("unexpected error", failure=error, job_id=tracker.job_id)


def _shown(error: Exception) -> SmartCropError:
    """Return the error that those who watch the job see."""
    if isinstance(error, ClientDisconnect):
        return Stopped("The client closed the connection")
    return error if isinstance(error, SmartCropError) else SmartCropError()
