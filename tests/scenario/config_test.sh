#!/bin/sh
# A bad configuration: one line "file:line: reason" and exit 2, nothing started. A second instance: refused.
# usage: BUILD=build sh tests/scenario/config_test.sh
. "$(dirname "$0")/lib.sh"

good() {
    system_config
    mkdir -p "$DIR/sim"
    for n in 1 2 3; do ln -sf /dev/null "$DIR/sim/port$n"; done
}

refused() { # EXPECTED_PATTERN: the configuration in place must be refused with it
    timeout 10 "$BIN/concentratord" --config "$DIR/concentrator.conf" >"$DIR/out" 2>"$DIR/err"
    code=$?
    [ $code -eq 2 ] || fail "exit $code instead of 2 for: $1 ($(cat "$DIR/err"))"
    [ "$(wc -l <"$DIR/err")" -eq 1 ] || fail "more than one line: $(cat "$DIR/err")"
    grep -Eq "$1" "$DIR/err" || fail "expected $1, got $(cat "$DIR/err")"
    [ -s "$DIR/out" ] && fail "it wrote to standard output"
    [ -e "$DIR/state/store.db" ] && fail "it made a store"
    return 0
}

good
echo 'colour = red' >>"$DIR/concentrator.conf"
refused "^$DIR/concentrator.conf:[0-9]+: .*colour"
good
sed -i 's/^address = 1$/address = 70000/' "$DIR/concentrator.conf"
refused "^$DIR/concentrator.conf:3: .*address"
good
sed -i 's/^region = 4403$/region = 44A3/' "$DIR/concentrator.conf"
refused "^$DIR/concentrator.conf:2: .*region"
good
rm "$DIR/sim/port2"
refused "^$DIR/concentrator.conf:[0-9]+: .*port2"
good
sed -i '/^region/d' "$DIR/concentrator.conf"
refused "^$DIR/concentrator.conf:[0-9]+: .*region"
good
sed -i 's/^master = .*/master = nowhere/' "$DIR/concentrator.conf"
refused "^$DIR/concentrator.conf:[0-9]+: .*master"
good
printf '[cellar]\nx = 1\n' >>"$DIR/concentrator.conf"
refused "^$DIR/concentrator.conf:[0-9]+: .*cellar"
rm "$DIR/concentrator.conf"
refused "concentrator.conf"

rm -rf "$DIR/sim"
system_config
start_meters 1 9600
start_concentratord
wait_for 10 "the control socket" test -S "$DIR/run/control.sock"
timeout 10 "$BIN/concentratord" --config "$DIR/concentrator.conf" >"$DIR/out" 2>"$DIR/err" && fail "a second instance started"
[ "$(wc -l <"$DIR/err")" -eq 1 ] || fail "second instance: $(cat "$DIR/err")"
ctl status >/dev/null || fail "the second instance disturbed the first"
kill "$(pid_of concentratord)"
wait "$(pid_of concentratord)" || fail "exit $? after SIGTERM"
pgrep -f "$DIR/" | grep -vx "$(pid_of meters)" | grep -vx $$ >/dev/null && fail "children are left: $(pgrep -af "$DIR/")"
echo "bad configurations are refused with file and line; one instance at a time"
