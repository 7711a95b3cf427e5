"""A Docker engine for the tests, which leaves nothing on the machine.

It uses its own bridge, and changes neither iptables nor packet forwarding. Containers can reach
this machine only, and builds use the network of the machine.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Program, running

POLICY = Path("/usr/sbin/policy-rc.d")
BRIDGE = "smartcrop0"
# From a private range that is probably unused.
ADDRESS = "10.213.87.1"
_CAPABILITIES = 1 << 21 | 1 << 12  # CAP_SYS_ADMIN, CAP_NET_ADMIN


@dataclass(frozen=True)
class Engine:
    """A running engine.

    Attributes:
        environment: variables that make the docker client and SAM use the engine.
    """

    environment: Mapping[str, str]

    def docker(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run the docker client and return its output; raise RuntimeError if it fails."""
        done = subprocess.run(
            ["docker", *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, **self.environment},
        )
        if done.returncode:
            raise RuntimeError(f"docker {arguments[0]}:\n{done.stderr.decode()[-4000:]}")
        return done.stdout.decode()

    def has_image(self, name: str) -> bool:
        """Return whether an image has this name."""
        return bool(self.docker("images", "--quiet", name))


def why_not(data: Path) -> str | None:
    """Return the reason why an engine with its data in a folder cannot start, or None."""
    system = Path("/etc/os-release")
    if not system.exists() or "\nID=debian\n" not in f"\n{system.read_text()}":
        return "needs Debian: its packages make the base image"
    if os.uname().machine != "x86_64":
        return f"needs x86-64, as the image does: this machine is {os.uname().machine}"
    if os.geteuid() != 0:
        return "needs root to start a Docker engine: sudo make image-test"
    if not _may_administer():
        return "needs the permission to mount and to create a bridge, which this container lacks"
    if _file_system(data) == "overlay":
        return f"needs another file system for {data}: Docker cannot stack layers on overlay"
    return None


def _file_system(path: Path) -> str:
    """Return the type of the file system of a path, which need not exist."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    types = {place: type_ for place, type_ in mounts if path.resolve().is_relative_to(place)}
    return types[max(types, key=len)]


def _may_administer() -> bool:
    status = Path("/proc/self/status").read_text()
    (effective,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return int(effective, 16) & _CAPABILITIES == _CAPABILITIES


def install() -> None:
    """Install missing programs: the engine, and those that make a base image."""
    packages = {
        "dockerd": "docker.io",
        "docker": "docker-cli" if _is_known("docker-cli") else "docker.io",
        "docker-compose": "docker-compose",
        "ip": "iproute2",
        "mmdebstrap": "mmdebstrap",
        "setpriv": "util-linux",
    }
    missing = sorted({packages[name] for name in packages if not shutil.which(name)})
    if not missing:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    with _no_service_starts():
        command = ("apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing)
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def _is_known(package: str) -> bool:
    shown = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return shown.returncode == 0


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Keep Debian from starting the services that it installs."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


@contextmanager
def started(data: Path, scratch: Path) -> Iterator[Engine]:
    """Run an engine.

    Args:
        data: folder for images, which are kept for the next run.
        scratch: folder for everything else; removed afterwards.
    """
    socket = f"unix://{scratch}/socket"
    environment = {
        "DOCKER_HOST": socket,
        "DOCKER_BUILDKIT": "0",  # Debian 12 has no package with its client
        "DOCKER_CONFIG": str(scratch),
        "HOME": str(scratch),  # SAM keeps things there
    }
    engine = Engine(environment)
    command = (
        *("setpriv", "--pdeathsig", "TERM", "dockerd", "--host", socket),
        *("--data-root", str(data), "--exec-root", f"{scratch}/exec"),
        *("--pidfile", f"{scratch}/pid", "--storage-driver", "overlay2"),
        *("--exec-opt", "native.cgroupdriver=cgroupfs", "--bridge", BRIDGE),
        *("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"),
    )

    def answers(_: Program) -> bool:
        asked = {**os.environ, **environment}
        done = subprocess.run(["docker", "version"], capture_output=True, check=False, env=asked)
        return done.returncode == 0

    with (
        _bridge(),
        running(command, socket, answers, scratch / "dockerd.log", environment) as program,
    ):
        try:
            yield engine
        finally:
            if left := engine.docker("ps", "--all", "--quiet").split():
                engine.docker("rm", "--force", *left)
            program.process.terminate()  # a regular end unmounts most mounts
            program.process.wait(300)
            _unmount(scratch)


@contextmanager
def _bridge() -> Iterator[None]:
    _ip("link", "delete", BRIDGE, check=False)  # left by a run that was killed
    _ip("link", "add", "name", BRIDGE, "type", "bridge")
    try:
        _ip("address", "add", f"{ADDRESS}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        yield
    finally:
        _ip("link", "delete", BRIDGE)


def _unmount(folder: Path) -> None:
    """Unmount everything in a folder: containers on the machine's network leave a mount."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in mounts:
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", place], check=True)


def _ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True)
