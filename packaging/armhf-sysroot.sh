#!/bin/sh
# Make the private sysroot of the ARM build: Debian's armhf libraries and headers, unpacked into a folder. Nothing of the
# machine itself changes: no foreign architecture, no ARM code is run. A sysroot that is already there is kept
# while the list of its packages is the same.
#
# usage: armhf-sysroot.sh [FOLDER]     (default: build-armhf-cache/sysroot); prints the folder
set -eu
cd "$(dirname "$0")/.."
folder=${1:-build-armhf-cache/sysroot}
suite=bookworm
packages=libc6-dev,libgcc-12-dev,libuv1-dev,libsqlite3-dev,libinih-dev,libcjson-dev,libgpiod-dev,libpng-dev
packages=$packages,libpaho-mqtt-dev,libssl-dev,libmodbus-dev,libmbedtls-dev,libcmocka-dev

if [ -e "$folder/.packages" ] && [ "$(cat "$folder/.packages")" = "$suite $packages" ]; then
    cd "$folder" && pwd
    exit 0
fi
. packaging/armhf-debian.sh
debian_tree "$folder" "$packages" >&2
echo "$suite $packages" >"$folder/.packages"
cd "$folder" && pwd
