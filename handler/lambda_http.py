"""Lambda entry for API Gateway: Mangum over the FastAPI app, nothing else."""

from mangum import Mangum

from handler.allocator import keep_large_blocks
from handler.api import create_app
from handler.config import config

keep_large_blocks()
# Mangum would run the lifespan on every call.
handler = Mangum(create_app(config()), lifespan="off")
