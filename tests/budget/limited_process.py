"""The program of a process with little memory that runs one job, as a Lambda function would."""

import json
import os
import sys
import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
# Files with the limit, by the folder of the version; then those of the limit with swap.
_FILES = {"memory": "memory.limit_in_bytes", ".": "memory.max"}
_SWAP = {"memory.memsw.limit_in_bytes": None, "memory.swap.max": "0"}
_SECONDS_TO_END = 10


class ControlGroup:
    """A control group with a limit of memory, for a process and its children.

    Attributes:
        folder: folder of the group; None if this user may create none.
    """

    def __init__(self, name: str, limit: int) -> None:
        """Create a group with a limit in bytes, of version 1 or 2."""
        self.folder: Path | None = None
        for parent, file in _FILES.items():
            if not (_ROOT / parent / "cgroup.procs").exists():
                continue
            folder = _ROOT / parent / name
            try:
                folder.mkdir()
                (folder / file).write_text(str(limit))
            except OSError:
                continue
            for swap, value in _SWAP.items():
                if (folder / swap).exists():  # a machine may have none
                    (folder / swap).write_text(value or str(limit))
            self.folder = folder
            break

    def kills(self) -> int:
        """Return the number of processes that the kernel has killed for want of memory."""
        assert self.folder is not None
        for file in ("memory.oom_control", "memory.events"):
            path = self.folder / file
            if path.exists():
                fields = dict(line.split() for line in path.read_text().splitlines())
                return int(fields["oom_kill"])
        raise FileNotFoundError(self.folder)

    def remove(self) -> None:
        """Remove the group, once its processes have ended."""
        deadline = time.monotonic() + _SECONDS_TO_END
        while self.folder is not None:
            try:
                self.folder.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                self.folder = None


def main() -> None:
    """Join a group, run a job, and print its error as JSON."""
    folder, path, settings = sys.argv[1:]
    if folder:
        Path(folder, "cgroup.procs").write_text(str(os.getpid()))
    from handler.config import Config
    from handler.errors import SmartCropError
    from handler.jobs.job import Job, run_job
    from handler.malloc import keep_large_blocks
    from handler.settings import parse_settings

    keep_large_blocks()
    error: dict[str, object] = {}
    try:
        job = Job(Path(path).read_bytes(), "picture", parse_settings(settings)[0])
        run_job(job, Config.from_environment(os.environ))
    except SmartCropError as raised:
        error = {"status": raised.status, **raised.answer()}
    print(json.dumps(error))


if __name__ == "__main__":
    main()
