import pytest

from handler.storage import ResultStore, connect


@pytest.fixture
def on_s3(s3: str) -> ResultStore:
    """Results on an S3 that checks signatures; links are good for a minute."""
    return ResultStore(connect(s3), 60)
