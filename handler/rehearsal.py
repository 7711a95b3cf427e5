"""What is done before a snapshot is taken, so that what is restored from it need not do it."""

from PIL import Image

from handler.codec import FORMATS, encode
from handler.config import Config
from handler.jobs.job import Job, Stopwatch, run_job
from handler.settings import CropSettings

_FORMATS = ("jpeg", "png", "webp")
_PICTURE = Image.new("RGB", (640, 480))
_WHITE = (255, 255, 255, 255)


def rehearse(config: Config) -> None:
    """Crop a picture of each common format; nothing is stored, counted or kept.

    A first crop takes twice what the second does, and a restored sandbox fetches what it needs
    from the snapshot page by page. No face is looked for, so that the bundle stays unopened.
    """
    settings = CropSettings(width=64, height=64)
    for name in _FORMATS:
        data = encode(_PICTURE, FORMATS[name], settings.quality, _WHITE)
        run_job(Job(data, None, settings), config, Stopwatch())
