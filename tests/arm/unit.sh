#!/bin/sh
# Cross build for armhf, then the unit tests as ARM programs under qemu-user, and the check of 64-bit time.
# Tests that need a real kernel are listed in machine-tests.txt; boot.sh runs those.
#
# usage: tests/arm/unit.sh      BUILD=FOLDER (default build-armhf)   JOBS=N
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build-armhf}
jobs=${JOBS:-$(nproc)}
for tool in arm-linux-gnueabihf-gcc qemu-arm-static mmdebstrap; do
    command -v "$tool" >/dev/null || { echo "skip: $tool is missing (sh tests/tools/install.sh cross)"; exit 0; }
done
sysroot=$(sh packaging/armhf-sysroot.sh)
mkdir -p "$build"
cmake -S . -B "$build" -G Ninja -DCMAKE_TOOLCHAIN_FILE=packaging/armhf.cmake -DARMHF_SYSROOT="$sysroot" >"$build/build.log" ||
    { cat "$build/build.log"; exit 1; }
cmake --build "$build" -j "$jobs" >"$build/build.log" || { tail -n 40 "$build/build.log"; exit 1; }
sh tests/arm/check_time64.sh "$build"/bin/concentrator*
elsewhere=$(sed '/^#/d; s/\./\\./g' tests/arm/machine-tests.txt | paste -sd'|' -)
ctest --test-dir "$build" -j "$jobs" --timeout 400 --output-on-failure -E "^($elsewhere)\$"
