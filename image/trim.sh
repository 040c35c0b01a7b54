#!/bin/sh
# Take out of the installed packages what nothing in the image reads: trim.sh SITE_PACKAGES
#
# Each line says why. `make image-test` routes mail and opens the console in what is left.
set -eu
cd "$1"

# Tests of the packages, and what compilers and type checkers read.
find . -depth -type d -name tests -exec rm -r {} +
rm -rf sqlalchemy/testing alembic/testing
find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.cpp' -o -name '*.h' \
    -o -name '*.a' \) -delete

# The console writes British English and French; the rest of Babel's 1,100 locales stays behind.
find babel/locale-data -type f ! -name 'root.dat' ! -name 'en.dat' ! -name 'en_001.dat' ! -name 'en_GB.dat' \
    ! -name 'fr.dat' ! -name 'fr_FR.dat' ! -name 'LICENSE*' -delete

# ONNX Runtime comes twice: in Python's module, and as a library for programs in C. And tools that make models.
rm -f onnxruntime/capi/libonnxruntime.so.*
rm -rf onnxruntime/transformers onnxruntime/quantization onnxruntime/tools onnxruntime/datasets

# Fortran for numpy.
rm -rf numpy/f2py numpy/distutils

# What debuggers read. Libraries that wheels brought along (*.libs) were moved about in their files: left as they are.
find . -name '*.so' ! -path '*.libs/*' -exec strip --strip-debug {} +
