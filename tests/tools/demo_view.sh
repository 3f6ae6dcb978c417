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

head_line() {
    ctl status 2>/dev/null | awk '
    /^uplink$/ { section = "uplink"; next }
    /^[a-z]/ { section = "" ; top[$1] = $0; sub(/^[a-z_]+ +/, "", top[$1]) }
    section == "uplink" { sub(/^ +/, ""); key = $1; sub(/^[a-z_]+ +/, ""); up[key] = $0 }
    END { printf "terminal %s   clock %s   meters %s   master station: %s   alarm %s", top["terminal"], top["clock"], top["meters"], up["state"], top["alarm"] }'
}

rule() {
    printf -- '-- %s %s\033[K\n' "$1" "--------------------------------------------------------------------------" | cut -c1-100
}

# redraw once a second until a signal ends the demo
show_view() {
    printf '\033[?1049h\033[?25l'
    ctl trace 1 >"$dir/trace" 2>/dev/null &
    pids="$! $pids"
    while :; do
        {
            printf '\033[H'
            printf '\033[1mConcentrator: %d s, Ctrl-C ends it\033[0m\033[K\n' $(($(date +%s) - began))
            head_line
            printf '\033[K\n'
            rule "RS485"
            port_lines | cut -c1-150 | sed 's/$/\x1b[K/'
            rule "port 1, frames"
            tail -n 5 "$dir/trace" 2>/dev/null | cut -c1-110 | sed 's/$/\x1b[K/'
            rule "master station and story"
            tail -n 18 "$dir/said" | cut -c1-118 | sed 's/$/\x1b[K/'
            rule "events"
            grep 'event ERC' "$dir/concentratord.log" | tail -n 4 | sed 's/^concentratord: //; s/$/\x1b[K/' | cut -c1-118
            printf '\033[J'
        } >"$dir/screen"
        cat "$dir/screen"
        # the trace grows without end: keep what the view shows
        [ "$(stat -c %s "$dir/trace" 2>/dev/null || echo 0)" -lt 1000000 ] || : >"$dir/trace"
        sleep 1
    done
}
