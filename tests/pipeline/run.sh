#!/bin/sh
# Run the pipeline on this machine, for real: run.sh [--quick] [ARGUMENT OF PYTEST...]
#
# With --quick it runs what takes a minute: style, a few units, a failing one, and one deployment and its undoing.
# Runs the tests here; they run jobs of .gitlab-ci.yml with gitlab-ci-local.
set -eu
cd "$(dirname "$0")/../.."
. tests/pipeline/tools.sh
if [ "${1:-}" = --quick ]; then
    shift
    set -- -m quick "$@"
fi
exec .venv/bin/python -m pytest -n0 tests/pipeline --durations=5 "$@"
