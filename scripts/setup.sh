#!/bin/sh
# Makes a virtual environment and installs the project into it; what is already there is kept.
#
#   scripts/setup.sh demo .venv        the product with its default engines
#   scripts/setup.sh test .venv-test   the optional engines (torch) and the development tools as well
#
# PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Sets `python` to the first interpreter that is in range and can make an environment.
find_python() {
    for python in "$@"; do
        if suits "$python"; then return 0; fi
    done
    return 1
}

# System packages, where they may be installed; otherwise says which are needed.
install_packages() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@"
    else
        return 1
    fi
}

kind=${1:-} environment=${2:-}
case $kind in
    demo) versions="3.13 3.12 3.11 3.10" ;;
    test) versions="3.11 3.12 3.13 3.10" ;; # first the one that the optional engines were tested with
    *) echo "usage: scripts/setup.sh demo|test FOLDER" >&2; exit 2 ;;
esac

if ! { "$environment/bin/python" -m pip --version && suits "$environment/bin/python"; } >/dev/null 2>&1; then
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else
        set -- # becomes the list of candidates
        for version in $versions; do set -- "$@" "python$version"; done
        set -- "$@" python3 /usr/bin/python3
    fi
    find_python "$@" || { [ -z "${PYTHON:-}" ] && install_packages python3 python3-venv && find_python "$@"; } || {
        echo "No Python 3.10 to 3.13 that can make a virtual environment was found among: $*." \
            "Install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: PYTHON=/path/to/python" >&2
        exit 1
    }
    echo "Making $environment with $("$python" --version)"
    "$python" -m venv --clear "$environment"
fi

install() {
    "$environment/bin/python" -m pip install --disable-pip-version-check "$@"
}

if [ "$kind" = demo ]; then
    install --editable .
    exit
fi

install --constraint constraints/test.txt torch
install --constraint constraints/test.txt --no-deps torchaudio
install --constraint constraints/test.txt --editable '.[whisper,pyannote,eval,dev]'

# With strace the tests see that nothing calls home; without it they say that they could not look.
command -v strace >/dev/null || install_packages strace || echo "strace is not installed; one test will be skipped."

# In a real browser the tests see the review page; without one they say that they could not look.
command -v chromium >/dev/null || install_packages chromium || echo "chromium is not installed; tests of pages will be skipped."

# torchaudio's native libraries fit the ordinary build of torch only; pyannote.audio needs none of them.
"$environment/bin/python" - <<'END'
import pathlib, sysconfig
try:
    import torchaudio
except OSError:
    for library in pathlib.Path(sysconfig.get_path("platlib"), "torchaudio", "lib").glob("*.so"):
        library.unlink()
END

PYANNOTE_METRICS_ENABLED=0 "$environment/bin/python" -W ignore -c 'import torch, torchaudio, whisper, pyannote.audio' || {
    echo "The optional engines are installed in $environment but cannot be loaded; the tests need them." >&2
    exit 1
}
