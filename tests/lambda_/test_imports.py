import subprocess
import sys

import pytest

# These are not needed for a response, and their imports would delay a cold start.
HEAVY = ["boto3", "botocore.session", "onnxruntime", "uvicorn", "rich", "click", "scipy", "pi_heif"]


@pytest.mark.parametrize("module", ["handler.lambda_http", "handler.jobs.service"])
def test_nothing_heavy_is_loaded_at_start(module: str) -> None:
    program = f"import sys, {module}; print(*(set({HEAVY}) & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.split() == []


def test_the_service_does_not_load_a_web_framework() -> None:
    program = "import sys, handler.jobs.service; print('fastapi' in sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert loaded.stdout == "False\n"
