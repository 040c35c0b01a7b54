#!/bin/sh
# `make manifests`: check everything under rancher/, in the environment that tools.sh makes.
set -eu
cd "$(dirname "$0")/../.."
. tests/manifests/tools.sh
exec "$tools/venv/bin/python" -m pytest -c tests/manifests/pytest.ini tests/manifests "$@"
