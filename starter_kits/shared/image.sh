#!/bin/sh
# Build the image: image.sh STAGE TAG [FLAG...]
#
#   STAGE   a stage of the Dockerfile: run
#   TAG     what to call it, such as radar:1.2.0
#   FLAG    goes to the builder as it is
#
# From the environment, each with a default:
#   BUILDER             docker, buildah or podman; by default Docker where its engine answers
#   VERSION, REVISION, SOURCE   what the labels say; by default what git says
#   SOURCE_DATE_EPOCH   the time that the label says, in seconds; by default the commit's
#   BASE                another base than the pinned one, such as your registry's copy of it
#   DAY                 Debian's packages are asked for again when it changes; by default today
#   CERTIFICATES, PIP_CONFIG    files that the build may read and the image does not keep: the certificates that this
#                       machine trusts, and a pip.conf that says how to reach the package index
#
# Without PIP_CONFIG, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL and PIP_TRUSTED_HOST hold in the build as they do outside.
set -eu
cd "$(dirname "$0")"

[ $# -ge 2 ] || {
    echo "Say what to build and what to call it: sh image.sh run NAME:TAG" >&2
    exit 2
}
stage=$1
tag=$2
shift 2

if [ -z "${BUILDER:-}" ]; then
    if docker info >/dev/null 2>&1; then
        BUILDER=docker
    elif command -v buildah >/dev/null; then
        BUILDER=buildah
    elif command -v podman >/dev/null; then
        BUILDER=podman
    else
        echo "Nothing here builds images: install buildah (on Debian or Ubuntu: apt-get install buildah) or Docker." >&2
        exit 1
    fi
fi

git_says() { git -c safe.directory='*' "$@" 2>/dev/null || true; }
VERSION=${VERSION:-$(git_says describe --tags --always)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git_says log -1 --format=%ct)}
created=$(date --utc --date "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)
set -- "$@" --target "$stage" --tag "$tag" \
    --build-arg "DAY=${DAY:-$(date --utc +%Y-%m-%d)}" \
    --build-arg "VERSION=$VERSION" \
    --build-arg "REVISION=${REVISION:-$(git_says rev-parse HEAD)}" \
    --build-arg "CREATED=$created" \
    --build-arg "SOURCE=${SOURCE:-}"
[ -z "${BASE:-}" ] || set -- "$@" --build-arg "BASE=$BASE"

certificates=${CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}
[ ! -s "$certificates" ] || set -- "$@" --secret "id=certificates,src=$certificates"
if [ -z "${PIP_CONFIG:-}" ] && [ -n "${PIP_INDEX_URL:-}${PIP_EXTRA_INDEX_URL:-}" ]; then
    PIP_CONFIG=$(mktemp)
    trap 'rm -f "$PIP_CONFIG"' EXIT
    trap 'exit 130' INT TERM
    {
        echo "[global]"
        [ -z "${PIP_INDEX_URL:-}" ] || echo "index-url = $PIP_INDEX_URL"
        [ -z "${PIP_EXTRA_INDEX_URL:-}" ] || echo "extra-index-url = $PIP_EXTRA_INDEX_URL"
        [ -z "${PIP_TRUSTED_HOST:-}" ] || echo "trusted-host = $PIP_TRUSTED_HOST"
    } >"$PIP_CONFIG"
fi
[ ! -s "${PIP_CONFIG:-}" ] || set -- "$@" --secret "id=pip,src=$PIP_CONFIG"

case $BUILDER in
docker) DOCKER_BUILDKIT=1 docker build "$@" . ;;
# Docker's format, since OCI's has no place for a health check.
*) "$BUILDER" build --layers --network host --format docker "$@" . ;;
esac
