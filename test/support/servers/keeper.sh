# keeper.sh FOLDER SIGNAL SERVER [ARGUMENT...]
#
# Stands between a test and its server. It holds the end of a pipe (descriptor 3), and when that closes, because the test
# process ended in whatever way, it ends the server and removes its folder. When the server ends, so does it.
folder=$1
signal=$2
shift 2
"$@" </dev/null 3<&- 2>&1 &
server=$!
echo "pid $server"
{
  cat >/dev/null
  touch "$folder/abandoned"
  kill -"$signal" $server
  kill -CONT $server
} <&3 >/dev/null 2>&1 &
watcher=$!
wait $server
code=$?
kill -KILL $watcher 2>/dev/null
if [ -e "$folder/abandoned" ]; then rm -rf "$folder"; fi
exit $code
