#!/bin/sh
# Simulated meters behind serial device servers: port N is TCP port 7100 + N.
#   PORTS METERS            RS485 ports (3), meters on each (64)       SIM=FOLDER   meters.csv for the master station
#   BASE=7100 LISTEN=0.0.0.0 BIN=FOLDER of the simulators      arguments go to meter-sim
set -eu
sim=${SIM:-/sim}
ports=${PORTS:-3}
bin=${BIN:-/usr/bin}
mkdir -p "$sim"
rm -f "$sim/meters.csv"
"$bin/meter-sim" --dir "$sim" --ports "$ports" --meters "${METERS:-64}" --ignore-baud --baud 9600 "$@" &
pids=$!
stop() {
    trap - TERM INT
    kill $pids 2>/dev/null || true
    wait
    exit 0
}
trap stop TERM INT
until [ -s "$sim/meters.csv" ] && [ -e "$sim/port$ports" ]; do
    kill -0 $pids # ends this script when the simulator has ended
    sleep 0.1
done
n=1
while [ $n -le "$ports" ]; do
    socat "TCP4-LISTEN:$((${BASE:-7100} + n)),bind=${LISTEN:-0.0.0.0},reuseaddr,fork,max-children=1" "FILE:$sim/port$n,raw,echo=0" &
    pids="$pids $!"
    n=$((n + 1))
done
wait
