#!/bin/sh
# Run `facteur new` with what it needs and no more (60 MB, ten seconds, once): `make new ARGS="../my-project"`.
#
# .venv does where the tests' set is in it; else the lock new.txt goes into an environment of its own.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=$root/.venv/bin/python
lock=$root/requirements/new.txt
own=$root/.venv-new

fail() {
    echo "$1" >&2
    exit 1
}

if ! "$python" -c 'import click, copier' 2>/dev/null; then
    python=$own/bin/python
    mark="$root $(cksum <"$lock")"
    if [ "$(cat "$own/installed" 2>/dev/null)" != "$mark" ]; then
        "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
            fail "make new needs Python 3.11 or newer; on Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv (elsewhere name yours: make new PYTHON=/path/to/python3.12)."
        echo "Installing what make new needs into .venv-new (once, ten seconds)" >&2
        "${PYTHON:-python3}" -m venv --clear "$own" ||
            fail "This Python makes no environments; on Debian or Ubuntu: apt-get install python3-venv."
        "$python" -m pip install --quiet --no-compile --disable-pip-version-check --no-deps --require-hashes \
            --requirement "$lock" || fail "The installation failed; see above."
        echo "$mark" >"$own/installed"
    fi
fi
PYTHONPATH=$root exec "$python" -m facteur new "$@"
