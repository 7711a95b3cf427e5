#!/usr/bin/env bash
# Installs what Smart Crop needs and is missing on this machine.
#
#   infra/setup.sh            install everything that the tests need
#   infra/setup.sh run        install what `make run` needs: the packages of the service and the bundles
#
# PYTHON names the Python to use, CC the C compiler. Each part stores a hash of its sources, and is
# made again when the hash changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$(pwd -P)

UV_AT_LEAST=0.9.0 # the oldest tested release that has all options used here
FACES=layers/face-detection
OBJECTS=layers/object-detection
HEADERS="libjpeg-dev liblcms2-dev libopenjp2-7-dev libtiff-dev libwebp-dev zlib1g-dev"

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}

hash_of() { # the hash of the text on standard input
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-16
}
made_from() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; } # FILE KEY: return whether FILE contains KEY
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # LEAST VERSION

# pillow-simd is compiled here, and on x86-64 only. All other packages are installed from wheels.
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
    fail "Python: expected 3.11 or newer, found ${newest:-no ${PYTHON:-python3}}." \
        "Install one (on Debian 12, Ubuntu 24.04 or newer: apt-get install python3), or name one: PYTHON=/path/to/python3.12 make setup"
}

ask_python() { "$PYTHON_FOUND" -c "import sys, sysconfig; print($1)"; }

check_compiler() {
    # shellcheck disable=SC2086 # CC may carry options
    echo '#include <stdio.h>' | ${CC:-cc} -x c -fsyntax-only - 2>/dev/null ||
        fail "No working C compiler (${CC:-cc}) was found; pillow-simd needs one. Install it: apt-get install gcc libc6-dev"
}

# --- System packages ------------------------------------------------------------------------------

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

