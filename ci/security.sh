#!/bin/sh
# Look for what is unsafe: security.sh [audit|static|secrets|sbom|all] [LOCK...]
#
#   audit     the locks against advisories of known vulnerabilities; ends with 3 when no service answered
#   static    the code, by ruff's rules for security; writes gl-code-quality-report.json
#   secrets   keys and passwords in the tree and in the commits that the default branch lacks
#   sbom      writes what the first lock holds as CycloneDX: sbom.cdx.json
#
# LOCK are files of pinned requirements with hashes. The tools come by ci/security.txt into an environment of their own.
set -eu
ci=$(dirname "$0")
act=${1:-all}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- requirements/*.txt
tools=${SECURITY_TOOLS:-.venv-security}

mark=$(cksum <"$ci/security.txt")
if [ "$(cat "$tools/installed" 2>/dev/null)" != "$mark" ]; then
    echo "Installing the tools of security into $tools (once, half a minute)"
    "${PYTHON:-python3}" -m venv --clear "$tools" || {
        echo "This Python makes no environments; on Debian: apt-get install python3-venv." >&2
        exit 1
    }
    "$tools/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --no-deps \
        --requirement "$ci/security.txt"
    echo "$mark" >"$tools/installed"
fi

audit() { "$tools/bin/python" "$ci/security/audit.py" "$@"; }
static() {
    "$tools/bin/ruff" check --select S --output-format gitlab --output-file gl-code-quality-report.json --exit-zero .
    "$tools/bin/ruff" check --select S .
}
secrets() { "$tools/bin/python" "$ci/security/secret_scan.py"; }
sbom() {
    "$tools/bin/cyclonedx-py" requirements --output-reproducible --output-file sbom.cdx.json "$1"
    echo "sbom.cdx.json lists $(grep -c '"purl"' sbom.cdx.json) packages of $1."
}

case $act in
audit) audit "$@" ;;
static) static ;;
secrets) secrets ;;
sbom) sbom "$1" ;;
all)
    code=0
    static
    secrets
    sbom "$1"
    audit "$@" || code=$?
    # That nobody answered is said aloud; it is no reason to fail where there is no way out of a building.
    [ "$code" = 3 ] || exit "$code"
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
