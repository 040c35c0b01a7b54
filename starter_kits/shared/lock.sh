#!/bin/sh
# Write the lock files again from pyproject.toml: `make lock`.
#
#   run.txt   what `make run` and the image install
#   dev.txt   run.txt, in the same versions, and the tools of tests and lint
#   any other, where there is one: run.txt, in the same versions, and the extra of this name in pyproject.toml
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
for file in requirements/*.txt; do
    extra=$(basename "$file" .txt)
    case $extra in run | dev) continue ;; esac
    compile --group build --extra "$extra" --constraints requirements/dev.txt --output-file "$file"
done
# The project's name stands in comments alone; without it all projects of a kit have the same locks.
sed -i 's/[^ ]* (\(pyproject\.toml[^)]*\))/\1/' requirements/*.txt
