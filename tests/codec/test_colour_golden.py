"""Pictures decoded by the codec and by sharp, file by file, before resizing or encoding."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.codec.golden import Rgba, by_sharp, by_us, premultiplied, psnr
from tests.codec.samples import P3_TO_SRGB, srgb
from tests.needs import optional_data

pytestmark = pytest.mark.shared

IMAGES = Path(__file__).parents[3] / "shared" / "images"
# At 40 dB people no longer see a difference. All pictures but CMYK reach 75 dB and more.
SAME, ALIKE = 75, 40
FILES = {
    "Landscape_1.jpg": SAME,
    "Landscape_6.jpg": SAME,  # turned, with a profile
    "320x240.jpg": SAME,
    "concert.jpg": SAME,  # grey, with a profile
    "Channel_digital_image_CMYK_color.jpg": SAME,
    "Channel_digital_image_CMYK_color_no_profile.jpg": ALIKE,
    "16-bit-grey-alpha.png": SAME,
    "Flag_of_the_Netherlands-16bit.png": SAME,
    "Flag_of_the_Netherlands-alpha.png": SAME,
    "alpha-premultiply-1024x768-paper.png": SAME,
    "p3.png": SAME,
    "prophoto.png": SAME,
    "stripesH.png": SAME,
    "swiss.png": SAME,  # palette
    "4.webp": SAME,
    "5_webp_a.webp": SAME,
    "rotating-squares.webp": SAME,
    "animated-loop-3.gif": SAME,
    "uncompressed_tiff.tiff": SAME,
    "G31D_MULTI.TIF": SAME,  # two pages of a facsimile
    "pitm.avif": ALIKE,
    "sdr_cosmos12920_cicp1-13-6_yuv444_full_qp10.avif": ALIKE,
}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rgba]:
    """Return the RGBA of each file as sharp decodes it, and of 4.webp at a width of 265 pixels."""
    if not IMAGES.exists():
        pytest.skip(optional_data(IMAGES.name))
    jobs = [(name, str(IMAGES / name), 0) for name in FILES]
    jobs.append(("scaled.webp", str(IMAGES / "4.webp"), 265))
    jobs.append(("deep.tiff", str(IMAGES / "tifftag-photoshop.tiff"), 0))
    return by_sharp(tmp_path_factory.mktemp("golden"), jobs)


@pytest.mark.parametrize(("name", "likeness"), FILES.items())
def test_pixels_are_sharps(name: str, likeness: float, golden: dict[str, Rgba]) -> None:
    assert psnr(by_us((IMAGES / name).read_bytes()), premultiplied(golden[name])) >= likeness


def test_a_webp_scaled_while_decoding_is_sharps(golden: dict[str, Rgba]) -> None:
    scaled = golden["scaled.webp"]
    with Image.open(IMAGES / "4.webp") as image:
        shrink = image.width / scaled.shape[1]
    assert psnr(by_us((IMAGES / "4.webp").read_bytes(), shrink), scaled) >= SAME


def test_sixteen_bits_with_a_profile_are_sharps_in_srgb(golden: dict[str, Rgba]) -> None:
    # sharp 0.35 converts 16-bit pictures to Display P3, and labels the result as sRGB.
    p3 = golden["deep.tiff"][..., :3] / 255
    linear = np.where(p3 <= 0.04045, p3 / 12.92, ((p3 + 0.055) / 1.055) ** 2.4)
    expected = np.rint(srgb(linear @ P3_TO_SRGB.T)).astype(np.uint8)
    ours = by_us((IMAGES / "tifftag-photoshop.tiff").read_bytes())
    assert psnr(ours[..., :3], expected) >= ALIKE
