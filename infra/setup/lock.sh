#!/usr/bin/env bash
# Pins what the project runs on, is tested with and is built with, with hashes, for every Python
# from 3.11 on and every platform. Pins that still fit are kept: `infra/setup/lock.sh --upgrade`
# moves all of them. An index may be configured on the machine, and never gets into a file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
UV=$(command -v uv || echo .tools/uv/bin/uv)
PYTHON=.venv/bin/python

pin() {
    "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}

[ -x "$UV" ] || {
    echo "lock: error: There is no uv yet. Run \`make setup\` first, or install uv." >&2
    exit 1
}
[ -x $PYTHON ] || PYTHON=python3
pin pyproject.toml --extra lambda --group dev --output-file requirements.lock "$@"
printf '%s\n' hatchling pybind11 setuptools | pin - --output-file infra/setup/build.txt "$@"

line=$($PYTHON infra/setup/lock_key.py)
printf '%s\n' "$line" | cat - requirements.lock >requirements.lock.new
mv requirements.lock.new requirements.lock

if grep -nE '://|--(extra-)?index|--find-links' requirements.lock infra/setup/*.txt; then
    echo "lock: error: The lines above name a package index. Take them out of the configuration that uv read." >&2
    exit 1
fi
echo "lock: requirements.lock has $(grep -c '^[a-z]' requirements.lock) packages"
