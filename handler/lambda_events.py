"""The Lambda function for events of S3, SQS, EventBridge and S3 Batch Operations."""

from handler.cold_start import build_models, import_without_models, quick_start

with quick_start():
    # Few events need the models of other answers than those to crops.
    import_without_models("handler.events")

    from handler.config import config
    from handler.events import create_handler
    from handler.events.frequent_models import MODELS
    from handler.malloc import keep_large_blocks

    build_models(MODELS)

    keep_large_blocks()
    handler = create_handler(config())
