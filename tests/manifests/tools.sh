# What checks manifests on this machine. What it lacks is fetched once, into build/manifests, without root: a Python
# environment from requirements/manifests.txt; kubectl and promtool from Debian 13, whose packages run on Debian 12 too;
# elsewhere kubectl from Kubernetes' own site, by checksum.
#
# Read with `.` in the root of the tree; sets KUBECTL, PROMTOOL, and $tools, the folder where venv/ is.
# shellcheck shell=sh

tools=$PWD/build/manifests
mkdir -p "$tools/bin"

KUBECTL_VERSION=v1.37.1
KUBECTL_AMD64=65691ff77eb6fa44c908b77a1082c9f092c3b9733b5cefabec0d1104890e21a8
KUBECTL_ARM64=ff749f4b78d9c4f1ec87307df9b50119ed819e2094aa9810cb9acffc3286c8c7

fail() {
    echo "$1" >&2
    exit 1
}

# shellcheck source=/dev/null
codename=$([ -r /etc/os-release ] && . /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}" || true)

from_debian() { # NAME of a package and of the program that is wanted of it: into $tools/bin, by apt's own signatures
    [ -n "$codename" ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    # shellcheck disable=SC2016 # apt's own variables
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 2>/dev/null |
        awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
    [ -n "$mirror" ] || return 1
    apt=$tools/apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/sources.list"
    set -- "$1" "$2" -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- \
        -o "Dir::State::lists=$apt/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$apt/cache" \
        -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none
    package=$1 program=$2
    shift 2
    (
        cd "$apt"
        [ -s updated ] || { apt-get "$@" update -qq && date >updated; }
        rm -f "$package"_*.deb
        apt-get "$@" download -qq "$package" && dpkg-deb -x "$package"_*.deb unpacked
    ) >"$tools/apt.log" 2>&1 || return 1
    mv "$apt/unpacked/usr/bin/$program" "$tools/bin/$program"
    rm -rf "$apt/unpacked" "$apt/$package"_*.deb
}

from_kubernetes() {
    case $(uname -sm) in
    "Linux x86_64") build=linux/amd64 sum=$KUBECTL_AMD64 ;;
    "Linux aarch64") build=linux/arm64 sum=$KUBECTL_ARM64 ;;
    *) return 1 ;;
    esac
    file=$tools/bin/kubectl.part
    address=https://dl.k8s.io/release/$KUBECTL_VERSION/bin/$build/kubectl
    { curl --fail --silent --show-error --location --max-time 300 --output "$file" "$address" ||
        wget --quiet --timeout 60 --output-document "$file" "$address"; } 2>/dev/null || return 1
    echo "$sum  $file" | sha256sum --check --status || fail "What $address sent is not kubectl $KUBECTL_VERSION: its checksum differs."
    chmod +x "$file"
    mv "$file" "$tools/bin/kubectl"
}

can_render() { # kustomize 5, which knows components
    "$1" version --client 2>/dev/null | grep -q 'Kustomize Version: v5'
}

find_kubectl() {
    for KUBECTL in "${KUBECTL:-kubectl}" "$tools/bin/kubectl"; do
        if can_render "$KUBECTL"; then return 0; fi
    done
    echo "Fetching kubectl (once)"
    from_debian kubectl kubectl || from_kubernetes || true
    can_render "$KUBECTL" ||
        fail "No kubectl with kustomize 5 is here, and none could be fetched: neither from a Debian mirror nor from dl.k8s.io. Install kubectl 1.27 or later, or name yours: make manifests KUBECTL=/path/to/kubectl."
}

find_promtool() {
    for PROMTOOL in "${PROMTOOL:-promtool}" "$tools/bin/promtool"; do
        if "$PROMTOOL" --version >/dev/null 2>&1; then return 0; fi
    done
    echo "Fetching promtool (once)"
    from_debian promtool promtool || true
    "$PROMTOOL" --version >/dev/null 2>&1 ||
        fail "promtool is missing and could not be fetched: install Prometheus (Debian and Ubuntu: apt-get install prometheus), or name yours: make manifests PROMTOOL=/path/to/promtool."
}

make_environment() {
    lock=requirements/manifests.txt
    mark="$PWD $(cksum <$lock)"
    if [ "$(cat "$tools/installed" 2>/dev/null)" = "$mark" ]; then return 0; fi
    for python in "${PYTHON:-python3}" python3.12 python3.11 ""; do
        if [ -z "$python" ]; then fail "Python 3.11 or later with venv is missing; on Debian: apt-get install python3 python3-venv."; fi
        if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
    done
    echo "Installing what checks manifests (once, some 150 MB)"
    rm -f "$tools/installed"
    "$python" -m venv --clear "$tools/venv"
    "$tools/venv/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check --no-deps --require-hashes \
        --requirement "$lock" >"$tools/pip.log" 2>&1 || fail "The installation failed; see $tools/pip.log."
    echo "$mark" >"$tools/installed"
}

make_environment
find_kubectl
find_promtool
export KUBECTL PROMTOOL
