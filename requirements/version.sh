#!/bin/sh
# Print the version of this checkout: `sh requirements/version.sh`. It needs no Python, and goes without git too.
#
#   1.2.3        the commit has the tag v1.2.3, and nothing in the checkout is changed
#   1.2.4.dev3   three commits after v1.2.3, or changed files (dev0) on it
#   0.1.dev42    42 commits, none of them tagged
#   0.0          neither git nor an archive that git made says anything
#
# VERSION says otherwise; so does CI_COMMIT_TAG in GitLab's pipelines, whose clones may lack the history.
set -eu
cd "$(dirname "$0")/.."

say() {
    echo "$1"
    exit 0
}

next_of() { # the last number of a version, and one more
    echo "${1%"${1##*[!0-9]}"}$((${1##*[!0-9]} + 1))"
}

describe() { # a line as git-describe's: v1.2.3-4-gCOMMIT, with -dirty where something is changed
    described=$1
    changed=
    case $described in *-dirty) changed=yes ;; esac
    described=${described%-dirty}
    described=${described%-g*}
    distance=${described##*-}
    tag=${described%-*}
    tag=${tag#v}
    if [ "$distance" = 0 ] && [ -z "$changed" ]; then say "$tag"; fi
    say "$(next_of "$tag").dev$distance"
}

case ${VERSION:-} in
*[!0-9A-Za-z.+-]*) ;; # that of something else
v[0-9]*.[0-9]* | [0-9]*.[0-9]*) say "${VERSION#v}" ;;
esac
case ${CI_COMMIT_TAG:-} in v[0-9]*) say "${CI_COMMIT_TAG#v}" ;; esac

# A checkout of its own, not one that lies inside another; owned by whoever runs this, or else.
git_here() { git -c safe.directory="$(pwd -P)" --git-dir .git "$@" 2>/dev/null; }

if [ -e .git ] && command -v git >/dev/null; then
    line=$(git_here describe --dirty --tags --long --abbrev=40 --match 'v[0-9]*') || line=
    if [ -n "$line" ]; then describe "$line"; fi
    count=$(git_here rev-list --count HEAD) || count=
    if [ -n "$count" ]; then say "0.1.dev$count"; fi
fi

# Written by `git archive` (GitLab's "Download source code"), by .gitattributes.
line=$(sed -n 's/^describe-name: \(v[0-9].*\)$/\1/p' .git_archival.txt 2>/dev/null) || line=
case $line in
*-*-g*) describe "$line" ;;
v[0-9]*) say "${line#v}" ;;
esac
say "0.0"
