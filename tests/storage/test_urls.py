from pathlib import Path

import pytest

from handler.storage import ResultStore, connect


def test_a_missing_directory_is_created(tmp_path: Path) -> None:
    ResultStore(connect((tmp_path / "a b" / "ü").as_uri()), 60)

    assert (tmp_path / "a b" / "ü").is_dir()


def test_localhost_is_accepted_as_the_host(tmp_path: Path) -> None:
    ResultStore(connect(f"file://localhost{tmp_path}/here"), 60)

    assert (tmp_path / "here").is_dir()


@pytest.mark.parametrize(
    "url",
    [
        *("", "/var/results", "results", "file:", "file://", "file://another-machine/results"),
        *("s3:", "s3://", "s3:///prefix", "gs://bucket/prefix", "https://bucket/prefix"),
    ],
)
def test_another_url_is_rejected(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"expected s3://bucket/prefix or file:///directory, received"
    ):
        ResultStore(connect(url), 60)
