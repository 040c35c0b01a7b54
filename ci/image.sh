#!/bin/sh
# Build the image and push it, and write what it is called with its digest into image.env.
#
# From the environment, besides what GitLab sets:
#   BUILT_VERSION            what the image is the version of
#   BUILD_IMAGE_COMMAND      the command that builds; it is given target, tag and flags of `buildah build`
#   BUILD_IMAGE_TARGET       a stage of the Dockerfile
#   BUILD_IMAGE_NAME         without a tag
#   BUILD_IMAGE_SUFFIX       added to the tag
#   BUILD_IMAGE_PASSED_AS    the variable in image.env
#   BUILD_IMAGE_PREPARE      shell code that settles where buildah keeps images, so that what pushes finds what was built
#   IMAGE_STORE_TO           a folder in the place of the registry, for trying without one
#
# The tag is commit and job: no build takes the name of another, whose digest the registry would then throw away while it
# runs somewhere. A tag of git that names a version gives the image that name too, the default branch `latest`.
set -eu
# It pushes, and so it builds, with buildah, also where a Docker engine would answer.
export BUILDER=buildah
if [ -n "${BUILD_IMAGE_PREPARE:-}" ]; then eval "$BUILD_IMAGE_PREPARE"; fi
name=${BUILD_IMAGE_NAME:-${CI_REGISTRY_IMAGE:-}}
name=${name:-localhost/${CI_PROJECT_NAME:-image}}
commit=${CI_COMMIT_SHA:-$(git rev-parse HEAD)}
suffix=${BUILD_IMAGE_SUFFIX:-}
image=$name:$commit${CI_JOB_ID:+-$CI_JOB_ID}$suffix
passed_as=${BUILD_IMAGE_PASSED_AS:-BUILT_IMAGE}
export REVISION="$commit" SOURCE="${CI_PROJECT_URL:-}" VERSION="${BUILT_VERSION:-}"
if [ -n "${CI_COMMIT_TIMESTAMP:-}" ]; then
    SOURCE_DATE_EPOCH=$(date --date "$CI_COMMIT_TIMESTAMP" +%s)
    export SOURCE_DATE_EPOCH
fi

seconds() { date +%s; }
started=$(seconds)
if [ -n "${CI_REGISTRY:-}" ]; then
    # By standard input, so that neither the log nor the list of processes shows it.
    printf %s "$CI_REGISTRY_PASSWORD" | buildah login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
    # Whoever opens a merge request can write any layer there. What may be deployed is built without it.
    if [ -n "${CI_MERGE_REQUEST_IID:-}" ]; then
        set -- --cache-from "$name/cache" --cache-to "$name/cache"
    fi
fi
# shellcheck disable=SC2086 # a command and its words
${BUILD_IMAGE_COMMAND:-sh ci/build.sh} "${BUILD_IMAGE_TARGET:-serve}" "$image" "$@"
echo "Built $image, version ${VERSION:-unknown}, in $(($(seconds) - started)) s."

push() { # push DESTINATION FILE: push, and write the digest into a file
    started=$(seconds)
    buildah push --quiet --digestfile "$2" "$image" "$1" >/dev/null
    echo "Pushed $1 ($(cat "$2")) in $(($(seconds) - started)) s."
}

is_version() { # of those that the name of an image can hold
    printf %s "$1" | grep -qxE 'v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]{0,60}'
}

rm -f digest.txt
if [ -n "${CI_REGISTRY:-}" ]; then
    push "docker://$image" digest.txt
    if is_version "${CI_COMMIT_TAG:-}"; then
        push "docker://$name:${CI_COMMIT_TAG#v}$suffix" digest-of-name.txt
    elif [ -n "${CI_COMMIT_BRANCH:-}" ] && [ "$CI_COMMIT_BRANCH" = "${CI_DEFAULT_BRANCH:-}" ]; then
        push "docker://$name:latest$suffix" digest-of-name.txt
    fi
elif [ -n "${IMAGE_STORE_TO:-}" ]; then
    mkdir -p "$IMAGE_STORE_TO"
    push "dir:$IMAGE_STORE_TO" digest.txt
else
    echo "CI_REGISTRY is empty: nothing was pushed."
fi
if [ -s digest.txt ]; then
    echo "$passed_as=$image@$(cat digest.txt)" >image.env
else
    echo "$passed_as=$image" >image.env
fi
rm -f digest.txt digest-of-name.txt
cat image.env
