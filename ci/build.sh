#!/bin/sh
# Build an image with buildah, without root and without a daemon: build.sh TARGET TAG [FLAG...]
set -eu
target=$1
tag=$2
shift 2
exec buildah build --layers --format docker --isolation "${BUILDAH_ISOLATION:-chroot}" --target "$target" --tag "$tag" \
    --build-arg "VERSION=${VERSION:-}" --build-arg "REVISION=${CI_COMMIT_SHA:-}" "$@" .
