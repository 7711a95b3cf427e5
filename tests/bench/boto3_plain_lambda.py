"""The Lambda entry of `tests.bench.boto3_lambda`, without the optimised start."""

from tests.bench import boto3_storage

boto3_storage.replace_storage()

from mangum import Mangum  # noqa: E402 - see above

from handler.api import create_app  # noqa: E402 - as above
from handler.config import config  # noqa: E402 - as above

handler = Mangum(create_app(config()), lifespan="off")
