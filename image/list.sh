#!/bin/sh
# Build the image and write the list of what is in it (CycloneDX, JSON) to a file: list.sh FILE
#
# The same list lies in the image, at /opt/facteur/sbom.cdx.json.
set -eu
cd "$(dirname "$0")/.."
. image/engine.sh
[ $# = 1 ] || fail "image/list.sh FILE"
find_builder
tag=localhost/facteur-list:$$
trap '"$BUILDER" rmi "$tag" >/dev/null 2>&1 || true' EXIT
sh image/build.sh serve "$tag" --quiet >/dev/null
mkdir -p "$(dirname "$1")"
if [ "$BUILDER" = docker ]; then
    docker run --rm --entrypoint python3 "$tag" -c 'print(open("/opt/facteur/sbom.cdx.json").read(), end="")' >"$1"
else
    container=$(buildah from --pull-never "$tag")
    buildah run "$container" -- python3 -c 'print(open("/opt/facteur/sbom.cdx.json").read(), end="")' >"$1"
    buildah rm "$container" >/dev/null
fi
echo "Wrote $1: $(grep -c '"purl":' "$1") packages."
