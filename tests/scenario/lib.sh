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

# ---- the whole system: meter-sim on three ports, master-sim, concentratord ----
PORT=${PORT:-$((20000 + $$ % 20000))}

system_config() { # extra lines are appended from standard input by the caller
    mkdir -p "$DIR/state" "$DIR/run"
    {
        printf '[terminal]\nregion = 4403\naddress = 1\ntimezone = Asia/Shanghai\nclock = offset\nboard = sim\n'
        printf 'state_dir = %s/state\nrun_dir = %s/run\n' "$DIR" "$DIR"
        for n in 1 2 3; do printf '[rs485.%d]\ndevice = %s/sim/port%d\n' $n "$DIR" $n; done
        printf '[uplink]\ntransport = tcp\nrole = client\nmaster = 127.0.0.1:%d\nheartbeat_s = 60\nfresh_s = %d\n' \
            "$PORT" "${FRESH_S:-3600}"
    } >"$DIR/concentrator.conf"
}

# start_meters METERS_A_PORT BAUD OPTIONS...
start_meters() {
    count=$1
    rate=$2
    shift 2
    start meters "$BIN/meter-sim" --dir "$DIR/sim" --ports 3 --meters "$count" --baud "$rate" "$@"
    wait_for 20 "meter-sim" grep -q '^ready' "$DIR/meters.log"
}

start_master() {
    start master "$BIN/master-sim" --listen "127.0.0.1:$PORT" --control "$DIR/master.sock" --stay "$@"
}

start_concentratord() {
    start concentratord "$BIN/concentratord" --config "$DIR/concentrator.conf"
}

stop() { # NAME [SIGNAL]
    kill "${2:--TERM}" "$(pid_of "$1")" 2>/dev/null
    wait "$(pid_of "$1")" 2>/dev/null
}

# master COMMAND...: true when the command is good; its answer is in $DIR/answer
master() {
    "$BIN/master-sim" --control "$DIR/master.sock" --wait 20 --send "$*" >"$DIR/answer" 2>&1
}

must_master() {
    master "$@" || { cat "$DIR/answer"; fail "master-sim: $*"; }
}

sim() {
    "$BIN/meter-sim" --dir "$DIR/sim" --send "$*"
}

# F33 of the three ports: automatic reading, every N minutes (BIN), all day
interval() {
    n=$(printf '%02X' "$1")
    must_master "set F33 03010000FFFFFF7F0000${n}00000000020000FFFFFF7F0000${n}00000000030000FFFFFF7F0000${n}0000000000"
}

# the whole system up, logged in, every meter archived and read once a minute
system_up() { # METERS_A_PORT BAUD meter-sim options...
    system_config
    start_meters "$@"
    start_master
    start_concentratord
    must_master "wait login 20"
    must_master "archive $DIR/sim/meters.csv"
    interval 1
}
