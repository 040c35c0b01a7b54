#!/bin/sh
# Make .venv and install one of the locked sets into it: `install.sh run|dev`.
#
# A second call finds its own mark and costs nothing. The mark holds what the set was made of, so a changed lock, a
# moved folder or another Python installs again. With ENVIRONMENT_IS_READY set nothing is installed: somebody else
# made .venv, such as the image of a pipeline's job.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${ENVIRONMENT_IS_READY:-}" ]; then exit 0; fi
set_name=$1
python=.venv/bin/python

fail() {
    echo "$1" >&2
    exit 1
}

files_of() { # $1 is the set; a lock beside the two is of what was asked for besides, and goes with either
    echo "requirements/$1.txt"
    for file in requirements/*.txt; do
        case $file in requirements/run.txt | requirements/dev.txt) ;; *) echo "$file" ;; esac
    done
}

mark_of() { # $1 is the set
    # shellcheck disable=SC2046 # names without spaces
    echo "$(pwd) $(cat pyproject.toml requirements/install.sh $(files_of "$1") | cksum)"
}

if [ -x "$python" ] && [ "$(cat ".venv/installed-$set_name" 2>/dev/null)" = "$(mark_of "$set_name")" ]; then
    exit 0
fi

is_right() { # a Python that the project supports
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})' 2>/dev/null
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

make_venv() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.12 python3.11; fi
    found=
    for candidate in "$@"; do
        is_right "$candidate" || continue
        found=$candidate
        if can_make_venv "$candidate"; then break; fi
    done
    [ -n "$found" ] ||
        fail "This project needs Python 3.11 or 3.12, and $* is neither; on Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv (elsewhere name yours: make run PYTHON=/path/to/python3.12)."
    can_make_venv "$found" ||
        fail "$found cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv (or $("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'))."
    echo "Making .venv with $("$found" --version)"
    "$found" -m venv --clear .venv || fail "The folder .venv could not be made; see above."
}

if ! { is_right "$python" && "$python" -m pip --version >/dev/null 2>&1; }; then
    make_venv
fi

for java in src/*/java.py; do # what runs on Java says that it misses it before anything is fetched
    if [ -f "$java" ]; then "$python" "$java" >/dev/null || exit 1; fi
done

echo "Installing requirements/$set_name.txt (once)"
# Bytecode is written as modules are first used, not for all there is.
install() {
    "$python" -m pip install --quiet --no-compile --disable-pip-version-check --no-deps "$@" ||
        fail "The installation failed; see above. What is missing is fetched when the same command is run again."
}
rm -f .venv/installed-*
# shellcheck disable=SC2046 # names without spaces
install --require-hashes $(files_of "$set_name" | sed 's/^/--requirement /')
install --no-build-isolation --editable .

# The set of tests holds what runs.
for contained in run dev; do
    mark_of "$contained" >".venv/installed-$contained"
    if [ "$contained" = "$set_name" ]; then break; fi
done
