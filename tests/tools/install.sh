#!/bin/sh
# Install the Debian packages that building, testing and the demo need, if any is missing.
# usage: install.sh [build] [test] [demo] [cross] [emulation]...   (default: build test)
set -eu

build="gcc libcmocka-dev libc6-dev cmake ninja-build pkg-config libuv1-dev libsqlite3-dev libinih-dev libcjson-dev libgpiod-dev libpng-dev unifont libpaho-mqtt-dev libssl-dev"
test="procps clang libclang-rt-14-dev binutils socat mosquitto mosquitto-clients openssl faketime"
demo="procps mosquitto mosquitto-clients openssl"
cross="gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user-static mmdebstrap"
emulation="qemu-system-arm mmdebstrap kmod cpio socat"

want=""
[ $# -gt 0 ] || set -- build test
for group in "$@"; do
    case $group in
    build) want="$want $build" ;;
    test) want="$want $test" ;;
    demo) want="$want $demo" ;;
    cross) want="$want $cross" ;;
    emulation) want="$want $emulation" ;;
    *) echo "install.sh: unknown group $group" >&2; exit 2 ;;
    esac
done

missing=""
for package in $want; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=""
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "install.sh: these packages are missing and only root can install them:$missing" >&2
    exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root apt-get install -y -q --no-install-recommends $missing
