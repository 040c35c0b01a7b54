#!/bin/sh
# Install the product from the folder at hand into /product/opt/facteur, beside nothing else, compiled: install.sh VERSION
set -eu
pip=/opt/build/bin/pip
packages=lib/python3.11/site-packages
SETUPTOOLS_SCM_PRETEND_VERSION=$1 "$pip" wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir /dist .
"$pip" --python /opt/facteur/bin/python install --quiet --no-compile --no-deps --no-index /dist/facteur-*.whl

mkdir -p "/product/opt/facteur/$packages" /product/opt/facteur/bin
mv /opt/facteur/bin/facteur /product/opt/facteur/bin/
cd "/opt/facteur/$packages"
mv app broker facteur model routing worker facteur-*.dist-info "/product/opt/facteur/$packages/"
cd /product
python3 -m compileall -q -f --invalidation-mode unchecked-hash -s /product -p / "/product/opt/facteur/$packages"
