#!/bin/sh
# The packages of this machine: the same bytes from two places, in the form that every opkg takes, with the right files,
# owners and modes, dependencies named, no trace of the place where they were built; they install and the default
# configuration starts. The packages for ARM come from the same script; tests/arm/boot.sh installs and runs those.
. "$(dirname "$0")/lib.sh"
arch=$(uname -m)
version=$(sed -n 's/^project(concentrator VERSION \([0-9.]*\).*/\1/p' "$ROOT/CMakeLists.txt")
names="concentrator concentrator-hmi concentrator-mqtt concentrator-profiles"

ipk() { # NAME
    case $1 in
    concentrator-profiles) echo "$1_${version}_all.ipk" ;;
    *) echo "$1_${version}_$arch.ipk" ;;
    esac
}

control() { # NAME FIELD
    sed -n "s/^$2: //p" "$DIR/$1/control/control"
}

# ---- the same bytes from two places ----
mkdir -p "$DIR/one" "$DIR/other/a longer place"
(cd "$ROOT" && tar --exclude='./build*' --exclude=./.git -cf - .) | tar -xf - -C "$DIR/one" || fail "copy of the source"
(cd "$DIR/one" && tar -cf - .) | tar -xmf - -C "$DIR/other/a longer place" || fail "second copy of the source"
BUILD="$DIR/b" sh "$DIR/one/packaging/make.sh" host "$DIR/first" >"$DIR/make1.log" 2>&1 || fail "make.sh"
(cd / && BUILD="$DIR/other/b" sh "$DIR/other/a longer place/packaging/make.sh" host "$DIR/second" >"$DIR/make2.log" 2>&1) ||
    fail "make.sh in another place"
