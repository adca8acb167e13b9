#!/usr/bin/env bash
# A real clamd (Debian's package) on loopback, with a signature database of a few lines: for tests of what happens to infected files.
#
#   clamd.sh setup             install the package when it is missing (apt, root); starts no service and fetches no signatures
#   clamd.sh up                write configuration and database, start; prints {"host","port","pid"} as one line on stdout
#   clamd.sh status            says whether it runs
#   clamd.sh down [--purge]    stop by process id; --purge also removes the data
#   clamd.sh test [ARGUMENT…]  setup, then the suites of api/test/clamav (they start daemons of their own)
#
# Data: $SIGNET_CLAMD_DIR, else a folder of this user's under $TMPDIR. Port: $SIGNET_CLAMD_PORT (41310) on 127.0.0.1.
# Signatures: EICAR at the start of a file is Signet.Test.Eicar; "signet-test-" "infection-marker" (in one word) anywhere is Signet.Test.Marker.
set -euo pipefail

DIR="${SIGNET_CLAMD_DIR:-${TMPDIR:-/tmp}/signet-clamd-$(id -u)}"
PORT="${SIGNET_CLAMD_PORT:-41310}"
MARKER=".signet-clamd"
POLICY=/usr/sbin/policy-rc.d
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# clamd is a daemon: some systems keep it out of a user's path.
PATH="$PATH:/usr/sbin:/usr/local/sbin"

say() { printf '%s\n' "clamd: $*" >&2; }
die() { say "$*"; exit 1; }

setup() {
  if command -v clamd >/dev/null; then return; fi
  command -v apt-get >/dev/null || die "clamd is not installed; it comes with ClamAV"
  [ "$(id -u)" = 0 ] || die "clamd is not installed; installing clamav-daemon needs root"
  say "installing clamav-daemon (about 10 MB)"
  local log
  log="$(mktemp)"
  # Installing must start no service: neither the daemon nor what would fetch the world's signatures.
  if [ ! -e "$POLICY" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    trap 'rm -f "$POLICY"' EXIT
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clamav-daemon; } >"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "apt-get failed; see $log"; }
  rm -f "$log"
  if [ "$(trap -p EXIT)" ]; then rm -f "$POLICY"; trap - EXIT; fi
  # Nor at the next boot.
  if [ -d /run/systemd/system ]; then systemctl disable clamav-daemon clamav-freshclam >/dev/null 2>&1 || true; fi
}

write_config() {
  cat >"$DIR/clamd.conf" <<CONF
Foreground yes
LogFile $DIR/clamd.log
DatabaseDirectory $DIR/signatures
TemporaryDirectory $DIR/temporary
TCPAddr 127.0.0.1
TCPSocket $PORT
# What a scan takes at most, and what it looks at: nothing that is taken goes unlooked at.
StreamMaxLength ${SIGNET_CLAMD_STREAM_MAX:-16M}
MaxFileSize 64M
MaxScanSize 64M
AlertExceedsMax yes
MaxThreads 4
SelfCheck 0
CONF
}

hex() { printf '%s' "$1" | od -An -tx1 | tr -d ' \n'; }

# The test file of https://www.eicar.org/download-anti-malware-testfile/ in two halves: whole, it would be taken for an infection of this script.
write_signatures() {
  # shellcheck disable=SC2016
  local eicar='X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-''ANTIVIRUS-TEST-FILE!$H+H*' marker='signet-test-''infection-marker'
  printf 'Signet.Test.Eicar:0:0:%s\nSignet.Test.Marker:0:*:%s\n' "$(hex "$eicar")" "$(hex "$marker")" >"$DIR/signatures/test.ndb"
}

pid_of() { cat "$DIR/clamd.pid" 2>/dev/null || true; }
# A process id may have gone to another program since.
runs() { local pid; pid="$(pid_of)"; [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null || ps -o comm= -p "$pid" 2>/dev/null)" = clamd ]; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT" && printf 'zPING\0' >&3 && [ "$(head -c 4 <&3)" = PONG ]) 2>/dev/null; }
# Only what this script has made is ever removed: the folder may have been named by hand.
is_ours() { [ -O "$DIR" ] && [ -e "$DIR/$MARKER" ]; }
print_target() { printf '{"host":"127.0.0.1","port":%s,"pid":%s}\n' "$PORT" "$(pid_of)"; }

up() {
  setup
  if runs && answers; then print_target; return; fi
  if is_ours; then down; fi
  [ ! -e "$DIR" ] || is_ours || die "$DIR is there and is not from this script; remove it, or choose another with SIGNET_CLAMD_DIR"
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then die "port $PORT is taken; choose another with SIGNET_CLAMD_PORT"; fi
  mkdir -p -m 700 "$DIR" "$DIR/signatures" "$DIR/temporary"
  touch "$DIR/$MARKER"
  write_config
  write_signatures
  setsid clamd --config-file="$DIR/clamd.conf" </dev/null >"$DIR/up.log" 2>&1 &
  echo $! >"$DIR/clamd.pid"
  for _ in $(seq 600); do
    if answers; then print_target; return; fi
    kill -0 "$(pid_of)" 2>/dev/null || break
    sleep 0.1
  done
  tail -5 "$DIR/up.log" "$DIR/clamd.log" >&2 || true
  down
  die "clamd did not come up; see $DIR"
}

down() {
  local pid
  pid="$(pid_of)"
  if runs; then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$DIR/clamd.pid"
  if [ "${1:-}" = "--purge" ] && is_ours; then rm -rf "$DIR"; fi
}

status() {
  if runs; then echo "clamd runs (process $(pid_of)) at 127.0.0.1:$PORT"; else echo "clamd is down"; fi
}

run_suites() {
  setup
  exec node "$HERE/../../dist/test/clamav/cli.js" "$@"
}

case "${1:-}" in
  setup) setup ;;
  up) up ;;
  down) shift; down "$@" ;;
  status) status ;;
  test) shift; run_suites "$@" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
