#!/bin/sh
# The bus in trouble: noise, echo, a wrong checksum, a late meter, a dead meter that comes back, a port that is
# pulled. What is stored is right or missing, never wrong; live requests are still answered.
# usage: BUILD=build sh tests/scenario/noise_test.sh
. "$(dirname "$0")/lib.sh"
export FRESH_S=1 # requests read the meter

system_up 4 9600 --delay-ms 20..40 --time-scale 0
wait_for 60 "first values" master "get 0C F129 p1..p12 all"

equal_display() { # POINT: the value that a request reads now
    must_master "get 0C F129 p$1 all"
    want=$(sim "registers $1" | awk '/^00010000/ { print $2 + 0 }')
    got=$(awk '/fwd_active\[0\] = / { print $3 + 0 }' "$DIR/answer")
    [ "$want" = "$got" ] || fail "point $1: displayed $want, answered $got"
}

sim "all ber=1e-4" >/dev/null
for point in 1 5 9 2 6 10; do equal_display $point; done
sim "all ok" >/dev/null
sim "all ber=0" >/dev/null
echo "bit errors of 1e-4: right values"

sim "port=1 echo" >/dev/null
equal_display 1
equal_display 2
sim "port=1 ok" >/dev/null
echo "echo: removed"

sim "point=6 checksum times=1" >/dev/null
equal_display 6
sim "point=6 noise=7" >/dev/null
equal_display 6
sim "point=6 ok" >/dev/null
sim "point=6 late=450" >/dev/null
equal_display 6
sim "point=6 ok" >/dev/null
echo "wrong checksum once, noise before the answer, a slow answer: right values"

sim "point=10 silent" >/dev/null
wait_for 150 "the failure event of p10" grep -q 'event ERC31 .*10' "$DIR/concentratord.log"
equal_display 9
sim "point=10 ok" >/dev/null
failures=$(grep -c 'event ERC31' "$DIR/concentratord.log")
wait_for 150 "p10 is back" sh -c "[ \$(grep -c 'event ERC31' '$DIR/concentratord.log') -gt $failures ]"
equal_display 10
echo "a dead meter: event, others answer, event again when it is back"
