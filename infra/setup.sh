#!/usr/bin/env bash
# Sets a machine up for Smart Crop, and does nothing where nothing is to be done.
#
#   infra/setup.sh            all that the tests need
#   infra/setup.sh run        what the service needs, which leaves out the Lambda emulator and the programs of the tests
#
# PYTHON names the Python to use, CC the C compiler. Each part remembers the hash of what it was
# made from and is made again when that changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$(pwd -P)

UV_AT_LEAST=0.9.0 # the first release tried that knows every option used here
FACES=layers/face-detection
HEADERS="libjpeg-dev liblcms2-dev libopenjp2-7-dev libtiff-dev libwebp-dev zlib1g-dev"

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}

hash_of() { # the hash of the text on standard input
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-16
}
made_from() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; } # FILE KEY: was it made from what it would be made from now?
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # LEAST VERSION

# pillow-simd is compiled, for x86-64 only; every other package, and every other machine's Pillow,
# comes ready-made.
compiles() { [ "$(uname -m)" = x86_64 ]; }

# --- Python and the compiler ----------------------------------------------------------------------

find_python() {
    local name newest=
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        command -v "$name" >/dev/null || continue
        if PYTHON_FOUND=$("$name" -c 'import sys; assert sys.version_info >= (3, 11); print(sys.executable)' 2>/dev/null); then
            return
        fi
        newest="${newest:-$("$name" --version 2>&1 | head -n 1) ($name)}"
    done
    fail "Python 3.11 or newer is needed, and ${newest:-no ${PYTHON:-python3}} was found." \
        "Install one (on Debian 12, Ubuntu 24.04 or newer: apt-get install python3) or name one: PYTHON=/path/to/python3.12 make setup"
}

ask_python() { "$PYTHON_FOUND" -c "import sys, sysconfig; print($1)"; }

check_compiler() {
    # shellcheck disable=SC2086 # CC may carry options
    echo '#include <stdio.h>' | ${CC:-cc} -x c -fsyntax-only - 2>/dev/null ||
        fail "No working C compiler (${CC:-cc}); pillow-simd is compiled here. Install one: apt-get install gcc libc6-dev"
}

# --- System packages ------------------------------------------------------------------------------

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

