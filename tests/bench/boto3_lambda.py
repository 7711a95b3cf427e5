"""The Lambda entry of `handler.lambda_http`, with boto3 instead of obstore."""

from tests.bench import boto3_storage

boto3_storage.replace_storage()

from handler.lambda_http import handler  # noqa: E402 - see above

__all__ = ["handler"]
