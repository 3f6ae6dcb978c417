#!/bin/sh
# The whole concentrator on a desk: 192 simulated DL/T 645 meters on three RS485 ports, the concentrator, a
# Q/GDW 376.1 master station that archives the meters, asks for values, and sees one meter fail and come back, an
# MQTT broker over TLS with certificates made on the spot, and the LCD.
#
#   sh tests/demo.sh                 in a terminal: one live view, until Ctrl-C
#   sh tests/demo.sh --plain         the same as lines of text
#   sh tests/demo.sh --seconds N     end after N seconds (without a terminal: when the story is told)
#   sh tests/demo.sh --baud 2400     speed of the meters (default 9600)
#
# Installs the Debian packages that are missing, builds, and removes what it made when it ends.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=0
plain=0
baud=9600
port=$((20000 + $$ % 20000))
[ -t 1 ] || plain=1

usage() {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
}

while [ $# -gt 0 ]; do
    case $1 in
    --plain) plain=1 ;;
    --seconds) seconds=${2:-}; shift ;;
    --baud) baud=${2:-}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "demo.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done
case $seconds in '' | *[!0-9]*) echo "demo.sh: --seconds wants a number" >&2; exit 2 ;; esac
case $baud in 600 | 1200 | 2400 | 4800 | 9600 | 19200) ;; *) echo "demo.sh: no meter speaks at $baud baud" >&2; exit 2 ;; esac

dir=$(mktemp -d "${TMPDIR:-/tmp}/concentrator-demo.XXXXXX") || exit 1
pids=""
began=$(date +%s)
view=0

