#!/bin/sh
# Say which image to use, and make a stand-in for it where that is wanted: stand_ins.sh base|redis|postgres
#
# Prints the image's name: the official one, by its digest, and where no registry gives it, ends with the registry's words.
# With STAND_INS=unreachable it makes a stand-in then, with STAND_INS=1 without asking; never where there is a registry to
# push to (CI_REGISTRY), since who can keep us from asking would choose what production stands on. A stand-in is Debian 12 by mmdebstrap, from the same packages as the official images; it is
# for trying and testing where there is nothing better, under a name of its own (localhost/…), so that nobody takes it for
# the official one. What goes on is said on standard error.
set -eu
cd "$(dirname "$0")/.."
. image/engine.sh
find_builder

official() { # the image that the Dockerfile or compose.yaml names
    case $1 in
    base) sed -n 's/^ARG BASE=//p' Dockerfile ;;
    redis) sed -n 's/.*\${REDIS_IMAGE:-\([^}]*\)}.*/\1/p' compose.yaml ;;
    postgres) sed -n 's/.*\${POSTGRES_IMAGE:-\([^}]*\)}.*/\1/p' compose.yaml ;;
    *) fail "$1 is none of base, redis, postgres." ;;
    esac
}

is_here() { # without asking anybody
    if [ "$BUILDER" = docker ]; then docker image inspect "$1"; else buildah inspect --type image "$1"; fi
} >/dev/null 2>&1

reach() { # its last words are kept
    why=$(timeout 300 "$BUILDER" pull "$1" 2>&1 >/dev/null) && return
    why=$(printf '%s\n' "$why" | grep -v 'level=warning' | tail -n 1)
    return 1
}

make_base() {
    install_packages mmdebstrap ca-certificates >&2
    echo "Making a Debian 12 with mmdebstrap instead of $(official base)." >&2
    folder=$(mktemp -d)
    root=$folder/root.tar
    # What the official slim image leaves out and how it writes, for packages that come later too.
    mmdebstrap --quiet --variant=minbase --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
        --customize-hook='rm -f "$1"/etc/resolv.conf "$1"/etc/hostname' \
        bookworm "$root" >&2
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$root" / >/dev/null
    rm -r "$folder"
    buildah config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit --quiet --rm --format docker --timestamp 0 "$container" "$1" >/dev/null
}

make_service() { # make_service NAME IMAGE
    echo "Making $1 from Debian's package instead of $(official "$1")." >&2
    build_anyhow image/stand_ins "$2" --pull-never --quiet --file "image/stand_ins/$1.Dockerfile" \
        --build-arg "BASE=$(sh image/stand_ins.sh base)" >/dev/null
}

image=$(official "$1")
stand_in=localhost/facteur-stand-in/$1
why=
case ${STAND_INS:-} in
'' | unreachable)
    if is_here "$image" || reach "$image"; then
        echo "$image"
        exit
    fi
    why="$BUILDER cannot get $image: ${why:-no answer within five minutes}."
    ;;
esac
if [ -n "${CI_REGISTRY:-}" ]; then
    fail "${why:+$why }What is pushed to $CI_REGISTRY is not built on a stand-in; BASE names another registry's copy."
elif [ "$BUILDER" = docker ]; then
    fail "${why:-Docker builds no stand-ins.} Check its access to the registry; BASE names another registry's copy."
elif [ -z "${STAND_INS:-}" ]; then
    fail "$why BASE names another registry's copy; STAND_INS=1 makes a stand-in, to try with, from Debian's packages."
else
    [ -z "$why" ] || echo "$why" >&2
    is_here "$stand_in" || case $1 in base) make_base "$stand_in" ;; *) make_service "$1" "$stand_in" ;; esac
    echo "$stand_in"
fi
