#!/bin/sh
# Hold the include table: which folder may include which headers. Every include of ours is written from the root.
# usage: check_includes.sh [TREE]; prints each offence, exits 1 when there is one.
set -eu
cd "${1:-$(dirname "$0")/../..}"

find bsp gateway southbound northbound hmi tests \( -name '*.c' -o -name '*.h' -o -name '*.def' \) | LC_ALL=C sort |
xargs awk '
# what a file in a folder may include, as regular expressions over the included path
function allowed(file) {
    if (file ~ /^tests\//) return ".*"
    if (file ~ /^bsp\//) return "^bsp/"
    if (file ~ /^gateway\/base\//) return "^gateway/base/"
    if (file ~ /^gateway\/model\//) return "^gateway/(base|model)/"
    if (file ~ /^gateway\/store\//) return "^gateway/(base|model|store)/"
    if (file ~ /^gateway\//) return "^(gateway/(base|model|store|core)|bsp)/"
    if (match(file, /^southbound\/[a-z0-9]+\//))
        return "^(gateway/(base|model)/|bsp/(serial|gpio)[a-z0-9_]*[.]h$|southbound/[a-z0-9_]+[.]h$|" substr(file, 1, RLENGTH) ")"
    if (file ~ /^southbound\//) return "^(gateway/(base|model)/|bsp/(serial|gpio)[a-z0-9_]*[.]h$|southbound/)"
    if (file ~ /^northbound\/transport\//) return "^(gateway/base/|bsp/|northbound/transport/)"
    if (match(file, /^northbound\/[a-z0-9]+\//))
        return "^(gateway/(base|model)/|gateway/store/view[.]h$|northbound/transport/|" substr(file, 1, RLENGTH) ")"
    if (file ~ /^hmi\/lcd\//) return "^(gateway/(base|model)/|gateway/store/view[.]h$|bsp/|hmi/lcd/)"
    if (file ~ /^hmi\/ctl\//) return "^(gateway/(base|model)/|gateway/store/view[.]h$|bsp/|southbound/|northbound/|hmi/)"
    return "^$"
}
/^[ \t]*#[ \t]*include[ \t]+"/ {
    path = $0
    sub(/^[^"]*"/, "", path)
    sub(/".*$/, "", path)
    if (path !~ /^(bsp|gateway|southbound|northbound|hmi|tests)\//) {
        print FILENAME ":" FNR ": \"" path "\" is not written from the root"
        bad = 1
    } else if (path ~ /^tests\// && FILENAME !~ /^tests\//) {
        print FILENAME ":" FNR ": the product includes " path " of the tests"
        bad = 1
    } else if (path !~ allowed(FILENAME)) {
        print FILENAME ":" FNR ": may not include " path
        bad = 1
    }
}
# SQL stays in gateway/store, raw libraries in their folders
/^[ \t]*#[ \t]*include[ \t]+<sqlite3.h>/ && FILENAME !~ /^(gateway\/store|tests)\// {
    print FILENAME ":" FNR ": only gateway/store knows SQL"
    bad = 1
}
END { exit bad }'
