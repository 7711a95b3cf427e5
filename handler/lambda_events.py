"""Lambda entry for S3, SQS-wrapped S3, EventBridge and S3 Batch Operations events."""

from handler.cold_start import quick_start

with quick_start():
    from handler.allocator import keep_large_blocks
    from handler.config import config
    from handler.events import create_handler

    keep_large_blocks()
    handler = create_handler(config())
