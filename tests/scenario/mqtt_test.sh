#!/bin/sh
# The bridge against a real broker over TLS: a broker that is absent, restarts and refuses; a bridge that is killed with -9;
# every record of the run counted at an independent subscriber; values equal to the displays of the meters, digit for
# digit; each way a connection can fail named in words.
#
# usage: BUILD=build sh tests/scenario/mqtt_test.sh
#   MQTT_KILLS=200 MQTT_RESTARTS=50   the long run (default: a slice)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mqtt_certs.sh"
KILLS=${MQTT_KILLS:-8}
RESTARTS=${MQTT_RESTARTS:-3}
TLS_PORT=$((PORT + 1))
BAD_PORT=$((PORT + 2))
AUTH_PORT=$((PORT + 3))
BASE=ecc/v1/44030001

if ! [ -x "$BIN/concentrator-mqtt" ]; then
    echo "skip: concentrator-mqtt is not built (libpaho-mqtt-dev is missing)"
    exit 0
fi
if ! getent ahostsv4 localhost >/dev/null; then
    echo "skip: this machine has no address for localhost (/etc/hosts), which the certificates name"
    exit 0
fi
make_certs "$DIR/certs" || fail "certificates: $(cat "$DIR/certs/log")"
C=$DIR/certs

# ---- the broker: one port over TLS with client certificates, one with a password ----
broker_config() {
    cat >"$DIR/broker.conf" <<CONF
per_listener_settings true
persistence true
persistence_location $DIR/broker/
autosave_interval 0
max_queued_messages 0
listener $TLS_PORT 127.0.0.1
cafile $C/ca.pem
certfile $C/broker-good.pem
keyfile $C/broker-good.key
require_certificate true
allow_anonymous true
listener $AUTH_PORT 127.0.0.1
allow_anonymous false
password_file $DIR/passwords
CONF
}
mkdir -p "$DIR/broker"
# started as root the broker becomes another user
chmod 777 "$DIR/broker"
chmod 755 "$DIR"
: >"$DIR/passwords"
mosquitto_passwd -b "$DIR/passwords" box secret 2>/dev/null || fail "mosquitto_passwd"
chmod 644 "$DIR/passwords"
broker_config

start_broker() {
    start broker mosquitto -c "$DIR/broker.conf"
    wait_for 10 "the broker" grep -q 'running' "$DIR/broker.log"
}

# an observer of its own: it keeps its session, so that a restart of the broker hides nothing from it
start_observer() {
    start observer sh -c 'exec mosquitto_sub "$@" >>"$0"' "$DIR/seen" -h localhost -p $TLS_PORT --cafile "$C/ca.pem" \
        --cert "$C/client.pem" --key "$C/client.key" -q 1 -c -i observer -k 5 -t '#' -F '%r %t %p'
}

tls_keys() {
    printf 'tls_ca = %s\ntls_cert = %s\ntls_key = %s\n' "$C/ca.pem" "$C/client.pem" "$C/client.key"
}

# bridge_config NAME URI [extra lines on standard input]: the bridge with a file of its own beside the box's
bridge_config() {
    {
        grep -v '^$' "$DIR/concentrator.conf"
        printf '[mqtt]\nuri = %s\nkeepalive = 10\n' "$2"
        cat
    } >"$DIR/$1.conf"
}

start_bridge() { # [NAME]
    start "${1:-bridge}" "$BIN/concentrator-mqtt" --config "$DIR/${1:-bridge}.conf"
}

seen_recs() { # every record number that reached the observer
    sed -n 's#^[01] [^ ]*/\(data\|freeze\|event\) .*"rec":\([0-9]*\),.*#\2#p' "$DIR/seen" | sort -un
}

all_seen() {
    "$BIN/journal-list" "$DIR/state" | awk '{ print $1 }' | sort -n >"$DIR/expected"
    seen_recs | sort >"$DIR/got"
    sort "$DIR/expected" | comm -23 - "$DIR/got" >"$DIR/missing"
    [ -s "$DIR/expected" ] && ! [ -s "$DIR/missing" ]
}

moment() { # some milliseconds, so that kills fall everywhere
    sleep "$(awk -v n="$1" -v s="$$" 'BEGIN { srand(n * 7919 + s); printf "%.3f", 0.05 + rand() * 1.2 }')"
}

ended() {
    ! kill -0 "$(pid_of "$1")" 2>/dev/null || grep -q ') Z ' "/proc/$(pid_of "$1")/stat"
}

# ---- no broker yet: nothing is lost ----
system_up 4 19200 --delay-ms 5..5 --time-scale 0
bridge_config bridge "mqtts://localhost:$TLS_PORT" <<CONF
window = 10
replay_rps = 0
$(tls_keys)
CONF
start_bridge
wait_for 20 "word of the absent broker" grep -q 'no TCP connection: Connection refused' "$DIR/bridge.log"
wait_for 120 "a round" sh -c "'$BIN/journal-list' '$DIR/state' | grep -q data"
start_broker
start_observer
wait_for 60 "the first connection" grep -q "connected to mqtts://localhost:$TLS_PORT as ecc-44030001" "$DIR/bridge.log"
wait_for 60 "the records that waited" all_seen
grep -q "^[01] $BASE/status online" "$DIR/seen" || fail "no status"

