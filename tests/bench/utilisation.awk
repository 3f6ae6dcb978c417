# Utilisation of each line from the log of meter-sim: wire limit / measured time over stretches in which the
# concentrator had work, and the length of whole rounds (every meter of the port once, same item).
# The wire limit of an exchange is 11 * (bytes in + bytes out) / baud + answer delay.
# usage: awk -F , -v baud=2400 -v meters=64 -v size=64 -v di=0001FF00 -f utilisation.awk LOG
#   meters: of a round; size: archived on a port
#   from, to: only exchanges between these times; skip=20: points divisible by it belong to no round
#   log: port,point,di,t_request_first_byte_us,t_answer_last_byte_us,bytes_in,bytes_out,delay_us,fn,result
# A round: from the request of a point for `di` until every point of the port was asked for it. All exchanges in
# between count as work, all time in between counts as time.
function close_round(p, end) {
    rounds[p]++
    busy[p] += work[p]
    span[p] += end - start[p]
    if (!(p in longest) || end - start[p] > longest[p]) longest[p] = end - start[p]
}
NR == 1 || $1 !~ /^[0-9]+$/ || $5 == 0 { next }
(from && $4 < from) || (to && $5 > to) { next }
{
    p = $1
    # a sweep asks in ascending order: a round begins at the first point of the port, never in the middle
    if ($3 == di && !(skip && $2 % skip == 0) && (asked[p] > 0 || $2 == (p - 1) * size + 1)) {
        if (($2, p) in seen) {
            # the point comes again: a new round, the old one counts only if it was whole
            for (i = 1; i <= asked[p]; i++) delete seen[order[p, i], p]
            asked[p] = 0
        }
        if (asked[p] == 0) { start[p] = $4; work[p] = 0 }
        seen[$2, p] = 1
        order[p, ++asked[p]] = $2
    }
    if (asked[p] > 0) work[p] += 11e6 * ($6 + $7) / baud + $8
    if (asked[p] == meters) {
        close_round(p, $5)
        for (i = 1; i <= asked[p]; i++) delete seen[order[p, i], p]
        asked[p] = 0
    }
}
END {
    for (p in rounds) {
        printf "port %s: %d rounds, %.3f s a round (longest %.3f), utilisation %.4f\n", p, rounds[p], span[p] / rounds[p] / 1e6, longest[p] / 1e6, busy[p] / span[p]
        if (lowest == "" || busy[p] / span[p] < lowest) lowest = busy[p] / span[p]
        total += span[p]; n += rounds[p]
    }
    if (n) printf "utilisation_min=%.4f round_s=%.3f rounds=%d\n", lowest, total / n / 1e6, n
    else print "no whole round in the log"
}
