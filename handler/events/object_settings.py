"""Which settings an uploaded object is cropped with: the most specific that there are."""

from handler.settings import CropSettings, parse_settings
from handler.storage import Upload, UploadStore

FoundSettings = tuple[CropSettings, list[str]]
"""Settings, and warnings about them."""


class ObjectSettings:
    """Looks settings up: in the object's metadata, in its folder, in the deployment's defaults.

    What is found counts as a whole; nothing is mixed. Folders are remembered, so that a batch of
    objects asks for each once: to be made anew for each invocation.
    """

    def __init__(self, uploads: UploadStore, default: FoundSettings) -> None:
        """Bind the store that has the objects, and the settings of those that have none."""
        self._uploads = uploads
        self._default = default
        self._folders: dict[str, str | None] = {}

    def of(self, upload: Upload) -> FoundSettings:
        """Settings of an object.

        Raises:
            SettingsNotJson, InvalidSettings: the most specific ones are wrong.
            StorageUnavailable: the store did not say whether the folder has any.
        """
        text = upload.settings or self._in_folder(upload.key.rpartition("/")[0])
        return self._default if text is None else parse_settings(text)

    def _in_folder(self, folder: str) -> str | None:
        if folder not in self._folders:
            self._folders[folder] = self._uploads.folder_settings(folder)
        return self._folders[folder]
