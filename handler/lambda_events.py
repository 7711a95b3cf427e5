"""The Lambda function for events of S3, SQS, EventBridge and S3 Batch Operations."""

from handler.cold_start import quick_start

with quick_start():
    from handler.config import config
    from handler.events import create_handler
    from handler.malloc import keep_large_blocks

    keep_large_blocks()
    handler = create_handler(config())
