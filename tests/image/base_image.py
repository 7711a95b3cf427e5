"""A replacement of the public base image: the same Debian, made from the machine's mirror.

The registry of the public image is not reachable from every machine. Settings of this machine that
a build needs (certificates, a package index, a proxy) are added to the replacement, not to the
Dockerfile.
"""

import hashlib
import os
import subprocess
from pathlib import Path

from tests.image.engine import Engine

NAME = "debian:trixie-slim"
_SUITE = "trixie"
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# Variables of this machine that package clients in a container need as well.
_PASSED_ON = (
    *("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    *("npm_config_registry", "NPM_CONFIG_REGISTRY"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
_LABEL = "smart-crop.recipe"


def provide(engine: Engine) -> None:
    """Make the base image, unless the engine has it from an earlier run."""
    made_from = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    label = f"label={_LABEL}={made_from}"
    if engine.docker("images", "--quiet", "--filter", label, NAME):
        return
    settings = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if _has_certificates():
        names = "SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"
        settings |= dict.fromkeys(names, _BUNDLE)
    changes = [f"ENV {name}={value}" for name, value in settings.items()]
    changes.append(f"LABEL {_LABEL}={made_from}")
    options = [word for change in changes for word in ("--change", change)]
    engine.docker("import", *options, "-", NAME, stdin=_debian())


def _has_certificates() -> bool:
    return _CERTIFICATES.is_dir() and any(_CERTIFICATES.iterdir())


def _debian() -> bytes:
    """Return a minimal Debian as a tar file, without manuals, like the public image."""
    options = [
        *("--quiet", "--variant=minbase", "--include=ca-certificates"),
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        '--aptopt=Acquire::Languages "none"',
    ]
    if _has_certificates():
        options += [
            f"--customize-hook=copy-in {_CERTIFICATES} {_CERTIFICATES.parent}",
            '--customize-hook=chroot "$1" update-ca-certificates >&2',
        ]
    command = ["mmdebstrap", *options, _SUITE, "-", *_sources()]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mmdebstrap:\n{done.stderr.decode()[-4000:]}")
    return done.stdout


def _sources() -> list[str]:
    """Return the sources of the machine's mirrors for the release of the image."""
    fields = ("--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages", "Component: main")
    listed = subprocess.run(
        ["apt-get", "indextargets", *fields], capture_output=True, check=True, text=True
    ).stdout
    mirrors = dict(line.split() for line in listed.splitlines())
    system = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line
    )
    installed = system["VERSION_CODENAME"].strip('"')
    return [
        f"deb {mirrors[f'{installed}{part}']} {_SUITE}{part} main"
        for part in ("", "-updates", "-security")
        if f"{installed}{part}" in mirrors
    ]