# ---- memory, with TLS ----
# brokers on this machine share the TLS library with the bridge, a concentrator has none: it is counted in full
memory() {
    awk '/^[0-9a-f]+-/ { whole = $6 ~ /crypto|ssl|paho|concentrator-mqtt/ }
        /^Rss:/ { rss += $2; if (whole) alone += $2 } /^Pss:/ { pss += $2; if (!whole) alone += $2 }
        END { print alone, "kB, of them shared with others here:", alone - pss, "kB; resident", rss, "kB" }' \
        "/proc/$(pid_of bridge)/smaps"
}
memory >"$DIR/memory"
echo "the bridge takes $(cat "$DIR/memory")"
[ "$(sed 's/ .*//' "$DIR/memory")" -lt 8192 ] || fail "more than 8 MB"

# ---- killed with -9, at any moment ----
n=0
while [ $n -lt "$KILLS" ]; do
    n=$((n + 1))
    moment $n
    stop bridge -KILL
    start_bridge
done
echo "$KILLS kills of the bridge"

# ---- the broker restarts ----
n=0
while [ $n -lt "$RESTARTS" ]; do
    n=$((n + 1))
    wait_for 150 "a connection before restart $n" sh -c "grep -c 'connected to' '$DIR/bridge.log' | grep -qx $n"
    moment $n
    stop broker
    moment $((n + 5))
    start_broker
done
wait_for 150 "the connection after the last restart" sh -c "grep -c 'connected to' '$DIR/bridge.log' | grep -qx $((n + 1))"
echo "$RESTARTS restarts of the broker, now it takes $(memory)"
wait_for 120 "every record at the observer" all_seen

# ---- unchanged: a record that came twice came with the same content ----
sed -n 's#^[01] [^ ]*/\(data\|freeze\|event\) \({.*}\)$#\2#p' "$DIR/seen" | sed 's/"hist":\(true\|false\),//' | sort -u |
    sed 's/.*"rec":\([0-9]*\),.*/\1/' | sort | uniq -d >"$DIR/changed"
[ -s "$DIR/changed" ] && fail "records with two contents: $(head -3 "$DIR/changed")"
echo "$(wc -l <"$DIR/expected") records arrived, $(grep -c '^[01] [^ ]*/\(data\|freeze\|event\) ' "$DIR/seen") messages"
grep -q '"kind":"gap"' "$DIR/seen" && fail "a gap was announced"

# ---- digits: what the meters display ----
point=1
while [ $point -le 12 ]; do
    sim "registers $point" | awk '
        /^0001/ { key["00010000"] = "ep_imp"; k = "ep_imp"; t = substr($1, 5, 2) + 0; if (t) k = k "_t" t; print k, $2 }
        /^00020000/ { print "ep_exp", $2 }
        /^02010[123]00/ { print "u_" substr("abc", substr($1, 6, 1), 1), $2 }
        /^02030000/ { print "p", $2 }
        /^02060000/ { print "pf", $2 }' | sed 's/ 0*\([0-9]\)/ \1/' | while read -r key digits; do
        grep -q "^[01] $BASE/m/10000000$(printf %04d $point)/state .*\"$key\":$digits[,}]" "$DIR/seen" ||
            echo "point $point: $key is $digits on the display"
    done
    point=$((point + 1))
done >"$DIR/differ"
[ -s "$DIR/differ" ] && fail "values differ: $(head -3 "$DIR/differ")"
echo "values equal the displays of 12 meters, digit for digit"

# ---- taking leave ----
stop bridge
wait_for 10 "the farewell" sh -c "tail -n 3 '$DIR/seen' | grep -q '$BASE/status offline'"

# ---- what can go wrong, each named ----
# expect_fault NAME URI TEXT [extra lines on standard input]
expect_fault() {
    bridge_config "$1" "$2"
    start_bridge "$1"
    wait_for 30 "$1: $3" grep -q "$3" "$DIR/$1.log"
    stop "$1"
    echo "$1: $(sed -n "s/.*concentrator-mqtt: warning: //p" "$DIR/$1.log" | grep "$3" | head -n 1)"
}

bad_broker() { # CERTIFICATE
    [ -e "$DIR/bad.pid" ] && stop bad
    cat >"$DIR/bad.conf" <<CONF
listener $BAD_PORT 127.0.0.1
certfile $C/$1.pem
keyfile $C/$1.key
allow_anonymous true
CONF
    start bad mosquitto -c "$DIR/bad.conf"
    wait_for 10 "the other broker" grep -q 'running' "$DIR/bad.log"
}

