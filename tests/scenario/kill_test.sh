#!/bin/sh
# kill -9 of any process at any time: no confirmed parameter and no stored freeze is lost, a bus process loses no
# job, the uplink is back and logged in within 5 s and nothing else notices.
# usage: BUILD=build [KILLS=10] sh tests/scenario/kill_test.sh
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-8}

child() { # pid of a child of concentratord by a pattern of its command line
    pgrep -P "$(pid_of concentratord)" -f "$1" | head -n 1
}

orphans_gone() {
    ! pgrep -f "$DIR/concentrator.conf" && ! pgrep -f "$DIR/sim/port"
}

system_up 4 19200 --delay-ms 20..20 --time-scale 0
wait_for 60 "first values" master "get 0C F129 p1..p12 all"
wait_for 60 "yesterday's freezes" master "get 0D F161 p1..p12 day yesterday all"
cp "$DIR/answer" "$DIR/freezes"

# ---- the uplink ----
buses=$(pgrep -P "$(pid_of concentratord)" -x concentrator-bu | sort | tr '\n' ' ')
before=$(date +%s%N)
kill -9 "$(child concentrator-uplink)"
must_master "wait disconnect 5"
must_master "wait login 5"
echo "uplink: logged in again $((($(date +%s%N) - before) / 1000000)) ms after kill -9"
[ "$(pgrep -P "$(pid_of concentratord)" -x concentrator-bu | sort | tr '\n' ' ')" = "$buses" ] || fail "a bus process noticed"

# ---- a bus process, while a job is on the wire: the reading is answered all the same ----
i=0
while [ $i -lt "$KILLS" ]; do
    sim "point=2 late=300" >/dev/null
    ctl read p2 >"$DIR/read" 2>&1 &
    reader=$!
    sleep "0.$((i % 4))5" # somewhere inside the exchange, another place each time
    kill -9 "$(child "concentrator-bus --port 1 ")" 2>/dev/null
    wait $reader || fail "the job was lost with its bus process: $(cat "$DIR/read")"
    sim "point=2 ok" >/dev/null
    i=$((i + 1))
done
echo "bus: $KILLS kills, every reading answered"

# ---- a bus process that hangs ----
kill -STOP "$(child "concentrator-bus --port 1 ")"
ctl read p2 >"$DIR/read" 2>&1 || fail "a hung bus process lost the job: $(cat "$DIR/read")"
# one that hangs when its parent dies must go as well: it would keep the port
kill -STOP "$(child "concentrator-bus --port 3 ")"

# ---- concentratord, while the master sets F36 to 1, 2, 3 ...: what was confirmed is there ----
value=0
i=0
while [ $i -lt "$KILLS" ]; do
    i=$((i + 1))
    confirmed=$value
    (
        n=0
        while [ $n -lt 400 ]; do
            value=$((value + 1))
            n=$((n + 1))
            master "set F36 $(printf '%02X%02X0000' $((value % 256)) $((value / 256)))" || break
            echo "$value" >"$DIR/confirmed"
        done
    ) &
    setter=$!
    sleep "0.$((i * 37 % 90 + 10))"
    kill -9 "$(pid_of concentratord)"
    wait "$(pid_of concentratord)" 2>/dev/null
    wait $setter
    [ -s "$DIR/confirmed" ] && confirmed=$(cat "$DIR/confirmed")
    # its orphans end by themselves when their socket closes
    wait_for 10 "the orphans end" orphans_gone
    start_concentratord
    must_master "wait login 20"
    must_master "query F36"
    stored=$(sed -n 's/.*month_limit = \([0-9]*\).*/\1/p' "$DIR/answer")
    [ -n "$stored" ] && [ "$stored" -ge "$confirmed" ] || fail "F36 confirmed as $confirmed, stored ${stored:-nothing}: $(cat "$DIR/answer")"
    value=$stored
done
echo "concentratord: $KILLS kills, the last confirmed F36 was $confirmed, nothing lost"
must_master "get 0D F161 p1..p12 day yesterday all"
sed -i '1d' "$DIR/freezes" "$DIR/answer" # the line with the answer's time
diff "$DIR/freezes" "$DIR/answer" >"$DIR/diff.log" || fail "a freeze changed or is gone"
must_master "query F10 1..12 compare $DIR/sim/meters.csv"
echo "freezes and archive are as before"
