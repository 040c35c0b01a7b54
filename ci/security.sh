#!/bin/sh
# Look for what is unsafe: security.sh [audit|static|secrets|sbom|all|tools] [LOCK...]
#
#   audit     the locks against advisories of known vulnerabilities; ends with 3 where not all were looked up
#   static    the code, by ruff's rules for security; writes gl-code-quality-report.json
#   secrets   keys and passwords in the tree and in new commits
#   sbom      writes what the first LOCK holds as CycloneDX, else requirements/serve.txt: sbom.cdx.json
#   tools     nothing yet: installs what the others need
#
# LOCK are files of pinned requirements with hashes; without one, all that git holds.
# The tools come by ci/security.txt into an environment of their own.
set -eu
ci=$(dirname "$0")
act=${1:-all}
[ $# -eq 0 ] || shift
serves=${1:-requirements/serve.txt}
if [ $# -eq 0 ]; then
    # Of names without spaces, which locks have.
    # shellcheck disable=SC2046
    set -- $(git grep --files-with-matches --untracked -e --hash=sha256: -- '*.txt' | sort -r)
fi
[ $# -gt 0 ] || {
    echo "No lock is known here: name files of pinned requirements with hashes." >&2
    exit 2
}
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
sbom) sbom "$serves" ;;
tools) ;;
all)
    code=0
    static
    secrets
    sbom "$serves"
    audit "$@" || code=$?
    # That not all were looked up is said aloud; it is no reason to fail where there is no way out of a building.
    [ "$code" = 3 ] || exit "$code"
    ;;
*)
    sed -n '2,10s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
