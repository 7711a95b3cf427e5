#!/usr/bin/env bash
# Pins the packages of the service, its tests and its build, with hashes, for Python 3.11 and newer
# on all platforms. Existing pins that still match are kept; `infra/setup/lock.sh --upgrade` updates
# all. The package index that uv is configured for is never written to a file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
UV=$(command -v uv || echo .tools/uv/bin/uv)
PYTHON=.venv/bin/python

pin() {
    "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}

[ -x "$UV" ] || {
    echo "lock: error: uv was not found. Run \`make setup\`, which installs it." >&2
    exit 1
}
[ -x $PYTHON ] || PYTHON=python3
pin pyproject.toml --extra aws --group simd --group dev --overrides infra/setup/overrides.txt --output-file requirements.lock "$@"
printf '%s\n' hatchling pybind11 setuptools | pin - --output-file infra/setup/build.txt "$@"

line=$($PYTHON infra/setup/lock_key.py)
printf '%s\n' "$line" | cat - requirements.lock >requirements.lock.new
mv requirements.lock.new requirements.lock

if grep -nE '://|--(extra-)?index|--find-links' requirements.lock infra/setup/*.txt; then
    echo "lock: error: The lines above name a package index. Remove them from uv's configuration." >&2
    exit 1
fi
echo "lock: requirements.lock has $(grep -c '^[a-z]' requirements.lock) packages"
