# Sourced: the .ipk form. The outer container is a gzip tar (one of the clients takes no other); members, owners,
# times and order do not depend on who packs where and when.

ipk_tar() { # FOLDER FILE MEMBERS...
    (cd "$1" && shift && file=$1 && shift &&
        tar --format=gnu --numeric-owner --owner=0 --group=0 --sort=name --mtime=@0 --mode=go-w -cf - "$@" | gzip -9n >"$file")
}

# ipk_pack FOLDER FILE: FOLDER holds control/ and data/
ipk_pack() {
    echo 2.0 >"$1/debian-binary"
    ipk_tar "$1/control" "$1/control.tar.gz" .
    ipk_tar "$1/data" "$1/data.tar.gz" .
    ipk_tar "$1" "$2" ./debian-binary ./control.tar.gz ./data.tar.gz
}

# ipk_libraries FOLDER: what the programs in it are linked to, as package names "liba1, libb-c2-0": the name of the shared
# object with its version, as Debian, Yocto and OpenWrt's common libraries are called. Parts of the C library are libc6.
ipk_libraries() {
    find "$1" -type f -perm -u+x | sort | while read -r file; do
        readelf -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
    done | sed -e 's/^\(libc\|libm\|libdl\|librt\|libpthread\|ld-linux[^.]*\)\.so\..*/libc6/' \
        -e 's/^libgcc_s\.so\.1$/libgcc-s1/' -e 's/\([0-9]\)\.so\./\1-/' -e 's/\.so\.//' -e 's/_/-/g' | sort -u | paste -sd, - |
        sed 's/,/, /g'
}

# ipk_stub NAME FILE: an empty package; in tests it stands for a library that the system has in another way
ipk_stub() {
    stub=$(mktemp -d)
    mkdir "$stub/control" "$stub/data"
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nDescription: stands for a library of the system\n' "$1" >"$stub/control/control"
    ipk_pack "$stub" "$2"
    rm -rf "$stub"
}

# ipk_wants FILE...: the libraries that packages depend on
ipk_wants() {
    for file in "$@"; do
        tar -xzOf "$file" ./control.tar.gz | tar -xzO ./control | sed -n 's/^Depends: //p'
    done | sed 's/([^)]*)//g' | tr -d ' ' | tr ',' '\n' | grep '^lib' | sort -u
}
