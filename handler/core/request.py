"""The settings that a plan depends on."""

from typing import Literal, Protocol

from handler.core.framing import FaceChoice, FacePreset
from handler.core.geometry import Size
from handler.core.image.canvas import Colour
from handler.core.placement import Guides
from handler.core.subject.strategies import Strategy

Mode = Literal["subject", "face", "trim", "auto"]
# The top left pixel, whatever the edges show, or a colour.
Background = Literal["corner", "auto"] | Colour


class Wanted(Protocol):
    """What `handler.settings.crop_settings` has of them."""

    @property
    def mode(self) -> Mode:
        """What decides the window."""

    @property
    def strategy(self) -> Strategy:
        """How subject mode weighs the picture."""

    @property
    def target(self) -> Size:
        """Size of the output."""

    @property
    def padding(self) -> int:
        """Air around the window, in percent."""

    @property
    def face_preset(self) -> FacePreset:
        """How tight face mode cuts."""

    @property
    def faces(self) -> FaceChoice:
        """The faces that the window is built on."""

    @property
    def threshold(self) -> int:
        """How far what trim keeps is from the background."""

    @property
    def background_colour(self) -> Background:
        """What trim takes for background."""

    @property
    def trim_margin(self) -> int:
        """Air that trim leaves, in percent of the longer side of what it keeps."""

    @property
    def square(self) -> int | Literal["fit"] | None:
        """Side of the square that trim pads to; ``fit``: as large as what it keeps needs."""

    @property
    def pad_colour(self) -> Colour:
        """Colour of the padding."""

    def guides(self, picture: Size) -> Guides:
        """What was said by hand of a picture of that size."""
