"""The composition root: the stores and the service of one deployment, for HTTP and events."""

from collections.abc import Callable
from functools import cached_property

from handler.config import Config
from handler.errors import UploadsMissing
from handler.jobs.service import Service
from handler.storage import JobStore, ResultStore, UploadStore, connect


class Deployment:
    """The stores and the service of a deployment.

    Attributes:
        config: the configuration.
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
        store = connect(config.store)
        self.config = config
        self.results = ResultStore(store, config.link_seconds, url_for)
        self.jobs = JobStore(store)
        self.service = Service(config, self.results)

    @cached_property
    def uploads(self) -> UploadStore:
        """The store of uploads, connected when it is first needed.

        Raises:
            UploadsMissing: no store of uploads is configured.
        """
        if self.config.uploads is None:
            raise UploadsMissing
        return UploadStore(self.config.uploads, self.config.max_object_bytes)
