"""Quality of the results for their bytes: SSIM and SSIMULACRA 2 compared with sharp.

Each side renders its window without loss, and then at several qualities. The lossy results are
compared with its own lossless one, so that only the encoder counts.
"""

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_avif  # noqa: F401  # lets Pillow read AVIF
from PIL import Image
from skimage.metrics import structural_similarity

from tests.bench import peers
from tests.bench.pictures import Photo, make
from tests.bench.speed import Say

_PHOTO = Photo(4000, 3000, "jpeg")
_SQUARE = {"mode": "subject", "strategy": "attention", "width": 1080, "height": 1080}
_QUALITIES = {"jpeg": (70, 80, 85, 90, 95), "webp": (70, 80, 85, 90, 95), "avif": (50, 65, 80)}
_QUICK = ("jpeg",)
_MEASURES = ("SSIM", "SSIMULACRA 2")
# The bytes and the measures of each quality.
Curve = list[dict[str, float]]


def measure_quality(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Return our bytes as a share of sharp's at equal quality, for each format and measure.

    Raises:
        peers.Unavailable: a peer cannot be installed.
    """
    path = str(make(_PHOTO))
    rows = []
    with peers.ours() as ours, peers.sharp() as sharp, peers.pyvips() as judge:
        for side in (ours, sharp):
            side.ask("load", path=path)
        for name, qualities in _QUALITIES.items():
            if quick and name not in _QUICK:
                continue
            say(f"quality: {name}")
            mine, theirs = (_curve(side, name, qualities, judge) for side in (ours, sharp))
            for measure in _MEASURES:
                share, low, high = share_of_bytes(mine, theirs, measure)
                row = {"format": name, "measure": measure, "share": share}
                rows.append(row | {"from": low, "to": high, "ours": mine, "sharp": theirs})
    return rows


def _curve(side: peers.Peer, name: str, qualities: tuple[int, ...], judge: peers.Peer) -> Curve:
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "original.png"
        original.write_bytes(_result(side, "png", 100))
        reference = _pixels(original.read_bytes())
        curve = []
        for quality in qualities:
            data = _result(side, name, quality)
            lossy = Path(folder) / "lossy.png"
            Image.fromarray(_pixels(data)).save(lossy)
            ssim = _ssim(reference, _pixels(data))
            score = judge.ask("score", original=str(original), lossy=str(lossy))["score"]
            measures = {"SSIM": ssim, "SSIMULACRA 2": score}
            curve.append({"quality": quality, "bytes": len(data), **measures})
    return curve


def _result(side: peers.Peer, name: str, quality: int) -> bytes:
    answer = side.ask("result", format=name, quality=quality, **_SQUARE)
    return base64.b64decode(answer["data"])


def _ssim(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    similarity: Any = structural_similarity  # has no type information
    return float(similarity(one, other, channel_axis=2))


def _pixels(data: bytes) -> npt.NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def share_of_bytes(ours: Curve, theirs: Curve, measure: str) -> tuple[float, float, float]:
    """Return our bytes as a share of theirs at equal quality, and the range of the measure.

    The logarithm of the bytes is interpolated between the qualities, and the shares are averaged
    over the range that both sides reach.
    """
    low = max(min(point[measure] for point in curve) for curve in (ours, theirs))
    high = min(max(point[measure] for point in curve) for curve in (ours, theirs))
    at = np.linspace(low, high, 101)
    us, them = (
        np.interp(
            at, [point[measure] for point in curve], np.log([point["bytes"] for point in curve])
        )
        for curve in (ours, theirs)
    )
    return float(np.exp(np.mean(us - them))), low, high
