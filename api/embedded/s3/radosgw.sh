#!/usr/bin/env bash
# A real Ceph radosgw (Debian's packages) on loopback, to hold the conformance suite and the embedded store against: one monitor, one OSD in memory, one gateway.
#
#   radosgw.sh setup             install the packages when they are missing (apt, root)
#   radosgw.sh up                set up and start; prints {"endpoint","region","accessKeyId","secretAccessKey","uploadSigner"} as one line on stdout
#   radosgw.sh status            says which daemons run
#   radosgw.sh down [--purge]    stop by process id; --purge also removes the data
#   radosgw.sh test [ARGUMENT…]  up, everything of api/test/on-store (arguments go to it), down --purge
#
# Data: $SIGNET_RADOSGW_DIR, else a folder of this user's under $TMPDIR. Ports: $SIGNET_RADOSGW_PORT (41080) and the eleven above it; all on 127.0.0.1.
set -euo pipefail

PACKAGES=(ceph-mon ceph-osd radosgw ceph-common)
DIR="${SIGNET_RADOSGW_DIR:-${TMPDIR:-/tmp}/signet-radosgw-$(id -u)}"
PORT="${SIGNET_RADOSGW_PORT:-41080}"
MARKER=".signet-radosgw"
ACCESS_KEY="radosgwdevelopment00"
SECRET_KEY="radosgwdevelopmentsecret0000000000000000"
# May write and nothing else: for the URLs of parts.
UPLOAD_ACCESS_KEY="radosgwuploadsigner0"
UPLOAD_SECRET_KEY="radosgwuploadsignersecret000000000000000"
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

say() { printf '%s\n' "radosgw: $*" >&2; }
die() { say "$*"; exit 1; }

setup() {
  local program missing=
  for program in ceph-mon ceph-osd radosgw radosgw-admin monmaptool ceph; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || die "not found:$missing; they come with Ceph"
  [ "$(id -u)" = 0 ] || die "not found:$missing; installing ${PACKAGES[*]} needs root"
  say "installing ${PACKAGES[*]} (about 70 MB)"
  local log
  log="$(mktemp)"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}"; } >"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "apt-get failed; see $log"; }
  rm -f "$log"
}

# Names in one place: every ceph command below reads only this configuration.
write_config() {
  local fsid="$1"
  cat >"$DIR/ceph.conf" <<CONF
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$((PORT + 1)),v1:127.0.0.1:$((PORT + 2))]
# No authentication between the daemons; then the messenger must be told to do without encryption as well, or radosgw waits for ever.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
ms_client_mode = crc
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_port_min = $((PORT + 3))
ms_bind_port_max = $((PORT + 11))
run_dir = $DIR
admin_socket = $DIR/\$name.asok
pid_file = $DIR/\$name.pid
log_file = $DIR/\$name.log
mon_data = $DIR/mon
osd_data = $DIR/osd
mon_cluster_log_file = $DIR/cluster.log
crash_dir = $DIR/crash
# One OSD, one copy.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_allow_pool_delete = true
mon_warn_on_pool_no_redundancy = false
# Every pool is a round of Paxos: a second each by default.
paxos_propose_interval = 0.02
osd_objectstore = memstore
memstore_device_bytes = 8589934592

[client.rgw]
# Without it small answers wait some 40 ms for an acknowledgement that is delayed.
rgw_frontends = beast endpoint=127.0.0.1:$PORT tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_max_put_size = 5368709120
CONF
}

# Only what this script has made is ever removed: the folder may have been named by hand.
is_ours() { [ -O "$DIR" ] && [ -e "$DIR/$MARKER" ]; }

pid_of() { cat "$DIR/$1.pid" 2>/dev/null || true; }
runs() { local pid; pid="$(pid_of "$1")"; [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }

# Repeats a command for up to 60 s.
wait_for() {
  local what="$1"; shift
  for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  die "$what did not come up; see $DIR"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }

print_target() {
  printf '{"endpoint":"http://127.0.0.1:%s","region":"us-east-1","accessKeyId":"%s","secretAccessKey":"%s","uploadSigner":{"accessKeyId":"%s","secretAccessKey":"%s"}}\n' \
    "$PORT" "$ACCESS_KEY" "$SECRET_KEY" "$UPLOAD_ACCESS_KEY" "$UPLOAD_SECRET_KEY"
}

up() {
  setup
  if runs client.rgw && answers; then print_target; return; fi
  if is_ours; then down --purge; fi
  [ ! -e "$DIR" ] || die "$DIR is there and is not from this script; remove it, or choose another with SIGNET_RADOSGW_DIR"
  if answers; then die "port $PORT is taken; choose another with SIGNET_RADOSGW_PORT"; fi
  mkdir -m 700 -p "$DIR"
  mkdir "$DIR/mon" "$DIR/osd" "$DIR/crash"
  touch "$DIR/$MARKER"
  local fsid osd_id
  fsid="$(cat /proc/sys/kernel/random/uuid)"
  osd_id="$(cat /proc/sys/kernel/random/uuid)"
  write_config "$fsid"
  export CEPH_CONF="$DIR/ceph.conf"
  {
    monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$((PORT + 1)),v1:127.0.0.1:$((PORT + 2))]" "$DIR/monmap"
    ceph-mon -i a --mkfs --monmap "$DIR/monmap"
    ceph-mon -i a
    wait_for "the monitor" timeout 5 ceph --connect-timeout 5 mon stat
    ceph osd new "$osd_id"
    ceph-osd -i 0 --mkfs --osd-uuid "$osd_id"
    ceph-osd -i 0
    radosgw -n client.rgw
    wait_for "the gateway" answers
    radosgw-admin user create --uid=development --display-name=development --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY"
    radosgw-admin subuser create --uid=development --subuser=development:upload --access=write
    radosgw-admin key create --subuser=development:upload --key-type=s3 --access-key="$UPLOAD_ACCESS_KEY" --secret-key="$UPLOAD_SECRET_KEY"
  } >"$DIR/up.log" 2>&1 || { tail -20 "$DIR/up.log" >&2; down; die "start failed; see $DIR/up.log"; }
  say "$(radosgw --version | cut -d' ' -f1-3) at http://127.0.0.1:$PORT, data in $DIR"
  print_target
}

down() {
  local name pid
  for name in client.rgw osd.0 mon.a; do
    pid="$(pid_of "$name")"
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
      kill "$pid" 2>/dev/null || true
      for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
      # A monitor without its OSD can take minutes to leave by itself; its data are throw-away.
      kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$DIR/$name.pid"
  done
  if [ "${1:-}" = "--purge" ] && is_ours; then rm -rf "$DIR"; fi
}

status() {
  local name
  for name in mon.a osd.0 client.rgw; do
    if runs "$name"; then echo "$name runs (process $(pid_of "$name"))"; else echo "$name is down"; fi
  done
}

run_suite() {
  trap 'down --purge' EXIT
  local target
  target="$(up)"
  SIGNET_TEST_STORE="$target" node "$HERE/../../dist/test/on-store/cli.js" --known radosgw-16 "$@"
}

case "${1:-}" in
  setup) setup ;;
  up) up ;;
  down) shift; down "$@" ;;
  status) status ;;
  test) shift; run_suite "$@" ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
