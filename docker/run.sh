#!/bin/sh
# The concentrator in a container: writes the configuration from the environment, connects serial lines that come over
# TCP, and runs concentratord. A container has no right to set the clock, so it keeps an offset of its own.
#
#   REGION ADDRESS          terminal address (4403, 1)
#   MASTER=HOST:PORT        master station                        MQTT_URI MQTT_CA   broker (none: no bridge)
#   RS485_N=DEVICE          or HOST:PORT of a serial device server, N = 1..8
#   CONFIG=FILE             a configuration of your own: nothing is written
# For a run outside of a container: STATE, RUN (folders), LINE_DIR (links to the lines), BIN (programs), PREPARE=true
set -eu
state=${STATE:-/var/lib/concentrator}
run=${RUN:-/run/concentrator}
line_dir=${LINE_DIR:-/dev}
config=${CONFIG:-/etc/concentrator/concentrator.conf}
daemon=${BIN:+$BIN/concentratord}
daemon=${daemon:-/usr/sbin/concentratord}

# The configuration takes addresses only, and a broker or master may move between two starts.
address_of() { # HOST:PORT
    host=${1%:*}
    case $host in
    *[!0-9.]*) host=$(getent ahostsv4 "$host" | awk 'NR == 1 { print $1 }') ;;
    esac
    [ -n "$host" ] || { echo "run.sh: no address for $1" >&2; exit 1; }
    echo "$host:${1##*:}"
}

write_config() {
    cat <<END
[terminal]
region = ${REGION:-4403}
address = ${ADDRESS:-1}
timezone = ${TZ:-Asia/Shanghai}
state_dir = $state
run_dir = $run
clock = offset
board = sim
END
    for n in 1 2 3 4 5 6 7 8; do
        eval "line=\${RS485_$n:-}"
        case $line in
        '') continue ;;
        *:*) line=$line_dir/rs485.$n ;;
        esac
        printf '[rs485.%s]\ndevice = %s\n' "$n" "$line"
    done
    if [ -n "${MASTER:-}" ]; then
        master=$(address_of "$MASTER")
        printf '[uplink]\nmaster = %s\nheartbeat_s = 60\n' "$master"
    fi
    if [ -n "${MQTT_URI:-}" ]; then
        printf '[mqtt]\nuri = %s\n' "$MQTT_URI"
        [ -z "${MQTT_CA:-}" ] || printf 'tls_ca = %s\n' "$MQTT_CA"
    fi
    ! [ -x "${daemon%/*}/concentrator-hmi" ] && ! [ -x /usr/lib/concentrator/concentrator-hmi ] || printf '[hmi]\noutput = none\n'
}

[ -n "${CONFIG:-}" ] && [ -s "$config" ] || write_config >"$config"

# A serial line over TCP; the meters' side may come and go.
serve_line() { # LINK HOST:PORT
    trap 'kill $! 2>/dev/null; exit 0' TERM
    while :; do
        socat "PTY,link=$1,raw,echo=0" "TCP4:$2" 2>/dev/null &
        wait $!
        sleep 1 &
        wait $!
    done
}

lines=""
for n in 1 2 3 4 5 6 7 8; do
    eval "line=\${RS485_$n:-}"
    case $line in
    '' | /*) continue ;;
    esac
    serve_line "$line_dir/rs485.$n" "$line" &
    lines="$lines $!"
    tries=0
    until [ -c "$line_dir/rs485.$n" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "run.sh: no line to $line" >&2; kill $lines; exit 1; }
        sleep 0.1
    done
done
${PREPARE:-/usr/lib/concentrator/prepare}

"$daemon" --config "$config" &
pid=$!
trap 'kill -TERM $pid 2>/dev/null' TERM INT
status=0
wait $pid || status=$?
# a signal ends the wait before the program has ended
while kill -0 $pid 2>/dev/null; do
    status=0
    wait $pid || status=$?
done
[ -z "$lines" ] || kill $lines 2>/dev/null || true
wait
exit $status
