"""The Lambda entry of `handler.lambda_http`, with boto3 in the place of obstore."""

import sys

from tests.bench import boto3_storage

# Before anything imports the real one: obstore must not be paid for as well.
for name in ("", ".connect", ".presigned_post"):
    sys.modules[f"handler.storage{name}"] = boto3_storage

from handler.lambda_http import handler  # noqa: E402 - see above

__all__ = ["handler"]
