#!/bin/sh
# Install the packages of packaging/make.sh into a Debian image: the libraries come from Debian.
# usage: install.sh FOLDER
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends libuv1 libsqlite3-0 libinih1 libcjson1 libgpiod2 libpng16-16 \
    libpaho-mqtt1.3 libssl3 tzdata socat
cd "$1"
sha256sum -c SHA256SUMS
for name in concentrator-profiles concentrator concentrator-hmi concentrator-mqtt; do
    for file in ./"${name}"_*.ipk; do
        [ -e "$file" ] || continue
        tar -xzOf "$file" ./data.tar.gz | tar -xz -C /
        ! tar -xzOf "$file" ./control.tar.gz | tar -xzO ./postinst >/tmp/postinst 2>/dev/null || IPKG_INSTROOT="" sh /tmp/postinst
        rm -f /tmp/postinst
    done
done
