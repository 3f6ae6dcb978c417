#!/bin/sh
# What the images of docker/ run, without an engine: the same scripts with the settings of compose.yaml, as processes of this
# machine on loopback. And that the Dockerfile and the composition name only what exists.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1

# ---- files ----
for script in docker/*.sh; do
    sh -n "$script" || fail "$script"
done
sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' docker/Dockerfile | tr ' ' '\n' | while read -r path; do
    [ -e "$path" ] || { echo "$path"; exit 1; }
done || fail "the Dockerfile copies what does not exist"
sed -n 's/.*target: \([a-z]*\)}.*/\1/p' docker/compose.yaml | while read -r target; do
    grep -q "^FROM .* AS $target\$" docker/Dockerfile || { echo "$target"; exit 1; }
done || fail "the composition wants a target that the Dockerfile has not"
# each setting of the composition is read by a script
sed -n 's/^      \([A-Z][A-Z0-9_]*\): .*/\1/p' docker/compose.yaml | sort -u | while read -r name; do
    case $name in RS485_*) name=RS485_ ;; esac
    grep -q "$name" docker/*.sh || { echo "$name"; exit 1; }
done || fail "a setting of the composition is not used"

command -v socat >/dev/null || { echo "skip: the scripts of the images (socat is not on this machine)"; exit 0; }

# ---- the scripts ----
port=$((20000 + $$ % 10000 * 3))
mkdir "$DIR/sim" "$DIR/lines" "$DIR/state" "$DIR/run" "$DIR/certs"
broker=""
if [ -x "$BIN/concentrator-mqtt" ] && command -v openssl >/dev/null && PATH=$PATH:/usr/sbin command -v mosquitto >/dev/null; then
    broker=mqtts://127.0.0.1:$((port + 9))
    # mosquitto started by root becomes the user mosquitto and must reach its key
    chmod 755 "$DIR"
    start broker env CERTS="$DIR/certs" BROKER_NAME=127.0.0.1 PORT=$((port + 9)) LISTEN=127.0.0.1 sh docker/broker.sh
    wait_for 30 "certificates" test -s "$DIR/certs/ca.crt"
else
    echo "skip: the broker (concentrator-mqtt, mosquitto or openssl is missing)"
fi
start meters env PORTS=2 METERS=2 SIM="$DIR/sim" BASE=$port LISTEN=127.0.0.1 BIN="$BIN" sh docker/meters.sh \
    --fault "all load=0" # registers that stand still can be compared
wait_for 20 "the meters" test -s "$DIR/sim/meters.csv"
start master env SIM="$DIR/sim" LISTEN=127.0.0.1:$((port + 8)) BIN="$BIN" CONTROL="$DIR/master.sock" sh docker/master.sh
wait_for 20 "the master station" grep -q '^listening' "$DIR/master.log"
start box env REGION=4403 ADDRESS=1 MASTER=127.0.0.1:$((port + 8)) RS485_1=127.0.0.1:$((port + 1)) RS485_2=127.0.0.1:$((port + 2)) \
    MQTT_URI="$broker" MQTT_CA="${broker:+$DIR/certs/ca.crt}" STATE="$DIR/state" RUN="$DIR/run" LINE_DIR="$DIR/lines" \
    CONFIG="$DIR/concentrator.conf" BIN="$BIN" PREPARE=true sh docker/run.sh
wait_for 30 "concentratord" ctl status
meter_sim() {
    "$BIN/meter-sim" --dir "$DIR/sim" --send "$1"
}
for point in 1 4; do
    digits=$(meter_sim "registers $point" | awk '$1 == "00010000" { sub(/^0+/, "", $2); print $2 }')
    same() {
        ctl values "$point" | grep -q -F "$digits"
    }
    wait_for 90 "meter $point shows $digits kWh, and so does the concentrator" same
done
wait_for 60 "the master station reads a meter" grep -q 'fwd_active\[0\] = [1-9]' "$DIR/master.log"
if [ -n "$broker" ]; then
    heard() {
        timeout 5 mosquitto_sub -h 127.0.0.1 -p $((port + 9)) --cafile "$DIR/certs/ca.crt" -t 'ecc/v1/#' -C 1 >"$DIR/mqtt.out" &&
            [ -s "$DIR/mqtt.out" ]
    }
    command -v mosquitto_sub >/dev/null && wait_for 60 "a retained message at the broker over TLS" heard
fi
kill -TERM "$(pid_of box)"
wait "$(pid_of box)" || fail "run.sh ended with status $?"
[ ! -e "$DIR/run/control.sock" ] || fail "the control socket is left"
[ ! -e "$DIR/lines/rs485.1" ] || fail "a line is left"
echo "docker: the scripts of the images ran on this machine; an engine is not needed for this test"
