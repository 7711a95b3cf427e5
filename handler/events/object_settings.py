"""The settings of an uploaded object: the most specific ones apply."""

from handler.errors import InvalidFields, SettingsNotJson
from handler.problems import FieldProblem
from handler.settings import CropSettings, parse_settings
from handler.storage import Upload, UploadStore
from handler.telemetry import log

FoundSettings = tuple[CropSettings, list[str]]
"""Settings, and warnings about them."""

_VARIABLE = "SMART_CROP_DEFAULT_SETTINGS"


class DefaultSettings:
    """The settings of objects without their own. An error in them fails these objects only."""

    def __init__(self, text: str) -> None:
        """Read the settings."""
        self._found: FoundSettings | None = None
        self._problems: tuple[FieldProblem, ...] = ()
        self._kind: type[InvalidFields] = SettingsNotJson
        try:
            self._found = parse_settings(text)
        except InvalidFields as error:
            self._kind, self._problems = type(error), error.problems

    def get(self) -> FoundSettings:
        """Return the settings.

        Raises:
            SettingsNotJson, InvalidSettings: they are rejected; the fields name the variable.
        """
        if self._found is not None:
            return self._found
        named = (
            FieldProblem(f"{_VARIABLE}: {each.field}", each.expected, each.received)
            for each in self._problems
        )
        error = self._kind(*named)
        # A person has to change the deployment: the failure counts for the alarm.
        log("default settings rejected", failure=error)
        raise error


class ObjectSettings:
    """The settings of objects: from their metadata, their folder or the deployment's defaults.

    The first of these that exist apply as a whole; they are not merged. The settings of folders are
    cached, so that each folder is read once for a batch of objects. Create a new instance for each
    invocation.
    """

    def __init__(self, default: DefaultSettings) -> None:
        """Bind the settings of objects without their own."""
        self._default = default
        self._folders: dict[tuple[str, str], str | None] = {}

    def of(self, store: UploadStore, upload: Upload) -> FoundSettings:
        """Return the settings of an object.

        Args:
            store: store of the object.
            upload: the object.

        Raises:
            SettingsNotJson, InvalidSettings: the settings that apply are rejected.
            ObjectUnreadable: S3 refuses to return the settings of the folder.
            StorageUnavailable: the settings of the folder cannot be read.
        """
        text = upload.settings or self._in_folder(store, upload.key.rpartition("/")[0])
        return self._default.get() if text is None else parse_settings(text)

    def _in_folder(self, store: UploadStore, folder: str) -> str | None:
        place = (store.bucket, folder)
        if place not in self._folders:
            self._folders[place] = store.folder_settings(folder)
        return self._folders[place]
