import pytest

from handler.storage import ResultStore, connect


@pytest.fixture
def on_s3(s3: str) -> ResultStore:
    """The store of results on an S3 that checks signatures; links expire after a minute."""
    return ResultStore(connect(s3), 60)
