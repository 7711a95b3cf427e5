"""The program of a process with little memory that runs one job, as a Lambda function would."""

import json
import os
import sys
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_FILES = {"memory": "memory.limit_in_bytes", ".": "memory.max"}


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
        """Remove the group, whose processes have ended."""
        if self.folder is not None:
            self.folder.rmdir()


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
