#!/bin/sh
# Try the starter kits on this machine, for real: run.sh [--quick] [--kit KIT] [--write] [ARGUMENT OF PYTEST...]
#
#   --quick   each kit by its defaults: installed, checked, tested and run, its pipeline, manifests and Dockerfile;
#             without it all combinations of answers that change files, images that are built and run, other users
#   --kit     one kit alone: python, pyspark, predictive-api or training
#   --write   writes the times to benchmarks/results/kits.json
#
# Two kits are tried at a time. What it needs and the machine lacks is fetched once; Java 17 for Spark only as root on
# Debian or a kin of it, elsewhere it says that the kit for Spark was not tested.
set -eu
cd "$(dirname "$0")/../.."
# What the make that called this was told is not for the projects' own.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL ARGS
KITS=whole
KITS_ONLY=
KITS_RESULTS=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) KITS=quick ;;
    --write) KITS_RESULTS=$(pwd)/benchmarks/results/kits.json ;;
    --kit)
        KITS_ONLY=${2:-}
        case $KITS_ONLY in
        python | pyspark | predictive-api | training) ;;
        *)
            echo "The kits are python, pyspark, predictive-api and training: make kits ARGS='--kit python'." >&2
            exit 2
            ;;
        esac
        shift
        ;;
    *) break ;;
    esac
    shift
done
export KITS KITS_ONLY KITS_RESULTS

. tests/pipeline/tools.sh
. tests/manifests/tools.sh
. tests/image/tools.sh
install_tools
HADOLINT=$(pwd)/build/image-test/bin/hadolint
export HADOLINT

has_java() { # 17 or later, where the kit looks for it
    for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" java /usr/lib/jvm/*/bin/java; do
        version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') 2>/dev/null || continue
        if [ "${version:-0}" -ge 17 ]; then return 0; fi
    done
    return 1
}

if [ "${KITS_ONLY:-pyspark}" = pyspark ] && ! has_java && can_install; then
    echo "Installing Java for Spark (once)"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null ||
        echo "Java could not be installed; see above." >&2
fi
KITS_WITHOUT_JAVA=$(has_java || echo yes)
export KITS_WITHOUT_JAVA
if [ "$KITS" = whole ] && { can_install || docker info >/dev/null 2>&1; }; then
    # What builds and runs images, and stand-ins for their bases.
    . image/engine.sh
    ALSO_NEEDED="$PODMAN mmdebstrap ca-certificates"
    find_builder
    find_runner
    export BUILDER RUNNER
fi
# Once, before two kits ask for them at the same time.
PYTHON=.venv/bin/python sh ci/security.sh tools
exec .venv/bin/python -m pytest -n 2 --durations=10 tests/kits "$@"
