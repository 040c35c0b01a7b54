#!/bin/sh
# Write the lock files again: `make lock`. Each holds a whole set, its versions being those of the smaller set before it.
#
#   serve.txt   what `make run` and the image install
#   train.txt   serve.txt and the extra `train`, torch itself excepted
#   test.txt    train.txt, the extra `mlflow` and the tools of tests and lint
#
# and, of their own, what the image's build runs (image.txt), `make image-test` (image_test.txt), `make manifests`
# (manifests.txt) and `make new` (new.txt).
#
# The pipeline's tools: ci/security.txt, and Node for machines without one (tests/pipeline/node.txt).
# The starter kits' own locks, each by its own script.
#
# One file serves Python 3.11 and 3.12 on x86-64 and ARM. Versions stay as they are unless UPGRADE=1 is given.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest ${UPGRADE:+--upgrade} \
        --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --annotation-style line \
        pyproject.toml "$@"
}

compile --group build \
    --excludes requirements/left_out.txt --output-file requirements/serve.txt
compile --group build --group torch --extra train \
    --excludes requirements/torch_left_out.txt --constraints requirements/serve.txt \
    --output-file requirements/train.txt
compile --group build --group torch --extra train --extra mlflow --group test \
    --excludes requirements/torch_left_out.txt --constraints requirements/train.txt \
    --output-file requirements/test.txt

compile_group() { # a group alone, without the project's own dependencies
    "$uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest ${UPGRADE:+--upgrade} \
        --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --annotation-style line \
        --group "$1" --output-file "$2"
}

compile_group image requirements/image.txt
compile_group image-test requirements/image_test.txt
compile_group manifests requirements/manifests.txt
compile_group new requirements/new.txt

compile_file() { # what a file names, in the versions of the tests' set where that has them
    "$uv" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest ${UPGRADE:+--upgrade} \
        --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --annotation-style line \
        --constraints requirements/test.txt --output-file "$2" "$1"
}

compile_file ci/security.in ci/security.txt
compile_file tests/pipeline/node.in tests/pipeline/node.txt

${PYTHON:-.venv/bin/python} requirements/lock_kits.py
