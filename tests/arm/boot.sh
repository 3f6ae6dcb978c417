#!/bin/sh
# The armhf packages on a whole emulated ARM machine: boot, the unit tests that need a real kernel, installation of the
# packages, start, one meter read over a serial line, login to a master station outside, MQTT over TLS to a broker outside,
# the values compared on all ends, clean end. Meter, master station and broker run on this machine; the guest reaches the
# one by its PCI serial port, and of the network only the other two.
#
# usage: tests/arm/boot.sh
#   BUILD=FOLDER           native build with meter-sim and master-sim (default build-arm-host, built when needed)
#   ARM_BUILD=FOLDER       cross build with the unit tests (default build-armhf; without it they are passed over)
#   PACKAGES=FOLDER        armhf packages (default build-packages/armhf, made when needed)
#   CACHE=FOLDER           kernel and libraries of the guest (default build-armhf-cache)
#   OPKG_ARM=FILE          an opkg client for ARM; installs the packages in the machine
#   LIMIT_S=N              for the machine, default 400
# Without an opkg client for ARM the packages are installed by a small script (guest.sh): checksum, dependencies, unpack,
# postinst, in this order.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$(pwd)
build=${BUILD:-build-arm-host}
arm_build=${ARM_BUILD:-build-armhf}
packages=${PACKAGES:-build-packages/armhf}
cache=${CACHE:-build-armhf-cache}
limit=${LIMIT_S:-400}
began=$(date +%s)
pids=""

for tool in qemu-system-arm mmdebstrap depmod cpio socat mkfs.ext4 arm-linux-gnueabihf-gcc; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
        { echo "skip: $tool is missing (sh tests/tools/install.sh cross emulation)"; exit 0; }
done
PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d "${TMPDIR:-/tmp}/cn-arm.XXXXXX") || exit 1