tls_keys | sed "s|$C/ca.pem|$C/other-ca.pem|" >"$DIR/lines"
expect_fault unknown_ca "mqtts://localhost:$TLS_PORT" 'TLS: its certificate is of an unknown CA' <"$DIR/lines"
printf 'tls_ca = %s\n' "$C/ca.pem" >"$DIR/lines"
expect_fault no_client_certificate "mqtts://localhost:$TLS_PORT" 'TLS: it refuses our certificate' <"$DIR/lines"
bad_broker broker-expired
expect_fault expired "mqtts://localhost:$BAD_PORT" 'TLS: its certificate has expired: valid until' <"$DIR/lines"
bad_broker broker-future
expect_fault not_yet "mqtts://localhost:$BAD_PORT" 'TLS: its certificate is not yet valid: valid from' <"$DIR/lines"
bad_broker broker-elsewhere
expect_fault other_host "mqtts://localhost:$BAD_PORT" 'TLS: its certificate is for another host, not for localhost' <"$DIR/lines"
expect_fault other_address "mqtts://127.0.0.1:$BAD_PORT" 'TLS: its certificate is for another host, not for 127.0.0.1' <"$DIR/lines"
printf 'tls_ca = %s\n' "$C/nowhere.pem" >"$DIR/lines"
expect_fault no_file "mqtts://localhost:$BAD_PORT" "TLS: tls_ca = $C/nowhere.pem cannot be used: No such file" <"$DIR/lines"
printf 'tls_ca = %s\n' "$C/ca.pem" >"$DIR/lines"
expect_fault no_tls "mqtts://localhost:$AUTH_PORT" 'TLS: the handshake failed' <"$DIR/lines"
expect_fault no_name "mqtt://no-such-host.invalid" 'its name cannot be resolved' </dev/null
expect_fault no_user "mqtt://localhost:$AUTH_PORT" 'it refuses the connection: we are not authorised' </dev/null
echo wrong >"$DIR/password"
printf 'user = box\npassword_file = %s\nversion = 5\n' "$DIR/password" >"$DIR/lines"
expect_fault wrong_password "mqtt://localhost:$AUTH_PORT" 'it refuses the connection: \(user or password is wrong\|we are not authorised\)' <"$DIR/lines"
rm "$DIR/password"
expect_fault no_password "mqtt://localhost:$AUTH_PORT" 'password_file = .* cannot be used: No such file' <"$DIR/lines"

# the clock: TLS is not even tried
printf 'tls_ca = %s\n' "$C/ca.pem" >"$DIR/lines"
bridge_config clock "mqtts://localhost:$TLS_PORT" <"$DIR/lines"
# the library itself: the faketime program forks, and the bridge would outlive its end
start clock env LD_PRELOAD="$(dpkg -L libfaketime | grep '/libfaketime[.]so[.]1$')" FAKETIME='1970-01-01 00:01:00' \
    "$BIN/concentrator-mqtt" --config "$DIR/clock.conf"
wait_for 20 "word of the clock" grep -q 'TLS waits for the clock: it says 1970-01-01' "$DIR/clock.log"
stop clock
echo "clock: $(sed -n 's/.*warning: //p' "$DIR/clock.log" | head -n 1)"

# the same for people
"$BIN/concentrator-mqtt" --config "$DIR/other_host.conf" --check >"$DIR/check" 2>&1 && fail "--check: $(cat "$DIR/check")"
grep -q 'is for another host' "$DIR/check" || fail "--check: $(cat "$DIR/check")"
"$BIN/concentrator-mqtt" --config "$DIR/bridge.conf" --check >"$DIR/check" 2>&1 || fail "--check: $(cat "$DIR/check")"

# ---- MQTT 5 with user and password: properties, and the will after a delay ----
echo secret >"$DIR/password"
printf 'user = box\npassword_file = %s\nversion = 5\nha_discovery = on\n' "$DIR/password" >"$DIR/lines"
bridge_config five "mqtt://localhost:$AUTH_PORT" <"$DIR/lines"
start five_observer sh -c 'exec mosquitto_sub "$@" >"$0"' "$DIR/five_seen" -h localhost -p $AUTH_PORT -u box -P secret \
    -V mqttv5 -t '#' -F '%C %E %r %t %p'
start_bridge five
wait_for 60 "a state with its properties" grep -q "^application/json 27[0-9][0-9] [01] $BASE/m/100000000001/state" "$DIR/five_seen"
wait_for 20 "a discovery document" grep -q "homeassistant/device/44030001_100000000001/config" "$DIR/five_seen"
stop five -KILL
wait_for 30 "the will" sh -c "tail -n 1 '$DIR/five_seen' | grep -q '$BASE/status offline'"
echo "MQTT 5: properties and will"

# ---- a configuration that is wrong ----
printf 'colour = red\n' >"$DIR/lines"
bridge_config wrong mqtt://localhost <"$DIR/lines"
"$BIN/concentrator-mqtt" --config "$DIR/wrong.conf" 2>"$DIR/err"
[ $? -eq 2 ] || fail "an unknown key is not refused"
grep -q "^$DIR/wrong.conf:[0-9]*: unknown key colour$" "$DIR/err" || fail "it said: $(cat "$DIR/err")"