made=$(cd "$DIR/first" && echo *.ipk)
wanted=$(for name in $names; do ipk "$name"; done | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')
[ "$(echo "$made" | tr ' ' '\n' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" = "$wanted" ] || fail "made: $made; wanted: $wanted"
for file in $made SHA256SUMS; do
    cmp "$DIR/first/$file" "$DIR/second/$file" >"$DIR/cmp.log" 2>&1 || fail "$file differs between two builds"
done
(cd "$DIR/first" && sha256sum -c SHA256SUMS >/dev/null) || fail "SHA256SUMS"

# ---- form ----
for name in $names; do
    file=$DIR/first/$(ipk "$name")
    [ "$(od -An -tx1 -N3 "$file" | tr -d ' \n')" = 1f8b08 ] || fail "$file is no gzip file"
    members=$(gzip -dc "$file" | tar -tf - | tr '\n' ' ')
    [ "$members" = "./debian-binary ./control.tar.gz ./data.tar.gz " ] || fail "members of $file: $members"
    mkdir -p "$DIR/$name/control" "$DIR/$name/data"
    tar -xzf "$file" -C "$DIR/$name"
    [ "$(cat "$DIR/$name/debian-binary")" = 2.0 ] || fail "debian-binary of $name"
    for part in control data; do
        tar -xzf "$DIR/$name/$part.tar.gz" -C "$DIR/$name/$part" --no-same-owner || fail "$part of $name"
        # mode, owner, time, path; sizes are no matter of this test
        tar --full-time -tvzf "$DIR/$name/$part.tar.gz" | awk '{ print $1, $2, $4, $5, $6 }' >"$DIR/$name/$part.list"
        ! grep -v '^[^ ]* 0/0 1970-01-01 00:00:00 ' "$DIR/$name/$part.list" || fail "owner or time in $part of $name"
        ! grep '^.......*[wst].* 0/0' "$DIR/$name/$part.list" | grep -v '^.rw[-x]r-[-x]r-[-x] ' || fail "mode in $part of $name"
        if command -v busybox >/dev/null; then
            mkdir -p "$DIR/busybox"
            (cd "$DIR/busybox" && busybox tar -xzf "$DIR/$name/$part.tar.gz") || fail "busybox: $part of $name"
            diff -r "$DIR/busybox" "$DIR/$name/$part" >"$DIR/diff.log" || fail "busybox unpacks $part of $name otherwise"
            rm -rf "$DIR/busybox"
        fi
    done
    [ "$(control "$name" Package)" = "$name" ] && [ "$(control "$name" Version)" = "$version" ] || fail "control of $name"
    [ "$(basename "$file")" = "${name}_${version}_$(control "$name" Architecture).ipk" ] || fail "architecture of $name"
done
command -v busybox >/dev/null || echo "skip: unpacking with busybox (not on this machine)"

# ---- contents ----
files() { # NAME: modes and paths of what is no folder
    sed -n 's/^\(-[^ ]*\) .* \.\(.*\)$/\1 \2/p' "$DIR/$1/data.list"
}
expect_files() { # NAME; the list on standard input
    LC_ALL=C sort -k2 >"$DIR/expected"
    files "$1" | LC_ALL=C sort -k2 >"$DIR/found"
    diff "$DIR/expected" "$DIR/found" >"$DIR/files.log" || fail "files of $1"
}
{
    cat <<END
-rw-r--r-- /etc/concentrator/concentrator.conf
-rwxr-xr-x /etc/init.d/concentrator
-rwxr-xr-x /usr/bin/concentratorctl
-rwxr-xr-x /usr/lib/concentrator/concentrator-bus
-rwxr-xr-x /usr/lib/concentrator/concentrator-uplink
-rwxr-xr-x /usr/lib/concentrator/prepare
-rw-r--r-- /usr/lib/systemd/system/concentrator.service
-rwxr-xr-x /usr/sbin/concentratord
-rw-r--r-- /usr/share/doc/concentrator/LICENSE
-rw-r--r-- /usr/share/doc/concentrator/unifont-OFL.txt
END
    (cd "$ROOT/bsp" && ls boards/*.board | sed 's|^|-rw-r--r-- /usr/share/concentrator/|')
} | expect_files concentrator
expect_files concentrator-hmi <<END
-rwxr-xr-x /usr/lib/concentrator/concentrator-hmi
-rw-r--r-- /usr/share/doc/concentrator-hmi/unifont-OFL.txt
END
echo "-rwxr-xr-x /usr/lib/concentrator/concentrator-mqtt" | expect_files concentrator-mqtt
(cd "$ROOT/southbound" && ls profiles/*.profile | sed 's|^|-rw-r--r-- /usr/share/concentrator/|') | expect_files concentrator-profiles
[ "$(cat "$DIR/concentrator/control/conffiles")" = /etc/concentrator/concentrator.conf ] || fail "conffiles"
! grep -r -l -a -F -e "$ROOT" -e "$DIR" -e "$HOME/" "$DIR"/*/data "$DIR"/*/control || fail "a path of the build is inside"
for program in "$DIR"/concentrator*/data/usr/*bin/* "$DIR"/concentrator*/data/usr/lib/concentrator/concentrator-*; do
    [ -e "$program" ] || continue
    readelf -hW "$program" | grep -q 'Type:.*DYN' || fail "$program has fixed addresses"
    ! readelf -SW "$program" | grep -q '\.debug_' || fail "$program is not stripped"
    ! readelf -dW "$program" | grep -q 'R.*PATH' || fail "$program looks for libraries in a place of its own"
done

# ---- dependencies ----
expect_depends() { # NAME TEXT
    [ "$(control "$1" Depends)" = "$2" ] || fail "dependencies of $1: $(control "$1" Depends)"
}
expect_depends concentrator "concentrator-profiles, libc6, libcjson1, libgpiod2, libinih1, libpng16-16, libsqlite3-0, libuv1"
expect_depends concentrator-hmi "concentrator (= $version), libc6, libinih1, libsqlite3-0"
expect_depends concentrator-profiles ""
expect_depends concentrator-mqtt "concentrator (= $version), libc6, libcrypto3, libinih1, libpaho-mqtt3as1, libsqlite3-0, libssl3"

# ---- scripts ----
for script in "$DIR"/*/control/postinst "$DIR"/*/control/prerm "$DIR/concentrator/data/etc/init.d/concentrator" \
    "$DIR/concentrator/data/usr/lib/concentrator/prepare"; do
    [ -e "$script" ] || continue
    sh -n "$script" || fail "$script"
    ! command -v busybox >/dev/null || busybox ash -n "$script" || fail "$script in busybox"
done
# The procd script hands over what the unit of systemd starts.
procd=$(
    procd_open_instance() { :; }
    procd_close_instance() { :; }
    procd_set_param() { [ "$1" != command ] || { shift; echo "$*"; }; }
    . "$DIR/concentrator/data/etc/init.d/concentrator"
    sed 's|^    /usr/lib/concentrator/prepare|    :|' "$DIR/concentrator/data/etc/init.d/concentrator" >"$DIR/init"
    . "$DIR/init"
    start_service
)
unit=$(sed -n 's/^ExecStart=//p' "$DIR/concentrator/data/usr/lib/systemd/system/concentrator.service")
[ -n "$unit" ] && [ "$procd" = "$unit" ] || fail "procd starts \"$procd\", systemd \"$unit\""

# ---- installation into a tree ----
tree=$DIR/tree
install_tree() {
    mkdir -p "$tree/etc"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree/etc/passwd"
    printf 'root:x:0:\ntty:x:5:\n' >"$tree/etc/group"
    printf 'root:*:0:0:99999:7:::\n' >"$tree/etc/shadow"
    for name in $names; do
        tar -xzf "$DIR/$name/data.tar.gz" -C "$tree" || fail "$name into a tree"
    done
    IPKG_INSTROOT=$tree "$DIR/concentrator/control/postinst" >"$DIR/postinst.log" 2>&1 || fail "postinst"
    cat "$tree/etc/passwd" "$tree/etc/group" "$tree/etc/shadow" >"$DIR/users"
    IPKG_INSTROOT=$tree "$DIR/concentrator/control/postinst" >"$DIR/postinst.log" 2>&1 || fail "second postinst"
    cat "$tree/etc/passwd" "$tree/etc/group" "$tree/etc/shadow" | cmp - "$DIR/users" || fail "a second postinst changes users"
    readers=$(sed -n 's/^concentrator:x:\([0-9]*\):$/\1/p' "$tree/etc/group")
    [ -n "$readers" ] || fail "no group concentrator"
    grep -q '^concentrator-bus:x:[0-9]*:20:' "$tree/etc/passwd" || fail "user concentrator-bus"
    for name in uplink mqtt hmi; do
        grep -q "^concentrator-$name:x:[0-9]*:$readers:" "$tree/etc/passwd" || fail "user concentrator-$name"
    done
    [ "$(cut -d: -f3 "$tree/etc/passwd" | sort | uniq -d)" = "" ] || fail "two users with one number"
    [ "$(stat -c '%a %u:%g' "$tree/var/lib/concentrator")" = "2750 0:$readers" ] || fail "rights of the state folder"
    [ "$(stat -c '%a %u:%g' "$tree/etc/concentrator/concentrator.conf")" = "640 0:$readers" ] || fail "rights of the configuration"
}
if [ "$(id -u)" -eq 0 ]; then
    install_tree
else
    echo "skip: installation into a tree (owners need root)"
fi

# ---- an opkg client, where there is one ----
opkg=${OPKG:-opkg}
opkg_install() {
    "$opkg" --offline-root "$DIR/opkg" --conf "$DIR/opkg/etc/opkg/opkg.conf" install "$@" >"$DIR/opkg.log" 2>&1
}
if ! command -v "$opkg" >/dev/null; then
    echo "skip: installation with opkg (no client on this machine; set OPKG)"
elif [ "$(id -u)" -ne 0 ]; then
    echo "skip: installation with opkg (needs root)"
else
    . "$ROOT/packaging/ipk.sh"
    mkdir -p "$DIR/opkg/etc/opkg" "$DIR/opkg/var/lib/opkg" "$DIR/opkg/usr/lib/opkg" "$DIR/opkg/tmp" "$DIR/opkg/var/lock" \
        "$DIR/opkg/run" "$DIR/stubs"
    printf 'dest root /\narch all 1\narch %s 10\n' "$arch" >"$DIR/opkg/etc/opkg/opkg.conf"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$DIR/opkg/etc/passwd"
    printf 'root:x:0:\n' >"$DIR/opkg/etc/group"
    ! opkg_install "$DIR/first/$(ipk concentrator)" || fail "opkg installed the concentrator without its libraries"
    for name in $(ipk_wants "$DIR"/first/*.ipk); do
        ipk_stub "$name" "$DIR/stubs/$name.ipk"
    done
    opkg_install "$DIR"/stubs/*.ipk || fail "opkg: stubs"
    opkg_install "$DIR/first/$(ipk concentrator-profiles)" || fail "opkg: profiles"
    opkg_install "$DIR/first/$(ipk concentrator)" || fail "opkg: concentrator"
    for name in $names; do
        opkg_install "$DIR/first/$(ipk "$name")" || fail "opkg: $name"
        files "$name" | while read -r mode path; do
            [ "$(stat -c %A "$DIR/opkg$path")" = "$mode" ] || [ "$path" = /etc/concentrator/concentrator.conf ] || { echo "$path"; exit 1; }
        done || fail "opkg: files of $name"
    done
    echo "opkg: installed with $("$opkg" --version 2>/dev/null | head -n 1)"
fi

# ---- the default configuration starts from what was unpacked ----
sed -e "s|^state_dir = .*|state_dir = $DIR/state|" -e "s|^run_dir = .*|run_dir = $DIR/run|" -e 's/^clock = .*/clock = offset/' \
    "$DIR/concentrator/data/etc/concentrator/concentrator.conf" >"$DIR/concentrator.conf"
start concentratord "$DIR/concentrator/data/usr/sbin/concentratord" --config "$DIR/concentrator.conf"
wait_for 20 "the default configuration starts" "$DIR/concentrator/data/usr/bin/concentratorctl" --config "$DIR/concentrator.conf" status
kill -TERM "$(pid_of concentratord)"
wait "$(pid_of concentratord)" || fail "concentratord ended with status $?"
strings "$DIR/concentrator/data/usr/sbin/concentratord" >"$DIR/strings"
for place in /usr/lib/concentrator /usr/share/concentrator; do
    grep -q -x "$place" "$DIR/strings" || fail "concentratord does not look in $place"
done
echo "packages: $wanted"