cleanup() {
    trap - EXIT INT TERM
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    [ -n "${KEEP:-}" ] && echo "kept: $dir" || rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() {
    printf '%4d s  %s\n' $(($(date +%s) - began)) "$*"
}

fail() {
    for log in console meters master line broker; do
        [ -s "$dir/$log.log" ] && { echo "--- $log"; tail -n 40 "$dir/$log.log"; }
    done
    say "FAILED: $*"
    exit 1
}

start() { # NAME COMMAND...
    log=$1
    shift
    "$@" >"$dir/$log.log" 2>&1 </dev/null &
    started=$!
    pids="$started $pids"
}

# wait_for SECONDS WHAT COMMAND...; fails at once when the machine has ended
wait_for() {
    end=$(($(date +%s) + $1))
    what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || fail "timed out waiting: $what"
        [ -z "${machine:-}" ] || kill -0 "$machine" 2>/dev/null || fail "the machine ended while waiting: $what"
        sleep 0.2
    done
}

master() {
    "$build/bin/master-sim" --control "$dir/master.sock" --wait 5 --send "$1"
}

# ---- what the machine is made of ----

[ -x "$build/bin/master-sim" ] && [ -x "$build/bin/meter-sim" ] || {
    { cmake -S . -B "$build" -G Ninja && cmake --build "$build" --target meter-sim master-sim; } >"$dir/build.log" 2>&1 ||
        { tail -n 30 "$dir/build.log"; fail "the simulators cannot be built"; }
}
ls "$packages"/*.ipk >/dev/null 2>&1 || sh packaging/make.sh armhf "$packages" >"$dir/build.log" 2>&1 ||
    { tail -n 30 "$dir/build.log"; fail "the packages cannot be made"; }
sh tests/arm/guest_tree.sh "$cache" >"$dir/tree.log" 2>&1 || { tail -n 30 "$dir/tree.log"; fail "the guest cannot be made"; }
share=$dir/share
mkdir "$share" "$dir/sim"
cp "$packages"/*.ipk "$packages/SHA256SUMS" tests/arm/guest.sh "$share/" || fail "the packages"
if [ -n "${OPKG_ARM:-}" ]; then
    install -m 755 "$OPKG_ARM" "$share/opkg" || fail "OPKG_ARM"
    . packaging/ipk.sh
    mkdir "$share/stubs"
    for name in $(ipk_wants "$packages"/*.ipk); do
        ipk_stub "$name" "$share/stubs/$name.ipk"
    done
fi
if [ -d "$arm_build/tests" ]; then
    sed '/^#/d' tests/arm/machine-tests.txt >"$share/machine-tests.txt"
    mkdir -p "$share/build/tests" "$share/build/bin"
    while read -r name; do
        cp "$arm_build/tests/$name" "$share/build/tests/" || fail "$arm_build has no test $name"
    done <"$share/machine-tests.txt"
    cp -r "$arm_build/bin/." "$share/build/bin/"
fi
truncate -s 64M "$dir/disk.img"
mkfs.ext4 -q -F "$dir/disk.img" || fail "mkfs.ext4"
say "packages, kernel and libraries are there"

# ---- the world outside, then the machine ----

start meters "$build/bin/meter-sim" --dir "$dir/sim" --ports 1 --meters 1 --ignore-baud
wait_for 10 "the meter" grep -q '^ready' "$dir/meters.log"
# a register that stands still can be compared to the digit
"$build/bin/meter-sim" --dir "$dir/sim" --send "point=1 load=0" >"$dir/sim.out" || fail "the meter"
start master "$build/bin/master-sim" --listen 127.0.0.1:0 --control "$dir/master.sock" --stay
wait_for 10 "the master station" grep -q '^listening on' "$dir/master.log"
port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$dir/master.log")

forward="guestfwd=tcp:10.0.2.100:9001-cmd:socat - TCP4:127.0.0.1:$port"
broker=""
if ls "$packages"/concentrator-mqtt_*.ipk >/dev/null 2>&1 && command -v mosquitto >/dev/null && command -v openssl >/dev/null &&
    command -v mosquitto_sub >/dev/null; then
    mkdir "$dir/certs"
    chmod 755 "$dir"
    broker=$((20000 + $$ % 20000))
    start broker env CERTS="$dir/certs" BROKER_NAME=10.0.2.100 PORT=$broker LISTEN=127.0.0.1 sh docker/broker.sh
    wait_for 30 "the broker" test -s "$dir/certs/ca.crt"
    cp "$dir/certs/ca.crt" "$share/"
    forward="$forward,guestfwd=tcp:10.0.2.100:8883-cmd:socat - TCP4:127.0.0.1:$broker"
else
    say "skip: MQTT (the package, mosquitto, mosquitto-clients or openssl is missing)"
fi

booted=$(date +%s)
start console timeout -k 5 "$limit" qemu-system-arm -M virt,highmem=off -cpu cortex-a7 -smp 1 -m 256 \
    -display none -serial stdio -monitor none -no-reboot -rtc base=utc \
    -kernel "$cache/guest/boot/vmlinuz" -initrd "$cache/initrd.gz" \
    -append "console=ttyAMA0 panic=-1 quiet source=$root build=$root/$arm_build" \
    -netdev "user,id=n0,restrict=on,$forward" \
    -device virtio-net-device,netdev=n0 \
    -drive "if=none,id=d0,format=raw,file=$dir/disk.img" -device virtio-blk-device,drive=d0 \
    -fsdev "local,id=h,path=$share,security_model=none" -device virtio-9p-device,fsdev=h,mount_tag=share \
    -fsdev "local,id=s,path=$root,security_model=none,readonly=on" -device virtio-9p-device,fsdev=s,mount_tag=source \
    -chardev "socket,id=line,path=$dir/line.sock,server=on,wait=off" -device pci-serial,chardev=line
machine=$started
wait_for 20 "the serial line" test -S "$dir/line.sock"
start line socat "UNIX-CONNECT:$dir/line.sock" "FILE:$dir/sim/port1,raw,echo=0"

told() {
    grep -q "^$1" "$dir/console.log"
}
wait_for 60 "the machine boots" told "guest: booted"
say "booted after $(($(date +%s) - booted)) s"
wait_for 360 "packages are installed and started" told "guest: started"
grep '^guest: ' "$dir/console.log" | sed -n '2,$p' | sed 's/^/        /'
say "installed and started"

wait_for 60 "the terminal logs in" master "wait login 1"
say "the terminal is logged in to the master station"
master "archive $dir/sim/meters.csv" >"$dir/answer" 2>&1 || { cat "$dir/answer"; fail "the archive is refused"; }
wait_for 60 "the meter is read" master "get 0C F129 p1 all"
master "get 0C F129 p1 all" >"$dir/answer"
sed 's/^/        /' "$dir/answer" | head -n 10
digits=$("$build/bin/meter-sim" --dir "$dir/sim" --send "registers 1" | awk '$1 == "00010000" { sub(/^0+/, "", $2); print $2 }')
[ -n "$digits" ] || fail "the meter shows nothing"
grep -q -- "[ =]0*${digits}0* *" "$dir/answer" || fail "the meter shows $digits kWh, the master station got another value"
say "the meter shows $digits kWh, and so does the master station"

published() {
    timeout 5 mosquitto_sub -h 127.0.0.1 -p "$broker" --cafile "$dir/certs/ca.crt" --insecure -t 'ecc/v1/+/m/+/state' -C 1 >"$dir/mqtt" 2>/dev/null &&
        grep -q "$digits" "$dir/mqtt"
}
if [ -n "$broker" ]; then
    wait_for 60 "the broker has the value" published
    say "MQTT over TLS: $(cut -c1-90 "$dir/mqtt")"
fi

echo "$digits" >"$share/end"
status=0
wait "$machine" || status=$?
grep '^guest: ' "$dir/console.log" | sed '1,/^guest: started/d;s/^/        /'
[ "$status" -eq 0 ] || fail "the machine ended with status $status"
machine=""
told "guest: good" || fail "the guest found a fault"
say "passed: machine $(($(date +%s) - booted)) s, all $(($(date +%s) - began)) s"
