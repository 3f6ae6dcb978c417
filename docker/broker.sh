#!/bin/sh
# mosquitto with TLS; certificates are made at the first start: CERTS/ca.crt is what clients need.
#   CERTS=FOLDER (/certs)    BROKER_NAME (broker): host name in the certificate    PORT (8883)    LISTEN (0.0.0.0)
set -eu
certs=${CERTS:-/certs}
name=${BROKER_NAME:-broker}
mkdir -p "$certs"
cd "$certs"
if [ ! -s ca.crt ]; then
    umask 077
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=concentrator demo CA" -keyout ca.key -out ca.new 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout server.key -out server.csr 2>/dev/null
    case $name in
    *[!0-9.]*) printf 'subjectAltName=DNS:%s\n' "$name" >server.ext ;;
    *) printf 'subjectAltName=IP:%s\n' "$name" >server.ext ;;
    esac
    openssl x509 -req -in server.csr -CA ca.new -CAkey ca.key -CAcreateserial -days 3650 -extfile server.ext -out server.crt 2>/dev/null
    rm -f server.csr server.ext
    chmod 644 ca.new server.crt
    [ "$(id -u)" -ne 0 ] || ! id mosquitto >/dev/null 2>&1 || chown mosquitto server.key
    [ "$(id -u)" -ne 0 ] || chmod 755 "$certs"
    mv ca.new ca.crt
fi
cat >mosquitto.conf <<END
listener ${PORT:-8883} ${LISTEN:-0.0.0.0}
certfile $certs/server.crt
keyfile $certs/server.key
allow_anonymous true
persistence false
END
chmod 644 mosquitto.conf
PATH=$PATH:/usr/sbin
exec mosquitto -c "$certs/mosquitto.conf"
