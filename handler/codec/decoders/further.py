"""The decoding of the formats of `handler.codec.further_formats`."""

from collections.abc import Callable

from handler.codec.costs import DecodingCost
from handler.codec.decoders import exr_picture, libraw, radiance_rows, sample_rows, svg_drawing
from handler.codec.decoders.isolated import Allowance
from handler.codec.decoders.way import Way
from handler.codec.formats import Format
from handler.codec.headers.header import ImageHeader
from handler.codec.headers.openexr import ExrHeader
from handler.codec.headers.sample_array import SampleHeader
from handler.codec.headers.svg import SvgHeader

GetAllowance = Callable[[DecodingCost, ImageHeader], Allowance]


def find_way(header: ImageHeader, format_: Format, allowance_of: GetAllowance) -> Way | None:
    """Return the decoding of a file, or None if its format has a decoder in `pillow`.

    Args:
        header: of the file, whose size has been checked.
        format_: of the file.
        allowance_of: returns the limits of a worker process.
    """
    if isinstance(header, SampleHeader):
        samples = header
        cost = sample_rows.cost(header)
        return Way(header, cost, lambda _: sample_rows.decode(samples), header.alpha)
    if format_.name == "hdr":
        cost = radiance_rows.cost(header)
        return Way(header, cost, lambda _: radiance_rows.decode(header), alpha=False)
    if format_.name == "raw":
        return libraw.find_way(header, allowance_of)
    if isinstance(header, ExrHeader):
        return exr_picture.find_way(header, allowance_of)
    if isinstance(header, SvgHeader):
        return svg_drawing.find_way(header, allowance_of)
    return None
