# Common parts of the scenario tests: start the simulators and the concentrator in a folder of their own, wait for
# facts instead of sleeping, end only what was started here.
# The caller sets BUILD (the build folder). Every scenario runs on loopback and ptys alone.
set -u
BIN=${BUILD:?set BUILD to a build folder}/bin
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
DIR=$(mktemp -d "${TMPDIR:-/tmp}/cn.XXXXXX") || exit 1
PIDS=""

cleanup() {
    for pid in $PIDS; do
        kill "$pid" 2>/dev/null
    done
    for pid in $PIDS; do
        wait "$pid" 2>/dev/null
    done
    rm -rf "$DIR"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
    echo "FAILED: $*"
    for log in "$DIR"/*.log; do
        [ -s "$log" ] && { echo "--- $(basename "$log")"; tail -n 25 "$log"; }
    done
    exit 1
}

# start NAME COMMAND...: run in the background with its own log; its pid is in $DIR/NAME.pid
start() {
    name=$1
    shift
    "$@" >"$DIR/$name.log" 2>&1 &
    echo $! >"$DIR/$name.pid"
    PIDS="$! $PIDS"
}

pid_of() {
    cat "$DIR/$1.pid"
}

# wait_for SECONDS WHAT COMMAND...: poll until the command succeeds
wait_for() {
    limit=$(($(date +%s) + $1))
    what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$limit" ] || fail "timed out waiting: $what"
        sleep 0.1 # the pace of polling, not a hope
    done
}

ctl() {
    "$BIN/concentratorctl" --config "$DIR/concentrator.conf" "$@"
}

# value of one status key
status_of() {
    ctl status --json | sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p' | head -n 1
}
