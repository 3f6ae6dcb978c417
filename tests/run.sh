#!/bin/sh
# Install what is missing, build, run all tests. The last line is "N passed, N failed"; exit 0 when none failed.
#
#   sh tests/run.sh              everything, with short slices of the long runs (fuzz, kills)
#   FUZZ_SECONDS=60 sh tests/run.sh   longer fuzzing
#   JOBS=4 sh tests/run.sh       processes at once (default: the processors)
#
# Builds: build-gcc (as delivered), build-asan (clang, ASan+UBSan), build-fuzz (clang, libFuzzer).
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
jobs=${JOBS:-$(nproc)}
fuzz_seconds=${FUZZ_SECONDS:-4}
passed=0
failed=0
began=$(date +%s)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

result() { # status name [log]
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok $2"
    else
        failed=$((failed + 1))
        echo "FAIL $2"
        [ -n "${3:-}" ] && [ -f "$3" ] && tail -n 60 "$3"
    fi
}

finish() {
    echo "time: $(($(date +%s) - began)) s"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

step() { # name command...
    name=$1
    shift
    "$@" >"$work/step.log" 2>&1
    code=$?
    result "$code" "$name" "$work/step.log"
    return "$code"
}

build() { # folder cmake-options...
    folder=$1
    shift
    cmake -S . -B "$folder" -G Ninja "$@" && cmake --build "$folder" -j "$jobs"
}

# Every unit test program of a build, some at a time; each has its own log.
unit() { # folder label
    ls "$1"/tests/*_test >"$work/list" 2>/dev/null || { result 1 "$2: there are unit tests"; return; }
    xargs -P "$jobs" -I{} sh -c 'name=$(basename "$1"); timeout 240 "$1" >"$2/$name.log" 2>&1; echo "$? $name" >>"$2/results"' \
        _ {} "$work" <"$work/list"
    sort -k2 "$work/results" >"$work/sorted"
    while read -r code name; do
        result "$code" "$2 $name" "$work/$name.log"
        grep -h '\[  SKIPPED \]\|^skip' "$work/$name.log" | sort -u | head -n 5
    done <"$work/sorted"
    rm -f "$work"/*.log "$work/results"
}

sh tests/tools/install.sh build test >"$work/install.log" 2>&1 || { result 1 "install packages" "$work/install.log"; finish; }

step "include rules" sh tests/tools/check_includes.sh
step "build gcc" build build-gcc -DCMAKE_C_COMPILER=gcc || finish
step "link rules" sh tests/tools/check_links.sh build-gcc
unit build-gcc "gcc"
step "build clang asan+ubsan" build build-asan -DCMAKE_C_COMPILER=clang -DCN_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug || finish
unit build-asan "asan"

for scenario in tests/scenario/*_test.sh; do
    [ -e "$scenario" ] || continue
    BUILD="$root/build-gcc" timeout 300 sh "$scenario" >"$work/scenario.log" 2>&1
    result $? "scenario $(basename "$scenario" .sh)" "$work/scenario.log"
done

step "build fuzz targets" build build-fuzz -DCMAKE_C_COMPILER=clang -DCN_SANITIZE=ON -DCN_FUZZ=ON -DCN_TESTS=OFF || finish
sh tests/fuzz/run.sh "$root/build-fuzz" "$fuzz_seconds" >"$work/fuzz.log" 2>&1
cat "$work/fuzz.log"
passed=$((passed + $(grep -c '^ok fuzz' "$work/fuzz.log")))
failed=$((failed + $(grep -c '^FAIL fuzz' "$work/fuzz.log")))
finish
