#!/bin/sh
# The benches: bus utilisation, the cost of dead meters, answer time of a stored item, memory. Figures are ratios of
# one run; nothing here passes or fails.
# usage: BUILD=build-gcc sh tests/bench/run.sh [utilisation|dead|latency]...   (default: all; minutes)
#   METERS=64 a port, SECONDS_EACH=150 for each utilisation run
. "$(dirname "$0")/../scenario/lib.sh"
METERS=${METERS:-64}
SECONDS_EACH=${SECONDS_EACH:-150}
ITEM=0001FF00 # forward active energy, the block that every sweep asks

# the simulators and the concentrator with all meters archived, read once a minute
up() { # baud, meter-sim options...
    rate=$1
    shift
    rm -rf "$DIR/state" "$DIR/run" "$DIR/sim"
    system_up "$METERS" "$rate" --log "$DIR/exchanges.csv" "$@"
}

down() {
    stop concentratord
    stop master
    stop meters
}

memory() {
    for process in concentratord concentrator-uplink concentrator-bus; do
        for pid in $(pgrep -x "$(echo $process | cut -c1-15)"); do
            grep -qs "$DIR" "/proc/$pid/cmdline" || continue
            awk -v name=$process '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } END { print name, rss, pss }' "/proc/$pid/smaps_rollup"
        done
    done | awk '{ printf "%-22s rss %5d kB  pss %5d kB\n", $1, $2, $3; all += $3 } END { printf "pss_total_kb=%d\n", all }'
}

utilisation() { # baud
    up "$1"
    sleep "$SECONDS_EACH" # the length of the measurement
    memory
    down
    echo "--- $1 baud, 3 ports, $METERS meters each"
    rounds "$1" "$METERS"
}

# microseconds of the monotonic clock, as in the log
now_us() {
    awk '{ printf "%.0f", $1 * 1e6 }' /proc/uptime
}

rounds() { # baud meters awk-options...: whole rounds between two times, some points left out
    rate=$1
    count=$2
    shift 2
    awk -F , -v baud="$rate" -v meters="$count" -v size="$METERS" -v di=$ITEM "$@" -f "$ROOT/tests/bench/utilisation.awk" "$DIR/exchanges.csv"
}

dead_known() {
    [ "$(grep -c 'reading failure of point [0-9]* begins' "$DIR/concentratord.log")" -ge $((METERS * 3 / 20)) ]
}

dead() { # baud: a round of the living with one meter in twenty silent, beside the same round with all alive
    up "$1"
    sleep "$SECONDS_EACH"
    silent_at=$(now_us)
    sim every=20 silent >/dev/null
    # a meter is known to be dead after its failed tries of one sweep
    wait_for 180 "the dead are known" dead_known
    known_at=$(now_us)
    sleep "$SECONDS_EACH"
    down
    living=$((METERS - METERS / 20))
    echo "--- $1 baud, $((METERS / 20)) of $METERS meters a port silent"
    rounds "$1" $living -v skip=20 -v to="$silent_at" | tail -n 1 | sed 's/^/alive: /'
    rounds "$1" $living -v skip=20 -v from="$known_at" | tail -n 1 | sed 's/^/dead:  /'
}

latency() {
    up 2400
    # every meter must have been read once before its stored value can be asked
    wait_for 120 "first sweep" master "get 0C F129 p1..p$((METERS * 3)) all"
    stop master
    echo "--- answer time of a stored item (0C F129) while all ports sweep, beside a bare echo of the same sizes"
    timeout 120 "$BUILD/bench/latency_bench" "$PORT" $((METERS * 3)) 5000
    memory
    stop concentratord
    stop meters
}

[ $# -gt 0 ] || set -- utilisation dead latency
for bench in "$@"; do
    case $bench in
    utilisation)
        utilisation 2400
        utilisation 9600
        ;;
    dead) dead 9600 ;;
    latency) latency ;;
    *) echo "run.sh: unknown bench $bench" >&2; exit 2 ;;
    esac
done
