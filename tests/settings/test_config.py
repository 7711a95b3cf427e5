import pytest
from pydantic import ValidationError

from handler.config import Config


def test_no_variable_is_required() -> None:
    config = Config.from_environment({})

    assert config.store == "file:///tmp/smart-crop"
    assert config.max_body_bytes == 100_000_000
    assert config.max_pixels == 150_000_000
    assert config.link_seconds == 3600


def test_each_field_has_its_variable() -> None:
    config = Config.from_environment(
        {
            "SMART_CROP_STORE": "s3://bucket/crops",
            "SMART_CROP_MAX_BODY_BYTES": "1000",
            "SMART_CROP_MAX_PIXELS": "2000",
            "SMART_CROP_LINK_SECONDS": "60",
            "SMART_CROP_UNKNOWN": "x",
        }
    )

    assert config == Config(
        store="s3://bucket/crops", max_body_bytes=1000, max_pixels=2000, link_seconds=60
    )


def test_origins_are_separated_by_spaces_or_commas() -> None:
    config = Config.from_environment(
        {"SMART_CROP_CORS_ORIGINS": "https://A.example:443,  http://b.example:8080/"}
    )

    assert config.cors_origins == ("https://a.example", "http://b.example:8080")


def test_a_variable_that_is_empty_is_not_set() -> None:
    assert Config.from_environment({"SMART_CROP_STORE": ""}) == Config()


def test_on_lambda_the_body_limit_follows_from_the_payload_unless_set() -> None:
    on_lambda = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}

    limit = Config.from_environment(on_lambda).max_body_bytes
    # Base64 adds a third, and the event has other fields.
    assert limit * 4 // 3 + 200_000 < 6_291_556
    assert limit == 4_500_000

    chosen = Config.from_environment({**on_lambda, "SMART_CROP_MAX_BODY_BYTES": "5"})
    assert chosen.max_body_bytes == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_BODY_BYTES", "0"),
        ("MAX_BODY_BYTES", "4.5 MB"),
        ("MAX_PIXELS", "-1"),
        ("MAX_OBJECT_BYTES", "0"),
        ("MAX_ATTEMPTS", "0"),
        ("UPLOADS", "file:///uploads"),  # only S3 accepts forms
        ("UPLOADS", "uploads"),
        ("CORS_ORIGINS", "*"),
        ("LINK_SECONDS", "0"),
        ("LINK_SECONDS", "604801"),  # S3 signs for at most a week
    ],
)
def test_a_variable_that_is_out_of_range_is_an_error(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name.lower()):
        Config.from_environment({f"SMART_CROP_{name}": value})
