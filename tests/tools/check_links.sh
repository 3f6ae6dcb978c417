#!/bin/sh
# Hold the link table: the bus links no SQLite, concentratord no libmodbus, only the bridge links paho.
# usage: check_links.sh BUILD_DIR
set -eu
bin="$1/bin"
status=0

needs() {
    readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'
}

forbid() { # program library...
    program=$1
    shift
    [ -x "$bin/$program" ] || { echo "$program: not built"; status=1; return; }
    for library in "$@"; do
        if needs "$bin/$program" | grep -q "^lib$library[.-]"; then
            echo "$program: links lib$library"
            status=1
        fi
    done
}

forbid concentratord modbus paho-mqtt3as paho-mqtt3a mbedtls ssl crypto
forbid concentrator-bus sqlite3 uv paho-mqtt3as paho-mqtt3a mbedtls ssl crypto
forbid concentrator-uplink modbus paho-mqtt3as paho-mqtt3a gpiod ssl crypto
forbid concentratorctl modbus paho-mqtt3as paho-mqtt3a gpiod ssl crypto
forbid concentrator-hmi modbus paho-mqtt3as paho-mqtt3a gpiod png16 uv mbedtls ssl crypto
# optional: built where paho and OpenSSL are
[ -x "$bin/concentrator-mqtt" ] && forbid concentrator-mqtt modbus gpiod png16 uv mbedtls
exit $status
