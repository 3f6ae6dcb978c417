#!/bin/sh
# A master station that archives the simulated meters in the first terminal that logs in and then stays.
#   SIM=FOLDER with meters.csv    LISTEN=0.0.0.0:9001    BIN=FOLDER of the simulators    CONTROL=SOCKET
set -eu
exec "${BIN:-/usr/bin}/master-sim" --listen "${LISTEN:-0.0.0.0:9001}" ${CONTROL:+--control "$CONTROL"} --stay \
    "wait login 120" "archive ${SIM:-/sim}/meters.csv" "query F10 1..8" "get 0C F129 p1"
