#!/bin/sh
# Check what is under rancher/: `make manifests`. Nothing is asked of a cluster.
#
# kubectl renders; where the machine has none it is fetched once, by its checksum, into build/.
# KUBECTL names another one.
set -eu
cd "$(dirname "$0")/.."
version=v1.37.1
amd64=65691ff77eb6fa44c908b77a1082c9f092c3b9733b5cefabec0d1104890e21a8
arm64=ff749f4b78d9c4f1ec87307df9b50119ed819e2094aa9810cb9acffc3286c8c7

fail() {
    echo "$1" >&2
    exit 1
}

can_render() { # kustomize 5, which knows components
    "$1" version --client 2>/dev/null | grep -q 'Kustomize Version: v5'
}

fetch() {
    case $(uname -sm) in
    "Linux x86_64") build=linux/amd64 sum=$amd64 ;;
    "Linux aarch64") build=linux/arm64 sum=$arm64 ;;
    *) return 1 ;;
    esac
    echo "Fetching kubectl (once)"
    mkdir -p build
    address=https://dl.k8s.io/release/$version/bin/$build/kubectl
    { curl --fail --silent --show-error --location --max-time 300 --output build/kubectl.part "$address" ||
        wget --quiet --timeout 60 --output-document build/kubectl.part "$address"; } 2>/dev/null || return 1
    echo "$sum  build/kubectl.part" | sha256sum --check --status ||
        fail "What $address sent is not kubectl $version: its checksum differs."
    chmod +x build/kubectl.part
    mv build/kubectl.part build/kubectl
}

KUBECTL=${KUBECTL:-kubectl}
if ! can_render "$KUBECTL"; then
    KUBECTL=build/kubectl
    can_render "$KUBECTL" || fetch || true
    can_render "$KUBECTL" ||
        fail "No kubectl with kustomize 5 is here, and none could be fetched from dl.k8s.io: install kubectl 1.27 or later, or name yours: make manifests KUBECTL=/path/to/kubectl."
fi
export KUBECTL
sh requirements/install.sh dev
exec .venv/bin/python rancher/check.py "$@"
