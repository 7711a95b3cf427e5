"""Lambda entry for API Gateway: Mangum over the FastAPI app, nothing else."""

from mangum import Mangum

from handler.api import create_app
from handler.config import config

# Mangum would run the lifespan on every call.
handler = Mangum(create_app(config()), lifespan="off")
