# SPDX-License-Identifier: Apache-2.0
# Lines `FILE|OBJECT|COMMAND` to a JSON compilation database, the first line for a file wins.
function json(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    return "\"" s "\""
}
BEGIN { FS = "|"; printf "[" }
{ sub(/^ +/, "") }
NF == 3 && !($1 in seen) {
    seen[$1] = 1
    printf "%s\n  {\"directory\": %s, \"file\": %s, \"output\": %s,\n   \"command\": %s}",
        (n++ ? "," : ""), json(directory), json($1), json($2), json($3)
}
END { print "\n]" }
