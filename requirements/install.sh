#!/bin/sh
# Make .venv and install one of the locked sets into it: `install.sh serve|train|test`.
#
# A second call finds its own mark and costs nothing. The mark holds what the set was made of, so a changed lock, a
# moved checkout, another release or another Python installs again. With ENVIRONMENT_IS_READY set nothing is installed:
# somebody else made .venv, such as the image of a pipeline's job.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${ENVIRONMENT_IS_READY:-}" ]; then exit 0; fi
set_name=$1
python=.venv/bin/python
version=$(sh requirements/version.sh)

fail() {
    echo "$1" >&2
    exit 1
}

mark_of() {
    # shellcheck disable=SC2046 # names without spaces
    echo "$(pwd) ${version%.dev*} $(cat pyproject.toml "requirements/$1.txt" $([ "$1" = serve ] || echo requirements/torch.txt) | cksum)"
}

if [ -x "$python" ] && [ "$(cat ".venv/installed-$set_name" 2>/dev/null)" = "$(mark_of "$set_name")" ]; then
    exit 0
fi

is_right() { # a Python that we support
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
        fail "Facteur needs Python 3.11 or 3.12, and $* is neither; on Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv (elsewhere name yours: make run PYTHON=/path/to/python3.12)."
    can_make_venv "$found" ||
        fail "$found cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv (or $("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'))."
    echo "Making .venv with $("$found" --version)"
    "$found" -m venv --clear .venv || fail "The directory .venv could not be made; see above."
}

if ! { is_right "$python" && "$python" -m pip --version >/dev/null 2>&1; }; then
    make_venv
fi

case $set_name in
serve) echo "Installing what serves (once, about a minute)" ;;
*) echo "Installing what the set '$set_name' needs (once, some minutes)" ;;
esac
# Bytecode is written as modules are first used, not for all there is: 60 MB and ten seconds less.
install() {
    "$python" requirements/show_progress.py -m pip install --no-compile --disable-pip-version-check "$@" ||
        fail "The installation failed; see above. What is missing is fetched when the same command is run again."
}
rm -f .venv/installed-*
install --no-deps --require-hashes --requirement "requirements/$set_name.txt"
if [ "$set_name" != serve ]; then
    # What it asks for is installed by now, but for CUDA, where its build has CUDA.
    install --requirement requirements/torch.txt
fi
# Said to setuptools-scm, which on its own stops where there is a history but no git to read it.
export SETUPTOOLS_SCM_PRETEND_VERSION_FOR_FACTEUR="$version"
install --no-deps --no-build-isolation --editable .

# Each set holds the ones before it.
for contained in serve train test; do
    mark_of "$contained" >".venv/installed-$contained"
    if [ "$contained" = "$set_name" ]; then break; fi
done
