#!/bin/sh
# Write the lock files again from pyproject.toml: `make lock`.
#
#   run.txt   what `make run` and the image install
#   dev.txt   run.txt, in the same versions, and the tools of tests and lint
#   mlflow.txt   where it is: run.txt, in the same versions, and MLflow
#
# One file serves Python 3.11 and 3.12 on x86-64 and ARM. Versions stay as they are unless UPGRADE=1 is given.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 ${UPGRADE:+--upgrade} \
        --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --annotation-style line \
        pyproject.toml "$@"
}

compile --group build --output-file requirements/run.txt
compile --group build --group dev --constraints requirements/run.txt --output-file requirements/dev.txt
if [ -e requirements/mlflow.txt ]; then
    compile --group build --extra mlflow --constraints requirements/dev.txt --output-file requirements/mlflow.txt
fi
# The project's name stands in comments alone; without it all projects of a kit have the same locks.
sed -i 's/[^ ]* (\(pyproject\.toml[^)]*\))/\1/' requirements/*.txt
