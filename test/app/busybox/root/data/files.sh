# SPDX-License-Identifier: Apache-2.0
# Files in /tmp, made and read by the shell's own means.
cd /tmp || exit
echo first >a; echo second >>a
while read -r line; do echo "a: $line"; done <a
exec 3>b; echo through three >&3; exec 3>&-; read -r line <b; echo "b: $line"
set -C; echo again >a || echo "noclobber: $?"; echo again >|a; set +C
read -r line <a; echo "a: $line"
[ -s a ] && [ ! -s c ] && : >c && [ -e c ] && [ ! -s c ] && echo "sizes are right"
[ a -nt /data/text ] && echo "a is newer"; [ a -ef /tmp/a ] && echo "a is itself"
echo *; echo no*; echo /data/tr[a-f]e/l*
echo lost >none/file || echo "status $?"
echo lost >/data/text || echo "status $?"
echo out; echo err >&2
exec >d 2>&1; echo unseen