python_packages() { # what Debian's own Python still lacks; another Python brings its own or cannot be helped
    local include series
    include=$(ask_python 'sysconfig.get_path("include")')
    series=python$(ask_python '"%d.%d" % sys.version_info[:2]')
    case $PYTHON_FOUND in
    /usr/bin/*)
        [ -f "$include/Python.h" ] || echo "$series-dev"
        find_uv || "$PYTHON_FOUND" -c 'import ensurepip' 2>/dev/null || echo "$series-venv"
        ;;
    *)
        [ -f "$include/Python.h" ] ||
            fail "$PYTHON_FOUND has no headers (there is no $include/Python.h). Reinstall it with them, or name another: PYTHON=/usr/bin/python3 make setup"
        ;;
    esac
}

avif_package() { # pillow-simd takes libavif from 1.0 on; older systems have 0.11, and do without AVIF
    local candidate
    candidate=$(apt-cache policy libavif-dev 2>/dev/null | sed -n 's/^ *Candidate: //p')
    if ! installed libavif-dev && dpkg --compare-versions "${candidate:-0}" ge 1.0; then echo libavif-dev; fi
}

missing_packages() {
    local name
    for name in $HEADERS; do installed "$name" || echo "$name"; done
    command -v pkg-config >/dev/null || echo pkgconf # without it libtiff's headers are not found
    python_packages
}

install_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
        say "this is neither Debian nor Ubuntu: taking for granted the headers of jpeg, zlib, webp, tiff, openjpeg and lcms2"
        return
    }
    local missing as_root=
    missing=$(missing_packages) || exit 1
    [ -n "$missing$(avif_package)" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        as_root="sudo -n"
        if ! $as_root true 2>/dev/null; then
            [ -n "$missing" ] || return 0
            fail "System packages are missing, and only root can install them. Run this as root, then make again what you made:
    apt-get update && apt-get install --yes --no-install-recommends" $missing
        fi
    fi
    say "fetching the list of system packages"
    $as_root apt-get update -qq || fail "apt-get update did not work (its words are above). Mend the machine's package sources, then try again."
    missing=$(echo $missing $(avif_package))
    [ -n "$missing" ] || return 0
    say "installing system packages: $missing"
    # shellcheck disable=SC2086 # one argument for each package
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends -o DPkg::Lock::Timeout=120 $missing >.tools/apt.log 2>&1 || {
        tail -n 20 .tools/apt.log >&2
        fail "apt-get could not install them (above; all of it in .tools/apt.log). Run it by hand:
    apt-get install --yes --no-install-recommends $missing"
    }
}

# --- uv, the environment --------------------------------------------------------------------------

find_uv() {
    local name
    for name in uv .tools/uv/bin/uv; do
        if UV=$(command -v "$name") && version_at_least "$UV_AT_LEAST" "$("$UV" --version | cut -d ' ' -f 2)"; then return; fi
    done
    return 1
}

need_uv() {
    find_uv && return
    find_python
    say "installing uv into .tools/uv"
    rm -rf .tools/uv
    "$PYTHON_FOUND" -m venv .tools/uv ||
        fail "$PYTHON_FOUND cannot make a virtual environment. Install its venv module, or uv $UV_AT_LEAST or newer."
    .tools/uv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r infra/setup/uv.txt ||
        fail "pip could not install uv (its words are above). Can this machine reach its package index?"
    find_uv || fail "The uv in .tools/uv does not run here. Install uv $UV_AT_LEAST or newer by other means."
}

compiler_flags() {
    compiles || return 0
    if [ ! -r /proc/cpuinfo ] || grep -qw avx2 /proc/cpuinfo; then echo -mavx2; else
        say "this processor has no AVX2: pillow-simd is built without, and resizes more slowly" >&2
    fi
}

built_with() { # uv keeps wheels it built: this keeps one made with other flags or libraries from being taken again
    # shellcheck disable=SC2086 # CC may carry options
    {
        echo "${CC:-cc} $1"
        ${CC:-cc} --version
        dpkg-query -W $HEADERS libavif-dev
    } 2>/dev/null | hash_of
}

make_venv() { # keeps the one there is while it works, unless PYTHON asks for another
    local has wants=${PYTHON:+$(ask_python '"%d.%d" % sys.version_info[:2]')}
    has=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
    if made_from .venv/made-in "$ROOT" && version_at_least 3.11 "${has:-0}" && [ "${wants:-$has}" = "$has" ]; then return; fi
    say "making .venv with $PYTHON_FOUND"
    rm -rf .venv
    "$UV" venv --quiet --no-python-downloads --python "$PYTHON_FOUND" .venv ||
        fail "uv could not make .venv with $PYTHON_FOUND (its words are above)."
    echo "$ROOT" >.venv/made-in
}

install_locked() {
    local flags
    flags=$(compiler_flags)
    say "installing what requirements.lock names; where pillow-simd is not built yet, that takes a minute or two"
    CC="${CC:-cc}${flags:+ $flags}" "$UV" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode \
        --build-constraints infra/setup/build.txt \
        --config-settings-package "pillow-simd:built-with=$(built_with "$flags")" requirements.lock 2>.tools/packages.log || {
        tail -n 15 .tools/packages.log >&2
        fail "uv could not install the locked packages (above; all of it in .tools/packages.log). Can this machine reach its package index?" \
            "Where a header or a library was not found, install its development package."
    }
    "$UV" pip install --quiet --python .venv/bin/python --build-constraints infra/setup/build.txt --no-deps --editable . ||
        fail "uv could not install the project itself (its words are above)."
    .venv/bin/python infra/setup/check_pillow.py || exit 1
}

set_up_environment() {
    local key
    key=$({
        echo "$ROOT ${PYTHON:-} ${CC:-}"
        cat infra/setup.sh infra/setup/*.py infra/setup/build.txt pyproject.toml requirements.lock
    } | hash_of)
    [ -x .venv/bin/python ] && made_from .venv/made-from "$key" && return
    find_python
    "$PYTHON_FOUND" infra/setup/lock_key.py --check || exit 1
    if compiles; then
        check_compiler
        install_packages
    fi
    need_uv
    make_venv
    install_locked
    echo "$key" >.venv/made-from
}

# --- The face detection bundle, the Lambda emulator -----------------------------------------------

set_up_faces() {
    .venv/bin/python $FACES/build.py --is-current && return
    say "building the face detection bundle into $FACES/build"
    need_uv
    PATH="$(cd "$(dirname "$UV")" && pwd):$PATH" .venv/bin/python $FACES/build.py || fail "The face detection bundle could not be built (above)."
}

set_up_emulator() {
    [ "$(uname -sm)" = "Linux x86_64" ] || {
        say "no Lambda emulator for $(uname -sm): the tests that need it skip"
        return
    }
    local key
    key=$(hash_of <infra/setup/emulator.txt)
    [ -x .tools/rie/aws-lambda-rie ] && made_from .tools/rie/made-from "$key" && return
    say "fetching the Lambda runtime interface emulator into .tools/rie"
    rm -rf .tools/rie .tools/wheel
    need_uv
    "$UV" pip install --quiet --python .venv/bin/python --no-deps --require-hashes --target .tools/wheel -r infra/setup/emulator.txt ||
        fail "uv could not fetch the emulator's package (its words are above)."
    mkdir .tools/rie
    mv .tools/wheel/samcli/local/rapid/aws-lambda-rie-x86_64 .tools/rie/aws-lambda-rie
    rm -rf .tools/wheel
    chmod +x .tools/rie/aws-lambda-rie
    echo "$key" >.tools/rie/made-from
}

missing_test_programs() { # Debian's packages of the programs that only tests run
    command -v chromium >/dev/null && command -v chromedriver >/dev/null || echo chromium chromium-driver fonts-dejavu-core
    command -v curl >/dev/null || echo curl
    command -v node >/dev/null || echo nodejs
}

set_up_test_programs() { # nobody is asked for them: without, the tests that run them skip, and say why
    local skip="the tests that need it skip" missing name
    missing=$(echo $(missing_test_programs))
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "these packages are missing, and only root on Debian installs them here: $missing. The tests that need them skip"
        return
    fi
    say "installing packages for the tests: $missing"
    apt-get update -qq >.tools/test-programs.log 2>&1 || true # an older list may still do
    for name in $missing; do # one at a time: not every system has all of them
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$name" \
            >>.tools/test-programs.log 2>&1 || say "$name could not be installed (see .tools/test-programs.log): $skip"
    done
}

main() {
    local what=${1:-all}
    mkdir -p .tools
    if command -v flock >/dev/null; then # two at once would write over each other's .venv
        exec 9>.tools/lock
        flock -n 9 || {
            say "waiting for another setup of this checkout"
            flock 9
        }
    fi
    set_up_environment
    set_up_faces
    if [ "$what" != run ]; then
        set_up_emulator
        set_up_test_programs
    fi
    say "everything is in place"
}

main "$@"
