"""A worker process that an input ends, or that does not answer one, for tests of the client."""

import json
import os
import signal
import sys
import time


def main() -> None:
    """Answer inputs, unless their first byte asks for a fault."""
    print(json.dumps({"ready": True}), flush=True)
    while line := sys.stdin.buffer.readline():
        content = sys.stdin.buffer.read(json.loads(line)["bytes"])
        if content.endswith(b"crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if content.endswith(b"hang"):
            time.sleep(600)
        print(json.dumps({"finds": []}), flush=True)


if __name__ == "__main__":
    main()
