#!/bin/sh
# Build the image: build.sh TARGET TAG [FLAG...]
#
#   TARGET   serve, train or test: a stage of the Dockerfile
#   TAG      what to call it, such as facteur:1.2.0
#   FLAG     goes to `docker build` or `buildah build` as it is
#
# From the environment, each with a default:
#   VERSION, REVISION, SOURCE   what the labels say; by default read from git where this is a checkout
#   SOURCE_DATE_EPOCH           the time that the label and the list of contents say, in seconds; by default the commit's
#   BASE                        another base than the pinned one
#   TORCH_INDEX                 for train and test: where pip finds PyTorch's build for CPUs
#   CERTIFICATES, PIP_CONFIG    files that the build may read and the image does not keep: the certificates that this
#                               machine trusts, and how pip reaches its index
#   DAY                         Debian's packages are asked for again when it changes; by default today
#   STAND_INS                   `1`: make the base by mmdebstrap, without asking a registry; `unreachable`: only where none
#                               answers. Never for what is pushed
#   BUILDER                     docker or buildah; by default Docker where its engine answers
#
# Without PIP_CONFIG, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL and PIP_TRUSTED_HOST hold in the build as they do outside.
set -eu
cd "$(dirname "$0")/.."
. image/engine.sh

[ $# -ge 2 ] || fail "image/build.sh TARGET TAG [FLAG...]"
target=$1
tag=$2
shift 2

git_says() { git -c safe.directory='*' "$@" 2>/dev/null || true; }

export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git_says log -1 --format=%ct)}"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
VERSION=${VERSION:-$(sh requirements/version.sh)}
REVISION=${REVISION:-$(git_says rev-parse HEAD)}
DAY=${DAY:-$(date --utc +%Y-%m-%d)}
created=$(date --utc --date "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)

digest_of() { # what the label says of the base: its digest, as far as it is known
    case $1 in
    *@*) echo "${1#*@}" ;;
    *) [ "$BUILDER" = docker ] || buildah inspect --type image --format '{{.FromImageDigest}}' "$1" 2>/dev/null || true ;;
    esac
}

find_builder
if [ -z "${BASE:-}" ]; then
    BASE=$(sh image/stand_ins.sh base)
fi

set -- "$@" --target "$target" \
    --build-arg "BASE=$BASE" \
    --build-arg "BASE_DIGEST=$(digest_of "$BASE")" \
    --build-arg "DAY=$DAY" \
    --build-arg "VERSION=$VERSION" \
    --build-arg "REVISION=$REVISION" \
    --build-arg "CREATED=$created" \
    --build-arg "SOURCE=${SOURCE:-}" \
    --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH"
[ -z "${TORCH_INDEX:-}" ] || set -- "$@" --build-arg "TORCH_INDEX=$TORCH_INDEX"

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

# All files get one time, whatever the commit: so a layer whose contents did not change is the same layer. Not 1970, which
# some take for no time at all.
[ "$BUILDER" = docker ] || set -- "$@" --timestamp 315532800 --pull-never
build_anyhow . "$tag" "$@"