cleanup() {
    trap - EXIT INT TERM
    [ $view -eq 1 ] && printf '\033[?25h\033[?1049l'
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    [ -s "$dir/said" ] && [ $plain -eq 0 ] && tail -n 12 "$dir/said"
    rm -rf "$dir"
    echo "demo: ended, everything it started is gone"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# say TEXT...: one line of the story
say() {
    line=$(printf '%4d s  %s' $(($(date +%s) - began)) "$*")
    echo "$line" >>"$dir/said"
    [ $view -eq 1 ] || echo "$line"
}

give_up() {
    [ $view -eq 1 ] && printf '\033[?25h\033[?1049l'
    view=0
    plain=1
    echo "demo: $*" >&2
    for log in "$dir"/*.log; do
        [ -s "$log" ] && { echo "--- $(basename "$log")" >&2; tail -n 8 "$log" >&2; }
    done
    exit 1
}

# ---- install and build ----
say "packages: looking for what is missing"
sh "$root/tests/tools/install.sh" build demo >"$dir/install.log" 2>&1 &
install=$!
while kill -0 $install 2>/dev/null; do
    last=$(tail -n 1 "$dir/install.log" | cut -c1-90)
    [ -n "$last" ] && [ "$last" != "${shown:-}" ] && say "packages: $last" && shown=$last
    sleep 1
done
wait $install || give_up "packages cannot be installed"

build=$root/build
say "build: configuring"
cmake -S "$root" -B "$build" -G Ninja >"$dir/build.log" 2>&1 || give_up "cmake failed"
cmake --build "$build" --target concentratord concentrator-bus concentrator-uplink concentratorctl \
    concentrator-mqtt meter-sim master-sim >>"$dir/build.log" 2>&1 &
compile=$!
while kill -0 $compile 2>/dev/null; do
    say "build: $(tail -n 1 "$dir/build.log" | grep -o '^\[[0-9/]*\]' || echo started)"
    sleep 3
done
wait $compile || give_up "the build failed"
bin=$build/bin

# ---- start ----
mkdir "$dir/state" "$dir/run"
cat >"$dir/concentrator.conf" <<EOF
[terminal]
region = 4403
address = 1
timezone = Asia/Shanghai
state_dir = $dir/state
run_dir = $dir/run
clock = offset
board = sim

[rs485.1]
device = $dir/sim/port1
[rs485.2]
device = $dir/sim/port2
[rs485.3]
device = $dir/sim/port3

[uplink]
transport = tcp
role = client
master = 127.0.0.1:$port
heartbeat_s = 60

[mqtt]
uri = mqtts://127.0.0.1:$((port + 1))
tls_ca = $dir/ca.pem
replay_rps = 200
state_s = 10
EOF

# a private CA and the broker's certificate, for this run alone
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=demo-ca \
        -keyout "$dir/ca.key" -out "$dir/ca.pem" &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
            -keyout "$dir/broker.key" -out "$dir/request.pem" &&
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$dir/extensions" &&
        openssl x509 -req -in "$dir/request.pem" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 1 \
            -extfile "$dir/extensions" -out "$dir/broker.pem"
} >"$dir/certificates.log" 2>&1 || give_up "certificates cannot be made"
cat >"$dir/broker.conf" <<EOF
listener $((port + 1)) 127.0.0.1
cafile $dir/ca.pem
certfile $dir/broker.pem
keyfile $dir/broker.key
allow_anonymous true
persistence false
EOF
# started as root the broker becomes another user, who must read these
chmod 755 "$dir"
chmod 644 "$dir"/*.pem "$dir/broker.key" "$dir/broker.conf"

start() { # log command...
    log=$1
    shift
    "$@" >"$dir/$log.log" 2>&1 &
    pids="$! $pids"
}

ctl() {
    "$bin/concentratorctl" --config "$dir/concentrator.conf" "$@"
}

meter_sim() {
    "$bin/meter-sim" --dir "$dir/sim" --send "$1"
}

# master COMMAND: what the master station asks and gets, in words
master() {
    say "master asks: $(echo "$1" | sed "s#$dir/sim/##")"
    "$bin/master-sim" --control "$dir/master.sock" --wait 30 --send "$1" >"$dir/answer" 2>&1
    code=$?
    sed 's/^/        /' "$dir/answer" | head -n "${2:-8}" | cut -c1-110 >"$dir/answer.cut"
    cat "$dir/answer.cut" >>"$dir/said"
    [ $view -eq 1 ] || cat "$dir/answer.cut"
    return $code
}

start meters "$bin/meter-sim" --dir "$dir/sim" --ports 3 --meters 64 --baud "$baud"
start master "$bin/master-sim" --listen "127.0.0.1:$port" --control "$dir/master.sock" --stay
i=0
until grep -q '^ready' "$dir/meters.log"; do
    i=$((i + 1))
    [ $i -lt 100 ] || give_up "the meter simulator does not start"
    sleep 0.1
done
start broker mosquitto -c "$dir/broker.conf"
start concentratord "$bin/concentratord" --config "$dir/concentrator.conf"
say "started: 3 ports with 64 meters each at $baud baud, master station on 127.0.0.1:$port, MQTT broker over TLS on $((port + 1)), the concentrator"
i=0
until grep -q 'running' "$dir/broker.log"; do
    i=$((i + 1))
    [ $i -lt 100 ] || give_up "the broker does not start"
    sleep 0.1
done
# a dashboard: an independent subscriber
mosquitto_sub -h 127.0.0.1 -p $((port + 1)) --cafile "$dir/ca.pem" -q 1 -t '#' -F '%t %p' >"$dir/mqtt" 2>"$dir/subscriber.log" &
pids="$! $pids"

. "$root/tests/tools/demo_view.sh"

# ---- the story: each step waits for its fact, the view goes on meanwhile ----
story() {
    master "wait login 30" 2 || give_up "the terminal does not log in"
    # important: reading failures (ERC31) are reported by the terminal itself
    master "set F9 FFFFFFFFFFFFFFFF0000004000000000" 3
    master "archive $dir/sim/meters.csv" 3 || give_up "the archive is refused"
    master "query F10 1..192 compare $dir/sim/meters.csv" 2
    master "set F33 03010000FFFFFF7F00000100000000020000FFFFFF7F00000100000000030000FFFFFF7F0000010000000000" 2
    until_true 60 "first values" has_values
    master "get 0C F129 p1,p65" 20
    say "meter p1 displays: $(meter_sim 'registers 1' | head -n 1)"
    master "get 0C F25 p3" 26
    until_true 120 "yesterday's freezes" has_freeze
    master "get 0D F161 p1 day yesterday" 9
    master "get 0C F2,F7" 6
    say "meter p37 falls silent (its wire is cut)"
    meter_sim "point=37 silent" >/dev/null
    until_true 240 "the failure of p37 is noticed" seen_event
    say "meter p37 is connected again"
    meter_sim "point=37 ok" >/dev/null
    until_true 240 "p37 is back" seen_recovery
    master "events important" 22
    say "MQTT: $(mqtt_count) messages over TLS so far, the newest:"
    mqtt_newest 3 | while read -r line; do say "  $line"; done
    say "the LCD (concentratorctl lcd > screen.png makes a picture):"
    [ $view -eq 1 ] || ctl lcd --text --language en
    say "the story is told; the concentrator goes on reading"
}

has_values() {
    "$bin/master-sim" --control "$dir/master.sock" --send "get 0C F129 p1,p65 all" >/dev/null 2>&1
}
has_freeze() {
    "$bin/master-sim" --control "$dir/master.sock" --send "get 0D F161 p1 day yesterday all" >/dev/null 2>&1
}
seen_event() {
    grep -q "event ERC31" "$dir/concentratord.log"
}
seen_recovery() {
    [ "$(grep -c "event ERC31" "$dir/concentratord.log")" -ge 2 ]
}

# until_true SECONDS WHAT COMMAND...: progress lines while it waits
until_true() {
    limit=$(($(date +%s) + $1))
    what=$2
    shift 2
    said=0
    until "$@"; do
        now=$(date +%s)
        [ "$now" -lt "$limit" ] || { say "still waiting for: $what"; return 1; }
        if [ $plain -eq 1 ] && [ $((now - said)) -ge 5 ]; then
            progress
            said=$now
        fi
        sleep 0.5
    done
}

run() {
    if [ $plain -eq 1 ]; then
        story
        [ "$seconds" -gt 0 ] || return
        while :; do
            progress
            sleep 5
        done
    else
        view=1
        story >"$dir/story.log" 2>&1 &
        pids="$! $pids"
        show_view
    fi
}

if [ "$seconds" -gt 0 ]; then
    # the clock of --seconds: a signal to this shell, which cleans up as on Ctrl-C and ends well
    main=$$
    trap 'exit 0' USR1
    (
        trap 'kill $! 2>/dev/null; exit' TERM
        sleep "$seconds" &
        wait $! && kill -USR1 $main
    ) &
    pids="$! $pids"
fi
run
