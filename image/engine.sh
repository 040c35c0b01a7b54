# What builds and runs containers on this machine; read by the other scripts here with `.`.
#
# Sets BUILDER (docker or buildah) and RUNNER (docker or podman), and installs buildah and podman where root may do so
# on Debian and no Docker engine answers. BUILDER in the environment is obeyed.
# Where systemd runs, they keep their own configuration and store. Elsewhere (a
# build machine that is a container or a small virtual machine itself) they would not work with it; then they use a
# store and settings of their own under IMAGE_STORE, and nothing global changes besides the packages.
# shellcheck shell=sh

IMAGE_STORE=${IMAGE_STORE:-/var/tmp/facteur-images}
PODMAN="podman runc netavark aardvark-dns iptables"

fail() {
    echo "$1" >&2
    exit 1
}

install_packages() { # install those that are missing, as root on Debian or a kin of it
    missing=
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "Missing:$missing. Install them, or run this as root on Debian or Ubuntu."
    fi
    echo "Installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 # names without spaces
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

use_own_store() {
    mkdir -p "$IMAGE_STORE"
    # On top of another overlay the kernel refuses this one; copying files works everywhere, more slowly.
    driver=vfs
    if grep -qw overlay /proc/filesystems && [ "$(stat -f -c %T "$IMAGE_STORE")" != overlayfs ]; then driver=overlay; fi
    cat >"$IMAGE_STORE/storage.conf" <<CONF
[storage]
driver = "$driver"
graphroot = "$IMAGE_STORE/store"
runroot = "$IMAGE_STORE/run"
CONF
    # Without systemd: no journal, no control groups by systemd; limits that a process without CAP_SYS_RESOURCE may set.
    cat >"$IMAGE_STORE/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
# For podman; builds need no runtime.
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
    export CONTAINERS_STORAGE_CONF="$IMAGE_STORE/storage.conf" CONTAINERS_CONF="$IMAGE_STORE/containers.conf"
    unset STORAGE_DRIVER
}

find_builder() {
    if [ -z "${BUILDER:-}" ] && docker info >/dev/null 2>&1; then
        if docker buildx version >/dev/null 2>&1; then
            BUILDER=docker
        else
            echo "Docker lacks its plugin buildx (Debian's docker.io comes without); building with buildah." >&2
        fi
    fi
    BUILDER=${BUILDER:-buildah}
    # So that all that is called from here decides the same.
    export BUILDER
    [ "$BUILDER" = buildah ] || return 0
    # shellcheck disable=SC2086 # names without spaces
    command -v buildah >/dev/null || install_packages buildah ${ALSO_NEEDED:-}
    # No container runtime is needed to build, and no right that a runner in a container may lack.
    export BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}"
    # Whoever says how files are kept is obeyed; in buildah's own image that is STORAGE_DRIVER, which GitLab's recipe sets.
    [ -d /run/systemd/system ] || [ -n "${STORAGE_DRIVER:-}${CONTAINERS_STORAGE_CONF:-}" ] || use_own_store
}

find_runner() { # after find_builder
    if [ "$BUILDER" = docker ]; then
        RUNNER=docker
        return
    fi
    RUNNER=podman
    # Said by path, since a package of a name may be there without its program's neighbours.
    if ! command -v podman >/dev/null || ! command -v runc >/dev/null || [ ! -x /usr/lib/podman/netavark ]; then
        # shellcheck disable=SC2086 # names without spaces
        install_packages $PODMAN
    fi
}

build_anyhow() { # build_anyhow FOLDER TAG FLAG...: build with whatever builds here
    folder=$1
    tag=$2
    shift 2
    if [ "$BUILDER" = docker ]; then
        # No statement about the build beside the image: it would give it another digest each time.
        DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --tag "$tag" "$@" "$folder"
    else
        # Docker's format, since OCI's has no place for a health check.
        buildah build --layers --network host --format docker --tag "$tag" "$@" "$folder"
    fi
}
