"""Lambda entry for API Gateway: Mangum over the FastAPI app, nothing else."""

from handler.cold_start import import_without_models, quick_start, takes_snapshot

with quick_start():
    # They are those of the OpenAPI document.
    import_without_models("fastapi")

    from mangum import Mangum

    from handler.api import create_app
    from handler.config import config
    from handler.malloc import keep_large_blocks

    keep_large_blocks()
    # Mangum would run the lifespan on every call.
    handler = Mangum(create_app(config()), lifespan="off")
    if takes_snapshot():
        from handler.rehearsal import rehearse

        rehearse(config())
