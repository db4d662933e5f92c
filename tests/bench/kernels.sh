#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kernels on this processor: radix beside memcmp and std::mismatch (as g++ -O3 builds
# it), then every kernel beside the ceilings of the same run.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit

make -s bin/kbench build/libkernels.a
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
"${CXX:-g++}" -std=c++20 -O3 -Ikernels tests/bench/radix.cpp build/libkernels.a -o "$build/radix"
"${CXX:-g++}" --version | head -n 1
"$build/radix"
echo
bin/kbench -a rows=1:4096:x8 -a bytes=8K,1M,16M -a tokens=64:1M:x4
