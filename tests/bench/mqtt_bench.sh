#!/bin/sh
# Does the bridge touch metering? The duration of a reading cycle while the bridge runs, while it is killed again and again,
# stopped (SIGSTOP), and while its broker hangs: phases by turns in one run, as ratios to the quiet ones.
# usage: BUILD=build-gcc sh tests/bench/mqtt_bench.sh
#   METERS=64 a port, ROUNDS=4 cycles a phase (a cycle a minute, seven phases)
. "$(dirname "$0")/../scenario/lib.sh"
. "$(dirname "$0")/../scenario/mqtt_certs.sh"
METERS=${METERS:-64}
ROUNDS=${ROUNDS:-4}
TLS_PORT=$((PORT + 1))

[ -x "$BIN/concentrator-mqtt" ] || { echo "skip: concentrator-mqtt is not built"; exit 0; }
chmod 755 "$DIR"
make_certs "$DIR/certs" || fail "certificates"
cat >"$DIR/broker.conf" <<CONF
listener $TLS_PORT 127.0.0.1
certfile $DIR/certs/broker-good.pem
keyfile $DIR/certs/broker-good.key
allow_anonymous true
CONF
start broker mosquitto -c "$DIR/broker.conf"

system_config
printf '[mqtt]\nuri = mqtts://localhost:%d\ntls_ca = %s\nstate_s = 10\n' $TLS_PORT "$DIR/certs/ca.pem" >>"$DIR/concentrator.conf"
start_meters "$METERS" 9600 --delay-ms 20..20
start_master
start_concentratord
must_master "wait login 20"
must_master "archive $DIR/sim/meters.csv"
interval 1
wait_for 30 "the bridge" grep -q 'concentrator-mqtt: connected' "$DIR/concentratord.log"

# its pid; nothing while it waits to be started again
bridge() {
    pid=$(status_of child.concentrator-mqtt.pid)
    [ "${pid:-0}" -gt 1 ] && echo "$pid"
}
signal() { # NAME: to the bridge, when there is one
    pid=$(bridge) && kill "-$1" "$pid"
}

# one question, so that number and duration belong together: "COUNT DURATION STATE" of the three ports
sweeps() {
    ctl status --json | tr ',' '\n' | sed -n 's/^"port\.\([123]\)\.sweep\.\([a-z_]*\)":"\{0,1\}\([a-z0-9 ]*\)"\{0,1\}$/\1 \2 \3/p' |
        awk '{ v[$1, $2] = $3 } END { for (n = 1; n <= 3; n++) print v[n, "count"], v[n, "duration_ms"], v[n, "state"] }'
}

# phase NAME: ROUNDS whole cycles of each port; the one that is under way at the start does not count
phase() {
    sweeps | awk '{ print $1 + 1 }' >"$DIR/from"
    killed=0
    while :; do
        sweeps >"$DIR/now"
        paste "$DIR/from" "$DIR/now" | awk -v what="$1" '$2 > $1 { print what, NR, $2, $3 }' >>"$DIR/cycles"
        paste "$DIR/from" "$DIR/now" | awk -v n="$ROUNDS" '$2 < $1 + n { more = 1 } END { exit more }' && return
        # once in each cycle, while it runs
        cycle=$(awk 'NR == 1 && $3 == "running" { print $1 + 1 }' "$DIR/now")
        [ "$1" = killed ] && [ -n "$cycle" ] && [ "$cycle" != $killed ] && signal KILL && killed=$cycle
        sleep 0.3 # the pace of looking
    done
}

wait_for 120 "a cycle" sh -c "grep -q 'sweep 1 of' '$DIR/concentratord.log'"
phase quiet
phase killed
phase quiet
wait_for 60 "the bridge" bridge
signal STOP || fail "no bridge to stop"
phase stopped
signal CONT
phase quiet
kill -STOP "$(pid_of broker)"
phase blocked
kill -CONT "$(pid_of broker)"
phase quiet

# medians: the machine of a test has other things to do as well
sort -u "$DIR/cycles" | sort -k1,1 -k4,4n | awk '
    { v[$1, ++n[$1]] = $4 }
    function median(what) { return (v[what, int((n[what] + 1) / 2)] + v[what, int(n[what] / 2) + 1]) / 2 }
    END {
        printf "cycles of '"$METERS"' meters a port, ms: quiet %.0f (%d cycles)\n", median("quiet"), n["quiet"]
        for (i = split("killed stopped blocked", what, " "); i > 0; i--) {
            ratio = median(what[i]) / median("quiet")
            printf "ratio_%s=%.4f (%d cycles)\n", what[i], ratio, n[what[i]]
            bad += ratio > 1.01
        }
        exit bad > 0
    }' || fail "the bridge is felt"
