"""The OpenAPI document, which is the same for every deployment."""

import tempfile
from pathlib import Path

from handler.api import create_app
from handler.config import Config

DOCUMENT = create_app(Config(store=Path(tempfile.gettempdir()).as_uri())).openapi()
