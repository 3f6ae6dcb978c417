# Runs in the emulated machine (boot.sh): unit tests that need a real kernel, installation, start, end.
share=/mnt/share
config=/etc/concentrator/concentrator.conf
build=$(sed -n 's/.*build=\([^ ]*\).*/\1/p' /proc/cmdline)

say() {
    echo "guest: $*"
}

fail() {
    say "FAILED: $*"
    [ ! -s /run/log ] || tail -n 20 /run/log
    exit 1
}

# wait_for SECONDS COMMAND...
wait_for() {
    end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.2
    done
}

field() { # CONTROL NAME
    sed -n "s/^$2: //p" "$1"
}

# What opkg does, in short: the checksum, the architecture, the dependencies, unpack, postinst.
install_package() {
    name=$(basename "$1")
    (cd "$share" && grep " ./$name\$" SHA256SUMS | sha256sum -c -s) || fail "$name is damaged"
    control=/var/lib/opkg/info/${name%%_*}
    mkdir -p "$control"
    tar -xzOf "$1" ./control.tar.gz | tar -xz -C "$control"
    case $(field "$control/control" Architecture) in armv7 | all) ;; *) fail "$name is for another machine" ;; esac
    field "$control/control" Depends | sed 's/([^)]*)//g; s/,/ /g' | tr -s ' ' '\n' | grep '^concentrator' | while read -r other; do
        [ -e "/var/lib/opkg/info/$other/control" ] || { say "$name wants $other first"; exit 1; }
    done || fail "dependencies of $name"
    tar -xzOf "$1" ./data.tar.gz | tar -xz -C / || fail "$name cannot be unpacked"
    [ ! -x "$control/postinst" ] || IPKG_INSTROOT="" "$control/postinst" || fail "postinst of $name"
    say "installed $name"
}

run_as() { # PROGRAM: user and group of its process
    pid=$(pidof "$1" | cut -d' ' -f1)
    [ -n "$pid" ] || return 1
    echo "$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$pid/status"):$(sed -n 's/^Gid:\t\([0-9]*\).*/\1/p' "/proc/$pid/status")"
}

id_of() { # NAME passwd|group
    sed -n "s/^$1:[^:]*:\([0-9]*\):.*/\1/p" "/etc/$2"
}

if [ -s $share/machine-tests.txt ]; then
    # the tests write beside themselves, and the source is mounted read-only
    mount -t tmpfs tmpfs "$build" && cp -r $share/build/. "$build/" || fail "no place for the unit tests"
    while read -r name; do
        (cd "${build%/*}" && timeout 200 "$build/tests/$name" >/run/log 2>&1) || fail "$name"
        say "unit test $name: $(grep -c '       OK' /run/log) passed"
    done <$share/machine-tests.txt
    umount "$build"
fi

# The client knows the libraries of the first file system by empty packages of their names.
opkg_install() {
    $share/opkg -f /etc/opkg.conf install "$@" >/run/log 2>&1 || fail "opkg: $*"
    [ $# -gt 1 ] || say "installed $(basename "$1") with $($share/opkg --version 2>&1 | head -n 1)"
}

installer=install_package
if [ -x $share/opkg ]; then
    mkdir -p /usr/lib/opkg/info /var/lock /var/lib/opkg
    printf 'dest root /\narch all 1\narch armv7 10\n' >/etc/opkg.conf
    opkg_install $share/stubs/*.ipk
    installer=opkg_install
fi
for package in concentrator-profiles concentrator concentrator-hmi concentrator-mqtt; do
    for file in $share/${package}_*.ipk; do
        [ ! -e "$file" ] || $installer "$file"
    done
done
for program in /usr/sbin/concentratord /usr/bin/concentratorctl /usr/lib/concentrator/concentrator-*; do
    /lib/ld-linux-armhf.so.3 --list "$program" >/run/log 2>&1 || fail "$program lacks a library"
done

sed -i -e 's/^clock = .*/clock = offset/' $config
cat >>$config <<'END'
[rs485.1]
device = /dev/ttyS0
[uplink]
master = 10.0.2.100:9001
[hmi]
output = none
END
others="concentrator-uplink concentrator-hmi"
if [ -s $share/ca.crt ]; then
    others="$others concentrator-mqtt"
    cp $share/ca.crt /etc/concentrator/ca.crt
    printf '[mqtt]\nuri = mqtts://10.0.2.100:8883\ntls_ca = /etc/concentrator/ca.crt\n' >>$config
fi
# the two commands of the start files
/usr/lib/concentrator/prepare || fail "prepare"
/usr/sbin/concentratord --config $config 2>/run/log &
daemon=$!
wait_for 30 concentratorctl status || fail "concentratord does not answer"
wait_for 30 pidof concentrator-hmi || fail "the LCD does not run"
say "started, $(cut -d' ' -f1 /proc/uptime) s of uptime"

wait_for 150 test -e $share/end || fail "the other side did not finish"

readers=$(id_of concentrator group)
[ "$(run_as concentrator-bus)" = "$(id_of concentrator-bus passwd):$(id_of dialout group)" ] || fail "user of the bus"
for name in $others; do
    [ "$(run_as $name)" = "$(id_of $name passwd):$readers" ] || fail "user of $name"
done
[ "$(stat -c '%a %u:%g' /var/lib/concentrator/store.db)" = "640 0:$readers" ] || fail "rights of store.db"
[ "$(stat -c '%a %u:%g' /run/concentrator/control.sock)" = "660 0:$readers" ] || fail "rights of the control socket"
stored() {
    concentratorctl values 1 >/run/values && grep -q "$(cat $share/end)" /run/values
}
wait_for 30 stored || fail "the store has another value: $(cat /run/values)"
say "users and rights as they should be; the store holds $(cat $share/end) kWh; PSS in kB: $(for name in concentratord \
    concentrator-bus $others; do
    echo "$name $(sed -n 's/^Pss: *\([0-9]*\).*/\1/p' "/proc/$(pidof $name | cut -d' ' -f1)/smaps_rollup")"
done | paste -sd, - | sed 's/,/, /g')"

kill -TERM $daemon
wait $daemon || fail "concentratord ended with status $?"
for name in concentratord concentrator-bus $others; do
    ! pidof $name >/dev/null || fail "$name is left"
done
[ ! -e /run/concentrator/control.sock ] || fail "the control socket is left"
say "ended cleanly"
