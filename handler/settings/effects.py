"""Warnings about settings that have no effect together with the others."""

from collections.abc import Iterable, Mapping

from handler.core.request import Mode

_SIDES = ("width", "height")
_WINDOW: frozenset[Mode] = frozenset({"subject", "face", "auto"})
_FACES: frozenset[Mode] = frozenset({"face", "auto"})
_TRIM: frozenset[Mode] = frozenset({"trim"})
# The modes in which a setting has an effect. The others have one in every mode, or in a mode and
# format that only the picture decides; see `handler.jobs.job_warnings`. Without faces, face mode
# falls back to the attention strategy, whatever the setting is.
MODES: Mapping[str, frozenset[Mode]] = {
    "strategy": frozenset({"subject"}),
    **dict.fromkeys((*_SIDES, "padding"), _WINDOW),
    **dict.fromkeys(("facePreset", "onNoFaces"), frozenset({"face"})),
    **dict.fromkeys(("sensitivity", "faces"), _FACES),
    **dict.fromkeys(("threshold", "background", "lineArt", "trimMargin"), _TRIM),
    **dict.fromkeys(("padToSquare", "targetSize"), _TRIM),
}
# Values that request nothing, so that nothing is missing where they have no effect.
_NOTHING: Mapping[str, object] = {"padding": 0, "trimMargin": 0} | dict.fromkeys(
    ("padToSquare", "lineArt"), False
)


def effect_warnings(mode: Mode, given: Mapping[str, object], default_side: int | None) -> list[str]:
    """Return a warning for each reason why settings of a client have no effect.

    Args:
        mode: the mode of the request.
        given: validated values of the settings that the client gave, by JSON name.
        default_side: width or height of the result if the client gives only the other; None if it
            follows from the aspect of the picture.
    """
    asked = {
        name: value
        for name, value in given.items()
        if value not in (None, []) and (name not in _NOTHING or value != _NOTHING[name])
    }
    without_effect = [name for name in asked if mode not in MODES.get(name, (mode,))]
    warnings = [_ignored(without_effect, f"mode is {mode}")] if without_effect else []
    sides = [name for name in _SIDES if name in given]
    if sides and asked.get("sizes"):
        warnings.append(_ignored(_SIDES, "sizes is set"))
    elif len(sides) == 1 and mode in _WINDOW and default_side is not None:
        (missing,) = set(_SIDES) - set(sides)
        warnings.append(f"{missing}: not set, so the default of {default_side:,} pixels is used")
    if mode == "trim" and "targetSize" in asked and given.get("padToSquare") is False:
        warnings.append(_ignored(["padToSquare"], "targetSize is set"))
    return warnings


def _ignored(names: Iterable[str], reason: str) -> str:
    return f"{', '.join(names)}: ignored, because {reason}"
