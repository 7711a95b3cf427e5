"""The settings of an uploaded object: the most specific ones apply."""

from handler.settings import CropSettings, parse_settings
from handler.storage import Upload, UploadStore

FoundSettings = tuple[CropSettings, list[str]]
"""Settings, and warnings about them."""


class ObjectSettings:
    """The settings of objects: from their metadata, their folder or the deployment's defaults.

    The first of these that exist apply as a whole; they are not merged. The settings of folders are
    cached, so that each folder is read once for a batch of objects. Create a new instance for each
    invocation.
    """

    def __init__(self, uploads: UploadStore, default: FoundSettings) -> None:
        """Bind the store of uploads, and the settings of objects without their own."""
        self._uploads = uploads
        self._default = default
        self._folders: dict[str, str | None] = {}

    def of(self, upload: Upload) -> FoundSettings:
        """Return the settings of an object.

        Raises:
            SettingsNotJson, InvalidSettings: the settings that apply are rejected.
            StorageUnavailable: the settings of the folder cannot be read.
        """
        text = upload.settings or self._in_folder(upload.key.rpartition("/")[0])
        return self._default if text is None else parse_settings(text)

    def _in_folder(self, folder: str) -> str | None:
        if folder not in self._folders:
            self._folders[folder] = self._uploads.folder_settings(folder)
        return self._folders[folder]
