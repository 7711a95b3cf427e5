"""The Lambda function for API Gateway: Mangum over the FastAPI app."""

from handler.cold_start import import_without_models, prime, quick_start, takes_snapshot

with quick_start():
    import asyncio
    from typing import Any

    # FastAPI's own models describe the OpenAPI document, which few requests ask for.
    import_without_models("fastapi")

    from mangum import Mangum

    from handler.api import create_app, prepare_routes
    from handler.config import config
    from handler.malloc import keep_large_blocks

    keep_large_blocks()
    # Mangum asks asyncio for the thread's event loop. Without one, Python 3.12 and 3.13 warn and
    # create it, and Python 3.14 raises.
    _loop = asyncio.new_event_loop()
    asyncio.set_event_loop(_loop)
    _app = create_app(config())
    prepare_routes(_app, _loop)
    # Without `lifespan`, Mangum runs the ASGI lifespan on every call.
    _mangum = Mangum(_app, lifespan="off")

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer a request of API Gateway."""
        # The call may be on another thread than the import.
        asyncio.set_event_loop(_loop)
        return _mangum(event, context)

    if takes_snapshot():
        prime(config())
