#!/bin/sh
# 192 meters archived in one multi-frame F10 are accepted and queried back byte for byte, and every value the master
# gets equals the register the meter displays, digit for digit: present energies, yesterday's freeze, its difference
# to the day before, voltages. The meters' time stands still, so that "the same moment" is exact.
# usage: BUILD=build sh tests/scenario/values_test.sh
. "$(dirname "$0")/lib.sh"

# the moment at which everything is read: half past ten this morning, local time of the meters
TODAY=$(TZ=CST-8 date +%Y-%m-%d)
YESTERDAY=$(TZ=CST-8 date -d "$TODAY -1 day" +%Y-%m-%d)

system_up 64 19200 --delay-ms 20..20 --time-scale 0
must_master "query F10 1..192 compare $DIR/sim/meters.csv"
grep -q '192 entries are the same byte for byte, 0 differ, 0 of 192 asked are missing' "$DIR/answer" || fail "F10: $(cat "$DIR/answer")"

registers() { # [at TIME]: "POINT DI VALUE" of the forward energies of all meters
    point=1
    set -- "$@"
    {
        while [ $point -le 192 ]; do
            echo "== $point"
            sim "registers $point${1:+ at $1}"
            point=$((point + 1))
        done
    } | awk '/^==/ { p = $2; next } /^0001/ { print p, substr($1, 3, 4) == "0100" ? $1 : $1, $2 + 0 }'
}

# "POINT DI VALUE" of every fwd_active in the answer
answered() {
    awk '/ p[0-9]+ / { for (i = 1; i <= NF; i++) if ($i ~ /^p[0-9]+$/) p = substr($i, 2) }
         /fwd_active\[[0-4]\] = / { match($1, /[0-9]+\]/); t = substr($1, RSTART, RLENGTH - 1)
                                    printf "%s 0001%02d00 %s\n", p, t, $3 + 0 }' "$DIR/answer"
}

wait_for 120 "all meters read" master "get 0C F129 p1..p192 all"
registers >"$DIR/display"
answered >"$DIR/got"
[ "$(wc -l <"$DIR/got")" -eq 960 ] || fail "$(wc -l <"$DIR/got") values instead of 960"
diff "$DIR/display" "$DIR/got" >"$DIR/diff.log" || fail "present energies differ from the displays"
echo "960 present energies equal the displays"

# the printed text keeps each digit: compare the digits themselves for one meter
sim "registers 7" | awk '/^00010000/ { sub(/^0+/, "", $2); print $2 "00" }' >"$DIR/digits"
master "get 0C F129 p7"
grep -q "fwd_active\[0\] = $(cat "$DIR/digits") kWh" "$DIR/answer" || fail "digits of p7: $(cat "$DIR/digits") against $(cat "$DIR/answer")"

# the day's freeze: what the meter displayed at 24:00 of yesterday
wait_for 200 "yesterday's freezes" master "get 0D F161 p1..p192 day $YESTERDAY all"
registers "$TODAY 00:00:00" >"$DIR/display"
answered >"$DIR/got"
diff "$DIR/display" "$DIR/got" >"$DIR/diff.log" || fail "day freezes differ from the displays at 24:00"
[ "$(grep -c "T = $YESTERDAY 23:59" "$DIR/answer")" -eq 192 ] || fail "T of the day freezes is not 23:59 of the day"
echo "960 values of yesterday's freeze equal the displays at 24:00"

# a value that was read for the request
must_master "get 0C F25 p3"
u=$(sed -n 's/.*U_A = \([0-9.]*\) V/\1/p' "$DIR/answer")
shown=$(sim "item 3 02010100" | tail -n 1)
case $shown in *"$u"*) ;; *) fail "U_A of p3: answered $u, displayed $shown" ;; esac
echo "voltage of p3: $u V"
