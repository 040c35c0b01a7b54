#!/bin/sh
# Build the image and push it, and write what it is called with its digest into image.env.
#
# From the environment: BUILD (the command that builds), TARGET, NAME (without a tag), VERSION, SUFFIX, and what GitLab
# sets. PASSED_AS names the variable in image.env (IMAGE). The tag is the commit's; on a tag of git the version comes beside it, on the default branch `latest`.
# PREPARE is shell code that settles where buildah keeps images, so that what pushes finds what was built.
# IMAGE_STORE_TO (a folder) takes the place of the registry, for trying without one.
set -eu
if [ -n "${PREPARE:-}" ]; then eval "$PREPARE"; fi
name=${NAME:-${CI_REGISTRY_IMAGE:-}}
name=${name:-localhost/${CI_PROJECT_NAME:-image}}
commit=${CI_COMMIT_SHA:-$(git rev-parse HEAD)}
image=$name:$commit${SUFFIX:-}
export REVISION="$commit" SOURCE="${CI_PROJECT_URL:-}"
if [ -n "${CI_COMMIT_TIMESTAMP:-}" ]; then
    SOURCE_DATE_EPOCH=$(date --date "$CI_COMMIT_TIMESTAMP" +%s)
    export SOURCE_DATE_EPOCH
fi

seconds() { date +%s; }
started=$(seconds)
if [ -n "${CI_REGISTRY:-}" ]; then
    # By standard input, so that neither the log nor the list of processes shows it.
    printf %s "$CI_REGISTRY_PASSWORD" | buildah login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
    # Layers that did not change come from the builds before.
    set -- --cache-from "$name/cache" --cache-to "$name/cache"
fi
# shellcheck disable=SC2086 # a command and its words
$BUILD "${TARGET:-serve}" "$image" "$@"
echo "Built $image, version ${VERSION:-unknown}, in $(($(seconds) - started)) s."

push() { # push SOURCE DESTINATION
    started=$(seconds)
    buildah push --quiet --digestfile digest.txt "$1" "$2" >/dev/null
    echo "Pushed $2 ($(cat digest.txt)) in $(($(seconds) - started)) s."
}

if [ -n "${CI_REGISTRY:-}" ]; then
    push "$image" "docker://$image"
    if [ -n "${CI_COMMIT_TAG:-}" ]; then
        push "$image" "docker://$name:${CI_COMMIT_TAG#v}${SUFFIX:-}"
    elif [ "${CI_COMMIT_BRANCH:-}" = "${CI_DEFAULT_BRANCH:-none}" ]; then
        push "$image" "docker://$name:latest${SUFFIX:-}"
    fi
elif [ -n "${IMAGE_STORE_TO:-}" ]; then
    mkdir -p "$IMAGE_STORE_TO"
    push "$image" "dir:$IMAGE_STORE_TO"
else
    echo "CI_REGISTRY is empty: nothing was pushed."
fi
if [ -s digest.txt ]; then
    echo "${PASSED_AS:-IMAGE}=$image@$(cat digest.txt)" >image.env
    rm digest.txt
else
    echo "${PASSED_AS:-IMAGE}=$image" >image.env
fi
cat image.env
