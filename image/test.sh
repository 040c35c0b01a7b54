#!/bin/sh
# Build the image, start it and route mail through it: `make image-test`. test.sh [--quick] [FLAG...]
#
#   --quick   the image alone, with the database and the Redis that it brings; without it compose.yaml is started too, with
#             PostgreSQL and Redis, and the image is built a second time, which must give the same; where TORCH_INDEX
#             says where PyTorch's build for CPUs is, the images that train and test are built and run as well
#   FLAG      goes to pytest
#
# On Debian as root it installs what is missing. Containers, networks, volumes and images of its own are removed at the
# end; the layers of the build stay, for the next one.
set -eu
cd "$(dirname "$0")/.."
. image/engine.sh
. tests/image/tools.sh

quick=
if [ "${1:-}" = --quick ]; then
    quick=yes
    shift
fi
started=$(date +%s)
say() { printf '== %s (%d s)\n' "$1" $(($(date +%s) - started)); }

say "what builds and runs"
# All at once, where they are installed at all; a stand-in for the base needs mmdebstrap.
ALSO_NEEDED="$PODMAN mmdebstrap ca-certificates python3-venv"
find_builder
find_runner
python3 -c 'import ensurepip' 2>/dev/null || install_packages python3 python3-venv
# Fetched while the image is built.
install_tools &
tools=$!
# Nothing is pushed from here, so a stand-in will do.
unset CI_REGISTRY
export STAND_INS="${STAND_INS:-unreachable}"

IMAGE=localhost/facteur-test:$$
clean_up() {
    trap - EXIT INT TERM
    "$RUNNER" image rm --force "$IMAGE" >/dev/null 2>&1 || true
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Said once, for both builds.
VERSION=${VERSION:-$(sh requirements/version.sh)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c safe.directory='*' log -1 --format=%ct 2>/dev/null || echo 0)}
REVISION=${REVISION:-$(git -c safe.directory='*' rev-parse HEAD 2>/dev/null || true)}
DAY=${DAY:-$(date --utc +%Y-%m-%d)}
export VERSION SOURCE_DATE_EPOCH REVISION DAY

say "base"
BASE=${BASE:-$(sh image/stand_ins.sh base)}
export BASE

say "build"
sh image/build.sh serve "$IMAGE" --quiet >/dev/null
wait "$tools"
export IMAGE RUNNER BUILDER

if [ -n "$quick" ]; then
    set -- -m 'not full' "$@"
else
    POSTGRES_IMAGE=$(sh image/stand_ins.sh postgres)
    REDIS_IMAGE=$(sh image/stand_ins.sh redis)
    if [ "$RUNNER" = docker ] && docker compose version >/dev/null 2>&1; then
        COMPOSE="docker compose"
    else
        COMPOSE="$(pwd)/$python -m podman_compose"
    fi
    export POSTGRES_IMAGE REDIS_IMAGE COMPOSE
fi
say "test"
"$python" -m pytest -c tests/image/pytest.ini --rootdir=. --confcutdir=tests/image -p no:cacheprovider --tb=short \
    tests/image "$@"
say "done: the image has $("$RUNNER" image inspect --format '{{.Size}}' "$IMAGE" | awk '{ printf "%.0f", $1 / 1e6 }') MB"
