#!/bin/sh
# The LCD process alone: it draws without store and without concentratord, survives being stopped, refuses what it does
# not know, and ends when told.  usage: BUILD=build sh tests/scenario/lcd_test.sh
. "$(dirname "$0")/lib.sh"

config() { # lines of [hmi]
    cat >"$DIR/concentrator.conf" <<EOF
[terminal]
region = 4403
address = 1
board = sim
state_dir = $DIR/state
run_dir = $DIR
[hmi]
$1
EOF
}

# a picture is 40 lines of 80 characters of three bytes, and an empty line
pictures() {
    echo $(($(stat -c %s "$DIR/pictures") / (40 * 241 + 1)))
}
has_pictures() {
    [ "$(pictures)" -ge "$1" ]
}
ended() {
    ! kill -0 "$(pid_of lcd)" 2>/dev/null || grep -q ') Z ' "/proc/$(pid_of lcd)/stat"
}

# the step of the pages changes the picture at least once in 20 s
config 'output = terminal'
start lcd sh -c 'exec "$0" --config "$1" >"$2"' "$BIN/concentrator-hmi" "$DIR/concentrator.conf" "$DIR/pictures"
wait_for 10 "the first picture" has_pictures 1
kill -STOP "$(pid_of lcd)"
kill -CONT "$(pid_of lcd)"
wait_for 30 "the next picture" has_pictures 2
kill "$(pid_of lcd)"
wait_for 5 "the end after SIGTERM" ended
wait "$(pid_of lcd)" || fail "exit status $? after SIGTERM"
[ $(($(stat -c %s "$DIR/pictures") % (40 * 241 + 1))) -eq 0 ] || fail "a picture was cut off"

# none of it may go on with a configuration that is wrong
config 'colour = red'
"$BIN/concentrator-hmi" --config "$DIR/concentrator.conf" >"$DIR/out" 2>"$DIR/err"
[ $? -eq 2 ] || fail "an unknown key is not refused"
[ "$(cat "$DIR/err")" = "$DIR/concentrator.conf:8: unknown key colour" ] || fail "it said: $(cat "$DIR/err")"
[ -s "$DIR/out" ] && fail "it drew"

# a frame buffer that is not there is waited for
config 'output = fbdev:/nonexistent/fb0'
start lcd "$BIN/concentrator-hmi" --config "$DIR/concentrator.conf"
wait_for 10 "word of the missing frame buffer" grep -q '/nonexistent/fb0 cannot be used' "$DIR/lcd.log"
ended && fail "it gave up"
kill "$(pid_of lcd)"
wait_for 5 "the end after SIGTERM" ended
echo "the LCD draws, waits and ends"
