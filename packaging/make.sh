#!/bin/sh
# Make the packages: concentrator, concentrator-mqtt, concentrator-hmi, concentrator-profiles, in the .ipk form that every
# opkg takes (gzip tar). The same sources give the same bytes, wherever they are built.
#
# usage: packaging/make.sh host|armhf [OUT]      (default OUT: build-packages/TARGET)
#   BUILD=FOLDER     build here (default: build-package-TARGET); its programs keep their debug information
#   JOBS=N           compilers at once (default: the processors)
#   ARMHF_SYSROOT=FOLDER   instead of the one that armhf-sysroot.sh makes
set -eu
umask 022
export LC_ALL=C TZ=UTC
source=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-}
case $target in
host | armhf) ;;
*) echo "usage: packaging/make.sh host|armhf [OUT]" >&2; exit 2 ;;
esac
out=${2:-$source/build-packages/$target}
build=${BUILD:-$source/build-package-$target}
mkdir -p "$out" "$build"
out=$(cd "$out" && pwd)
build=$(cd "$build" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
. "$source/packaging/ipk.sh"

# ---- build ----

map="'-ffile-prefix-map=$build=/build' '-ffile-prefix-map=$source=/source'"
if [ "$target" = armhf ]; then
    sysroot=${ARMHF_SYSROOT:-$(sh "$source/packaging/armhf-sysroot.sh")}
    map="'-ffile-prefix-map=$sysroot=/sysroot' $map"
    set -- "-DCMAKE_TOOLCHAIN_FILE=$source/packaging/armhf.cmake" "-DARMHF_SYSROOT=$sysroot"
    arch=armv7
else
    set -- -DCMAKE_C_COMPILER=gcc
    arch=$(uname -m)
fi
# Texts are cut to their buffers on purpose; the fortified snprintf makes gcc see more of it.
cmake -S "$source" -B "$build" -G Ninja "$@" -DCN_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_SKIP_RPATH=ON -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_FLAGS="$map -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wno-format-truncation" \
    -DCMAKE_EXE_LINKER_FLAGS="-pie -Wl,-z,relro,-z,now" >"$build/configure.log" || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" -j "${JOBS:-$(nproc)}" >"$build/build.log" || { tail -n 40 "$build/build.log"; exit 1; }
[ "$target" != armhf ] || sh "$source/tests/arm/check_time64.sh" "$build"/bin/concentrator*
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")

# ---- packages ----

# package NAME DESCRIPTION DEPENDS [ARCHITECTURE]; the libraries that its programs need are added
package() {
    name=$1
    root=$stage/$name
    DESTDIR=$root/data cmake --install "$build" --component "$name" --strip >"$build/install.log"
    [ -d "$root/data" ] || return 0
    mkdir -p "$root/control"
    if [ -d "$root/data/etc/concentrator" ]; then
        (cd "$root/data" && find etc/concentrator -type f | sort | sed 's|^|/|') >"$root/control/conffiles"
    fi
    for script in postinst prerm; do
        [ ! -e "$source/packaging/$name.$script" ] || install -m 755 "$source/packaging/$name.$script" "$root/control/$script"
    done
    cat >"$root/control/control" <<END
Package: $name
Version: $version
Architecture: ${4:-$arch}
Section: utils
Priority: optional
License: Apache-2.0
Maintainer: the concentrator project
Depends: $(echo "$3" "$(ipk_libraries "$root/data")" | sed 's/^ *//; s/ *$//; s/ *, */, /g; s/, *$//')
Installed-Size: $(find "$root/data" -type f -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }')
Description: $2
END
    sed -i '/^Depends: *$/d' "$root/control/control"
    ipk_pack "$root" "$out/${name}_${version}_${4:-$arch}.ipk"
}

rm -f "$out"/*.ipk "$out/SHA256SUMS"
package concentrator "electricity-meter concentrator: reading, store, 376.1 master link, command line" "concentrator-profiles,"
package concentrator-mqtt "MQTT bridge of the concentrator" "concentrator (= $version),"
package concentrator-hmi "LCD of the concentrator" "concentrator (= $version),"
package concentrator-profiles "meter models of the concentrator" "" all
(cd "$out" && sha256sum ./*.ipk >SHA256SUMS && ls -l ./*.ipk)
