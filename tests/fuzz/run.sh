#!/bin/sh
# Run every fuzz target for some seconds, with the vectors as corpus.
# usage: run.sh BUILD_DIR SECONDS; prints one line a target, exits 1 when one found something.
# New finds of coverage are kept in BUILD_DIR/corpus/TARGET.
set -eu
build=$1
seconds=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
status=0

# The seeds: the hex column of each vector table as one binary file a row.
seed() { # table column folder
    mkdir -p "$3"
    [ -e "$3/.done" ] && return
    awk -F '\t' -v col="$2" -v dir="$3" '
    NR > 1 && $col ~ /^[0-9A-Fa-f]+$/ {
        n = length($col) / 2
        s = ""
        for (i = 0; i < n; i++) s = s "\\x" substr($col, 2 * i + 1, 2)
        print s > (dir "/" $1 ".hex")
        close(dir "/" $1 ".hex")
    }' "$1"
    for hex in "$3"/*.hex; do
        # %b of bash understands \x; Debian sh does not
        bash -c 'printf "%b" "$(cat "$1")" > "${1%.hex}"' _ "$hex"
        rm "$hex"
    done
    : >"$3/.done"
}
seed "$root/tests/vectors/376.1-frames.tsv" 2 "$build/seeds/gdw"
seed "$root/tests/vectors/376.1-data.tsv" 2 "$build/seeds/gdw2"
seed "$root/tests/vectors/dlt645-frames.tsv" 3 "$build/seeds/dlt645"

for target in "$build"/fuzz/*_fuzz; do
    name=$(basename "$target")
    case $name in
    gdw_*) seeds="$build/seeds/gdw $build/seeds/gdw2" ;;
    dlt645_*) seeds="$build/seeds/dlt645" ;;
    explain_*) seeds="$build/seeds/gdw $build/seeds/gdw2 $build/seeds/dlt645" ;;
    *) seeds="" ;;
    esac
    kept="$root/tests/fuzz/corpus/$name"
    [ -d "$kept" ] && seeds="$seeds $kept"
    mkdir -p "$build/corpus/$name"
    # shellcheck disable=SC2086
    if (cd "$build" && "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$build/finding-$name-" "$build/corpus/$name" $seeds) >"$build/$name.log" 2>&1; then
        runs=$(sed -n 's/.*number_of_executed_units: *//p' "$build/$name.log")
        echo "ok fuzz $name ($runs runs)"
    else
        echo "FAIL fuzz $name"
        tail -n 40 "$build/$name.log"
        status=1
    fi
done
exit $status
