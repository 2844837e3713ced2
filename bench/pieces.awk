# SPDX-License-Identifier: Apache-2.0
#
# pieces.awk - join what a guest program announced on its console (bench/guest/measure.h) with the
# counts of the pieces that it marked:
#
#   awk -f bench/pieces.awk CONSOLE COUNTS
#
# A line for each announcement, with tabs: name, instructions of a pass on average, in the cheapest, in the
# dearest, in the last piece; the program's own share of the average. Pieces that are missing or left over are an error.

BEGIN { OFS = "\t" }

{ sub(/\r$/, "") }

FNR == NR {
    if (split($0, word, "\t") == 5 && word[1] == "measure") {
        kind = word[2]
        names[++all] = word[3]
        pieces[all] = word[4]
        passes[all] = word[5]
        queue[kind, ++queued[kind]] = all
    }
    next
}

$1 == "mark" && $2 >= 2 && $2 % 2 == 0 { began[$2 / 2] = $6 + $8; began_user[$2 / 2] = $8 }

$1 == "mark" && $2 >= 2 && $2 % 2 == 1 {
    kind = ($2 - 1) / 2
    if (!at[kind] || had[at_id[kind]] == pieces[at_id[kind]])
        at_id[kind] = queue[kind, ++at[kind]]
    id = at_id[kind]
    if (!(kind in began) || id == "") {
        print "a piece that nobody announced" >"/dev/stderr"
        exit failed = 1
    }
    count = ($6 + $8 - began[kind]) / passes[id]
    sum[id] += count
    user[id] += ($8 - began_user[kind]) / passes[id]
    if (!had[id]++ || count < least[id]) least[id] = count
    if (count > most[id]) most[id] = count
    last[id] = count
    delete began[kind]
}

END {
    if (failed) exit 1
    for (id = 1; id <= all; id++) {
        if (had[id] != pieces[id]) {
            print names[id] ": " had[id] + 0 " pieces of " pieces[id] >"/dev/stderr"
            exit 1
        }
        printf "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\n", names[id], sum[id] / pieces[id], least[id],
            most[id], last[id], user[id] / pieces[id]
    }
    if (!all) exit 1
}
