"""The Lambda entry of `handler.lambda_http`, with boto3 in the place of obstore."""

from tests.bench import boto3_storage

boto3_storage.instead()

from handler.lambda_http import handler  # noqa: E402 - see above

__all__ = ["handler"]
