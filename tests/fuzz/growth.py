"""The rule that the memory and the open files of a process do not grow."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from tests.fuzz.oracle import Find

# Memory that grows until then is that of caches and of the allocator.
SETTLED_INPUTS = 5_000
_MOST_GROWTH = 1.05
# A median over several samples ignores pictures that are larger than others.
_WINDOW = 8
# A short one follows the growth before.
_SHORT_WINDOW = 3
# Descriptors that an open connection or a temporary file of the moment needs.
_SPARE_FILES = 8


@dataclass(slots=True)
class Growth:
    """The samples of one process.

    Attributes:
        samples: inputs before each sample, and KiB in use.
        peak: largest resident KiB of all samples.
        found: whether the process has broken the rule, which is reported once.
    """

    samples: list[tuple[int, int]] = field(default_factory=list)
    peak: int = 0
    found: bool = False
    _settled: int = 0
    _files: int = 0

    def add(self, inputs: int, in_use: int, files: int) -> Iterator[Find]:
        """Add a sample, and yield a find if the process has grown.

        Args:
            inputs: inputs of the process so far.
            in_use: resident KiB without free memory that the allocator keeps.
            files: open files.
        """
        self.samples.append((inputs, in_use))
        recent = median(each for _, each in self.samples[-_WINDOW:])
        if inputs <= SETTLED_INPUTS:
            latest = int(median(each for _, each in self.samples[-_SHORT_WINDOW:]))
            self._settled, self._files = max(self._settled, latest), max(self._files, files)
        elif self._settled and not self.found:
            curve = ", ".join(f"{at}: {each // 1024} MiB" for at, each in self.samples[::_WINDOW])
            if recent > _MOST_GROWTH * self._settled:
                self.found = True
                yield Find("growth", "memory in use", curve)
            elif files > self._files + _SPARE_FILES:
                self.found = True
                yield Find("growth", "open files", f"{self._files} then, {files} now")
