# The live view and the progress lines of tests/demo.sh. Uses its variables and functions: dir, bin, ctl, view.

# one line a port from the status: "port 2  ok 64 dead 0  sweep 37/112"
port_lines() {
    ctl status 2>/dev/null | awk '
    /^port [0-9]+$/ { p = $2; section = "port"; ports[++n] = p; next }
    /^port [0-9]+ sweep$/ { section = "sweep"; next }
    /^[a-z]/ { section = "" }
    section == "port" { v[p, $1] = $2 }
    section == "sweep" { s[p, $1] = $2 }
    END {
        for (i = 1; i <= n; i++) {
            p = ports[i]
            total = s[p, "total"]
            part = total > 0 ? s[p, "done"] / total : 0
            if (s[p, "state"] != "running") part = 1
            bar = ""
            for (k = 0; k < 30; k++) bar = bar (k < part * 30 ? "#" : ".")
            printf "port %s [%s] %s/%s %-8s meters %s dead %s  answers %s time-outs %s  last sweep %.1f s\n", p, bar, s[p, "done"], total, s[p, "state"], v[p, "meters"], v[p, "dead"], v[p, "answers"], v[p, "timeouts"], s[p, "duration_ms"] / 1000
        }
    }'
}

progress() {
    port_lines | while read -r line; do say "$line"; done
}

mqtt_count() {
    wc -l <"$dir/mqtt"
}

mqtt_newest() { # LINES
    tail -n "$1" "$dir/mqtt" | cut -c1-150
}

head_line() {
    ctl status 2>/dev/null | awk '
    /^uplink$/ { section = "uplink"; next }
    /^[a-z]/ { section = "" ; top[$1] = $0; sub(/^[a-z_]+ +/, "", top[$1]) }
    section == "uplink" { sub(/^ +/, ""); key = $1; sub(/^[a-z_]+ +/, ""); up[key] = $0 }
    END { printf "terminal %s   clock %s   meters %s   master station: %s   alarm %s", top["terminal"], top["clock"], top["meters"], up["state"], top["alarm"] }'
}

rule() {
    printf -- '-- %s %s\n' "$1" "--------------------------------------------------------------------------" | cut -c1-100
}

# what the view shows without the LCD
panes() { # SECONDS_ROWS of the story
    printf '\033[1mConcentrator: %d s, Ctrl-C ends it\033[0m\n' $(($(date +%s) - began))
    head_line
    printf '\n'
    rule "RS485: sweep of each port"
    port_lines | sed 's/answers.*time-outs/time-outs/' | cut -c1-100
    rule "port 1: frames"
    tail -n 4 "$dir/trace" 2>/dev/null | cut -c1-100
    rule "MQTT over TLS: $messages messages, $rate in the last second"
    mqtt_newest 3 | cut -c1-100
    rule "events"
    grep 'event ERC' "$dir/concentratord.log" | tail -n 3 | sed 's/^concentratord: //' | cut -c1-100
    rule "master station and story"
    tail -n "$1" "$dir/said" | cut -c1-100
}

# the LCD is asked now and then, beside the view: it takes some tenths of a second
watch_lcd() {
    while :; do
        ctl lcd --text --language en >"$dir/lcd.new" 2>/dev/null && mv "$dir/lcd.new" "$dir/lcd"
        sleep 2
    done
}

# redraw once a second until a signal ends the demo; a wide terminal shows the LCD beside the panes, a high one shows it
# below
show_view() {
    printf '\033[?1049h\033[?25l'
    ctl trace 1 >"$dir/trace" 2>/dev/null &
    pids="$! $pids"
    watch_lcd &
    pids="$! $pids"
    messages=0
    while :; do
        before=$messages
        messages=$(mqtt_count)
        rate=$((messages - before))
        rows=$(stty size 2>/dev/null | cut -d' ' -f1)
        columns=$(stty size 2>/dev/null | cut -d' ' -f2)
        rows=${rows:-40}
        story=$((rows - 24))
        [ $story -gt 4 ] || story=4
        panes $story >"$dir/panes"
        if [ "${columns:-100}" -ge 184 ] && [ -s "$dir/lcd" ]; then
            awk 'NR == FNR { lcd[FNR] = $0; n = FNR; next } { line[FNR] = $0; m = FNR }
                END { for (i = 1; i <= (n > m ? n : m); i++) print lcd[i] "\033[83G" line[i] }' "$dir/lcd" "$dir/panes" >"$dir/screen"
        elif [ "$rows" -ge 68 ]; then
            panes $((rows - 66)) | cat - "$dir/lcd" >"$dir/screen" 2>/dev/null
        else
            cp "$dir/panes" "$dir/screen"
        fi
        printf '\033[H'
        head -n $((rows - 1)) "$dir/screen" | sed 's/$/\x1b[K/'
        printf '\033[J'
        # the trace grows without end: keep what the view shows
        [ "$(stat -c %s "$dir/trace" 2>/dev/null || echo 0)" -lt 1000000 ] || : >"$dir/trace"
        sleep 1
    done
}
