"""The setting that chooses the frames of an animation."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from handler.problems import Expected, shown
from handler.settings.sizes import whole_number
from handler.settings.validation import rejection

_EXPECTED = Expected("all, first, or a whole number of at least 1")


def _one_error(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Validate a value, and reject it once, not for each type of the union."""
    try:
        return validate(whole_number(value))
    except ValidationError:
        raise rejection(_EXPECTED.text, shown(value)) from None


Frames = Annotated[
    Literal["all", "first"] | Annotated[int, Field(ge=1)], WrapValidator(_one_error), _EXPECTED
]
