# What tests images besides a program that runs them: hadolint and others, from requirements/image_test.txt, in an
# environment of their own, once. Read with `.` in the root of the tree; sets $python, and install_tools fetches it.
# shellcheck shell=sh

python=build/image-test/bin/python
install_tools() {
    locked="$(pwd) $(cksum <requirements/image_test.txt)"
    [ "$(cat build/image-test/installed 2>/dev/null)" != "$locked" ] || return 0
    python3 -m venv --clear build/image-test
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --requirement requirements/image_test.txt
    echo "$locked" >build/image-test/installed
}
