"""The start of a Lambda execution environment, which loads what the first request needs.

Each saving was measured against a start that lacks only this saving: make bench ARGS=cold.
"""

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from handler.config import Config

# Formats of the pictures that are cropped before a snapshot.
_PRIMED = ("jpeg", "png", "webp", "tiff")
_WHITE = (255, 255, 255, 255)


def limit_blas_threads() -> None:
    """Limit numpy's BLAS to one thread. Call it before numpy is imported.

    Otherwise BLAS starts a thread for each core, which spins while it waits for a large matrix.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@contextmanager
def quick_start() -> Iterator[None]:
    """Run the imports of an entry point, numpy's included, with less work for the interpreter."""
    limit_blas_threads()
    # Modules stay loaded, so that garbage collection among them finds nothing.
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_without_models(package: str) -> None:
    """Import a package, and leave each of its pydantic models unbuilt until it is used.

    Few requests need the models; `build_models` builds those of most requests. Version 1 of
    pydantic, which a package may import to distinguish its models, is made unavailable.
    """
    from pydantic import BaseModel

    # pydantic's own loader imports `importlib.metadata`, and searches the metadata of every
    # installed package for plugins.
    sys.modules.setdefault("pydantic.plugin._loader", _loader_without_plugins())
    # None makes an import fail as if the module were not installed.
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]  # None is allowed
    rebuild = BaseModel.__dict__["model_rebuild"]

    def rebuild_if_used(model: "type[BaseModel]", /, **options: Any) -> bool | None:
        # FastAPI calls it without options for models that refer to later ones. pydantic calls it
        # with options when an unbuilt model is used.
        return rebuild.__func__(model, **options) if options else None

    BaseModel.model_config["defer_build"] = True
    BaseModel.model_rebuild = classmethod(rebuild_if_used)  # type: ignore[method-assign, assignment]  # see above
    try:
        import_module(package)
    finally:
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]  # as before
        del BaseModel.model_config["defer_build"]


def _loader_without_plugins() -> ModuleType:
    """Return a module that gives pydantic no plugins."""
    loader = ModuleType("pydantic.plugin._loader")
    loader.__dict__["get_plugins"] = tuple
    return loader


def build_models(models: "Iterable[type[BaseModel]]") -> None:
    """Build models that `import_without_models` has left unbuilt, before the first request."""
    for model in models:
        model.model_rebuild()


def takes_snapshot() -> bool:
    """Return whether this start ends with a snapshot that Lambda restores from (SnapStart)."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def prime(config: "Config") -> None:
    """Crop a picture of each common format before Lambda takes a snapshot.

    The first crop of a process takes twice as long as the second, and a restored execution
    environment loads memory from the snapshot page by page. Nothing is stored, logged or kept. No
    faces are detected, so that the face bundle stays closed.
    """
    from PIL import Image

    from handler.codec import FORMATS, encode, start_decoding
    from handler.jobs.job import Job, run_job
    from handler.settings import CropSettings

    start_decoding()
    settings = CropSettings(width=64, height=64)
    picture = Image.new("RGB", (640, 480))
    for name in _PRIMED:
        data = encode(picture, FORMATS[name], settings.quality, _WHITE)
        run_job(Job(data, None, settings), config)
