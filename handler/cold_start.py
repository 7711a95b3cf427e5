"""How a Lambda sandbox starts: with what its first request needs, and with little else.

Each saving was measured, in turns with a start that has all but it: make bench ARGS=cold.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def quick_start() -> Iterator[None]:
    """To be around the imports of an entry, numpy's among them."""
    # numpy's BLAS would start a thread for each core, to spin until there are matrices worth it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Modules are made to stay: looking for garbage among them, over and over, finds none.
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_without_models(package: str) -> None:
    """Import a package whose pydantic models few requests need: each is built when it is used.

    Pydantic's first version, which it may look for to tell models of that apart, is not there.
    """
    from pydantic import BaseModel

    # None makes an import of it fail, as if it were not installed.
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
    BaseModel.model_config["defer_build"] = True
    try:
        import_module(package)
    finally:
        del BaseModel.model_config["defer_build"]


def takes_snapshot() -> bool:
    """Whether this start ends with a snapshot that sandboxes are restored from (SnapStart)."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
