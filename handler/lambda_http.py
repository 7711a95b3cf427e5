"""The Lambda function for API Gateway: Mangum over the FastAPI app."""

from handler.cold_start import import_without_models, prime, quick_start, takes_snapshot

with quick_start():
    # FastAPI's models are those of the OpenAPI document.
    import_without_models("fastapi")

    from mangum import Mangum

    from handler.api import create_app
    from handler.config import config
    from handler.malloc import keep_large_blocks

    keep_large_blocks()
    # Without this, Mangum runs the ASGI lifespan on every call.
    handler = Mangum(create_app(config()), lifespan="off")
    if takes_snapshot():
        prime(config())
