"""The composition root: the stores and the service of one deployment, for HTTP and events."""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property

from handler.aws.credentials import container_credentials
from handler.config import Config
from handler.errors import UploadsMissing
from handler.jobs.service import Service
from handler.storage import (
    ExistingStore,
    JobStore,
    ResultStore,
    Sources,
    UploadStore,
    connect,
)


class Deployment:
    """The stores and the service of a deployment.

    Attributes:
        config: the configuration.
        credentials: credentials for AWS, if they are fetched from the address that Lambda names.
        results: the store of results.
        jobs: the store of job records, which are next to the results.
        service: the service that crops.
    """

    def __init__(self, config: Config, url_for: Callable[[str, str], str] | None = None) -> None:
        """Connect the stores. Credentials are fetched at their first use.

        Args:
            config: the configuration.
            url_for: returns the URL of a result in a directory; see `ResultStore`.

        Raises:
            ValueError: the configured store cannot be opened.
        """
        self.config = config
        self.credentials = container_credentials(timedelta(seconds=config.link_seconds))
        store = connect(config.store, self.credentials)
        self.results = ResultStore(store, config.link_seconds, url_for, self.credentials)
        self.jobs = JobStore(store)
        self.service = Service(config, self.results)

    @cached_property
    def sources(self) -> Sources:
        """The stores of images, connected when they are first needed.

        Raises:
            UploadsMissing: no store of uploads is configured.
        """
        config = self.config
        if config.uploads is None:
            raise UploadsMissing
        existing = None
        if config.existing_bucket is not None:
            existing = ExistingStore(
                config.existing_bucket, config.max_object_bytes, self.credentials
            )
        return Sources(
            UploadStore(config.uploads, config.max_object_bytes, self.credentials), existing
        )