python_packages() { # the packages that Debian's Python lacks; another Python must have its own headers
    local include series
    include=$(ask_python 'sysconfig.get_path("include")')
    series=python$(ask_python '"%d.%d" % sys.version_info[:2]')
    case $PYTHON_FOUND in
    /usr/bin/*)
        ! compiles || [ -f "$include/Python.h" ] || echo "$series-dev"
        find_uv || "$PYTHON_FOUND" -c 'import ensurepip' 2>/dev/null || echo "$series-venv"
        ;;
    *)
        ! compiles || [ -f "$include/Python.h" ] ||
            fail "$PYTHON_FOUND has no headers ($include/Python.h does not exist). Reinstall it with headers, or name another: PYTHON=/usr/bin/python3 make setup"
        ;;
    esac
}

avif_package() { # pillow-simd needs libavif 1.0 or newer; on older systems it is built without AVIF
    local candidate
    compiles || return 0
    candidate=$(apt-cache policy libavif-dev 2>/dev/null | sed -n 's/^ *Candidate: //p')
    if ! installed libavif-dev && dpkg --compare-versions "${candidate:-0}" ge 1.0; then echo libavif-dev; fi
}

missing_packages() {
    local name
    if compiles; then
        for name in $HEADERS; do installed "$name" || echo "$name"; done
        command -v pkg-config >/dev/null || echo pkgconf # pillow-simd finds libtiff's headers with it
    fi
    python_packages
}

install_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
        ! compiles || say "this is not Debian or Ubuntu: assuming that the headers of jpeg, zlib, webp, tiff, openjpeg and lcms2 are installed"
        return 0
    }
    local missing as_root=
    missing=$(missing_packages) || exit 1
    [ -n "$missing$(avif_package)" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        as_root="sudo -n"
        if ! $as_root true 2>/dev/null; then
            [ -n "$missing" ] || return 0
            fail "System packages are missing, and only root can install them. Run this as root, then repeat the make command:
    apt-get update && apt-get install --yes --no-install-recommends" $missing
        fi
    fi
    say "updating the list of system packages"
    $as_root apt-get update -qq || fail "apt-get update failed (its output is above). Repair the machine's package sources, then try again."
    missing=$(echo $missing $(avif_package))
    [ -n "$missing" ] || return 0
    say "installing system packages: $missing"
    # shellcheck disable=SC2086 # one argument for each package
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends -o DPkg::Lock::Timeout=120 $missing >.tools/apt.log 2>&1 || {
        tail -n 20 .tools/apt.log >&2
        fail "apt-get could not install them (its output is above; the full log is .tools/apt.log). Run it manually:
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
        fail "$PYTHON_FOUND cannot create a virtual environment. Install its venv module, or uv $UV_AT_LEAST or newer."
    .tools/uv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r infra/setup/uv.txt ||
        fail "pip could not install uv (its output is above). Check that this machine can reach its package index."
    find_uv || fail "The uv in .tools/uv does not run on this machine. Install uv $UV_AT_LEAST or newer in another way."
}

compiler_flags() {
    compiles || return 0
    if [ ! -r /proc/cpuinfo ] || grep -qw avx2 /proc/cpuinfo; then echo -mavx2; else
        say "this processor has no AVX2: building pillow-simd without it, which makes resizing slower" >&2
    fi
}

built_with() { # a hash of flags and libraries, so that uv does not reuse a wheel that was built with others
    # shellcheck disable=SC2086 # CC may carry options
    {
        echo "${CC:-cc} $1"
        ${CC:-cc} --version
        dpkg-query -W $HEADERS libavif-dev
    } 2>/dev/null | hash_of
}

make_venv() { # keep the existing .venv if it works, unless PYTHON names another version
    local has wants=${PYTHON:+$(ask_python '"%d.%d" % sys.version_info[:2]')}
    has=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
    if made_from .venv/made-in "$ROOT" && version_at_least 3.11 "${has:-0}" && [ "${wants:-$has}" = "$has" ]; then return; fi
    say "creating .venv with $PYTHON_FOUND"
    rm -rf .venv
    "$UV" venv --quiet --no-python-downloads --python "$PYTHON_FOUND" .venv ||
        fail "uv could not create .venv with $PYTHON_FOUND (its output is above)."
    echo "$ROOT" >.venv/made-in
}

install_locked() { # PACKAGES: `service` for those of the service, or `all`
    local flags packages=(sync requirements.lock)
    flags=$(compiler_flags)
    if [ "$1" = service ]; then # as infra/Dockerfile, without the packages for AWS
        packages=(install --requirements pyproject.toml --group simd --constraints requirements.lock)
        # Elsewhere nothing is replaced, and uv accepts no override without a version.
        if compiles; then packages+=(--overrides infra/setup/overrides.txt); fi
    fi
    say "installing the packages in requirements.lock$(! compiles || echo "; the first build of pillow-simd takes a minute or two")"
    CC="${CC:-cc}${flags:+ $flags}" "$UV" pip "${packages[@]}" --quiet --python .venv/bin/python --require-hashes --compile-bytecode \
        --build-constraints infra/setup/build.txt \
        --config-settings-package "pillow-simd:built-with=$(built_with "$flags")" 2>.tools/packages.log || {
        tail -n 15 .tools/packages.log >&2
        fail "uv could not install the locked packages (its output is above; the full log is .tools/packages.log). Check that this machine can reach its package index." \
            "If a header or a library was not found, install its development package."
    }
    "$UV" pip install --quiet --python .venv/bin/python --build-constraints infra/setup/build.txt --no-deps --editable . ||
        fail "uv could not install the project itself (its output is above)."
    .venv/bin/python infra/setup/check_pillow.py || exit 1
}

set_up_environment() { # PACKAGES: as for install_locked
    local key
    key=$({
        echo "$ROOT ${PYTHON:-} ${CC:-}"
        cat infra/setup.sh infra/setup/*.py infra/setup/build.txt infra/setup/overrides.txt pyproject.toml requirements.lock
    } | hash_of)
    # The tests need all that the service needs.
    [ -x .venv/bin/python ] && { made_from .venv/made-from "all $key" || made_from .venv/made-from "$1 $key"; } && return
    find_python
    "$PYTHON_FOUND" infra/setup/lock_key.py --check || exit 1
    if compiles; then check_compiler; fi
    install_packages
    need_uv
    make_venv
    rm -f .venv/made-from # an installation that fails must be repeated
    install_locked "$1"
    echo "$1 $key" >.venv/made-from
}

# --- The detection bundles, the Lambda emulator, the transform of SAM -----------------------------

check_bundles() { # at the same time, because each check hashes all files of a bundle
    local faces objects
    .venv/bin/python $FACES/build.py --is-current &
    faces=$!
    .venv/bin/python $OBJECTS/build_objects.py --is-current &
    objects=$!
    FACES_CURRENT=no OBJECTS_CURRENT=no
    if wait "$faces"; then FACES_CURRENT=yes; fi
    if wait "$objects"; then OBJECTS_CURRENT=yes; fi
}

set_up_faces() {
    if [ "$(uname -sm)" = "Darwin x86_64" ]; then
        say "onnxruntime has no package for Macs with Intel processors: mode face is rejected, and mode auto uses saliency alone"
        return
    fi
    if [ "$FACES_CURRENT" = yes ]; then return; fi
    say "building the face detection bundle into $FACES/build"
    need_uv
    PATH="$(cd "$(dirname "$UV")" && pwd):$PATH" .venv/bin/python $FACES/build.py || fail "The face detection bundle could not be built; the error is above."
}

set_up_objects() { # optional: auto mode works without it
    if [ "$OBJECTS_CURRENT" = yes ]; then return; fi
    if ! command -v npm >/dev/null; then
        say "npm, which downloads the object detection model, was not found: auto mode works without it. Install it: apt-get install npm"
        return
    fi
    say "building the object detection bundle into $OBJECTS/build"
    need_uv
    PATH="$(cd "$(dirname "$UV")" && pwd):$PATH" .venv/bin/python $OBJECTS/build_objects.py ||
        say "the object detection bundle could not be built (the error is above): auto mode works without it"
}

set_up_emulator() {
    [ "$(uname -sm)" = "Linux x86_64" ] || {
        say "there is no Lambda emulator for $(uname -sm): tests that need it are skipped"
        return
    }
    local key
    key=$(hash_of <infra/setup/emulator.txt)
    [ -x .tools/rie/aws-lambda-rie ] && made_from .tools/rie/made-from "$key" && return
    say "installing the Lambda runtime interface emulator into .tools/rie"
    rm -rf .tools/rie .tools/wheel
    need_uv
    "$UV" pip install --quiet --python .venv/bin/python --no-deps --require-hashes --target .tools/wheel -r infra/setup/emulator.txt ||
        fail "uv could not install the emulator's package (its output is above)."
    mkdir .tools/rie
    mv .tools/wheel/samcli/local/rapid/aws-lambda-rie-x86_64 .tools/rie/aws-lambda-rie
    rm -rf .tools/wheel
    chmod +x .tools/rie/aws-lambda-rie
    echo "$key" >.tools/rie/made-from
}

set_up_transform() {
    local key
    key=$(hash_of <infra/setup/transform.txt)
    made_from .tools/transform/made-from "$key" && return
    say "installing the transform of SAM into .tools/transform"
    rm -rf .tools/transform
    need_uv
    "$UV" pip install --quiet --python .venv/bin/python --no-deps --require-hashes --target .tools/transform -r infra/setup/transform.txt ||
        fail "uv could not install the transform of SAM (its output is above)."
    echo "$key" >.tools/transform/made-from
}

missing_test_programs() { # the Debian packages of programs that only the tests run
    command -v chromium >/dev/null && command -v chromedriver >/dev/null || echo chromium chromium-driver fonts-dejavu-core
    command -v curl >/dev/null || echo curl
    command -v node >/dev/null || echo nodejs
}

set_up_test_programs() { # optional: tests whose program is missing are skipped with a reason
    local skip="tests that need it are skipped" missing name
    missing=$(echo $(missing_test_programs))
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "these packages are missing, and only root on Debian can install them: $missing. Tests that need them are skipped"
        return
    fi
    say "installing packages for the tests: $missing"
    apt-get update -qq >.tools/test-programs.log 2>&1 || true # an old list may be sufficient
    for name in $missing; do # one at a time, because a system may lack one of them
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$name" \
            >>.tools/test-programs.log 2>&1 || say "$name could not be installed (see .tools/test-programs.log): $skip"
    done
}

main() {
    local what=${1:-all}
    mkdir -p .tools
    if command -v flock >/dev/null; then # two setups at once would overwrite each other's .venv
        exec 9>.tools/lock
        flock -n 9 || {
            say "waiting for another setup of this checkout"
            flock 9
        }
    fi
    if [ "$what" = run ]; then set_up_environment service; else set_up_environment all; fi
    check_bundles
    set_up_faces
    set_up_objects
    if [ "$what" != run ]; then
        set_up_emulator
        set_up_transform
        set_up_test_programs
    fi
    say "everything is in place"
}

main "$@"
