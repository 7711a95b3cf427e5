"""On a platform that forbids a system call, the other parts of the sandbox hold."""

import json
import platform
import subprocess
import sys

import pytest

from handler.sandbox.confinement import PARTS
from tests.needs import needs_linux
from tests.pictures import encoded, photo
from tests.sandbox.planted import ROOT

pytestmark = [
    needs_linux,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="needs x86_64"),
]
# A service in a container that refuses one system call, which its processes inherit.
_PROGRAM = """
import ctypes, json, struct, sys
from handler.codec import Limits, open_picture, sandbox_parts
from handler.sandbox import system_calls
code = struct.Struct("HBBI").pack
refuse = code(0x20, 0, 0, 0) + code(0x15, 0, 1, int(sys.argv[1])) + code(0x06, 0, 0, 0x00050001)
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
assert system_calls.install(refuse + code(0x06, 0, 0, 0x7FFF0000))
size = open_picture(sys.stdin.buffer.read(), Limits(10**7)).pixels(1).size
parts = [part for part, present in sandbox_parts().items() if not present]
print(json.dumps([size.width, size.height, parts]))
"""


@pytest.mark.parametrize(
    ("number", "missing"),
    [
        pytest.param(319, [], id="memfd_create"),
        pytest.param(112, [], id="setsid"),
        pytest.param(436, [], id="close_range"),
        pytest.param(157, ["no_new_privs", "seccomp"], id="prctl"),
        pytest.param(444, ["landlock"], id="landlock_create_ruleset"),
        pytest.param(446, ["landlock"], id="landlock_restrict_self"),
        pytest.param(302, ["memory_limit", "cpu_limit", "file_limits"], id="prlimit64"),
    ],
)
def test_a_refused_call_leaves_the_rest(number: int, missing: list[str]) -> None:
    image = photo(size=(40, 30))
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(number)],
        cwd=ROOT,
        input=encoded(image, "TIFF"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    width, height, parts = json.loads(done.stdout)
    assert (width, height) == image.size
    assert set(missing) <= set(parts) <= set(PARTS)
    # This kernel may lack Landlock, and without `prctl` there is none either.
    assert set(parts) - set(missing) <= {"landlock"}
