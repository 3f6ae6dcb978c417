# Certificates for the tests of the bridge, made on the spot with openssl and faketime.
# make_certs DIR: ca.pem, other-ca.pem; broker-{good,expired,future,elsewhere}.{pem,key}; client.{pem,key}
make_ca() { # name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$1" \
        -keyout "$certs/$1.key" -out "$certs/$1.pem" 2>>"$certs/log"
}

sign() { # name subject-alternative-name days [command that changes the time...]
    cert_name=$1
    san=$2
    days=$3
    shift 3
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$cert_name" -keyout "$certs/$cert_name.key" \
        -out "$certs/request" 2>>"$certs/log"
    printf 'subjectAltName=%s\n' "$san" >"$certs/extensions"
    "$@" openssl x509 -req -in "$certs/request" -CA "$certs/ca.pem" -CAkey "$certs/ca.key" -CAcreateserial -days "$days" \
        -extfile "$certs/extensions" -out "$certs/$cert_name.pem" 2>>"$certs/log"
}

make_certs() {
    certs=$1
    mkdir -p "$certs"
    make_ca ca
    make_ca other-ca
    sign broker-good DNS:localhost,IP:127.0.0.1 30
    sign broker-elsewhere DNS:broker.example 30
    sign broker-expired DNS:localhost,IP:127.0.0.1 10 faketime '30 days ago'
    sign broker-future DNS:localhost,IP:127.0.0.1 10 faketime '+30 days'
    sign client DNS:concentrator 30
    chmod 644 "$certs"/*
    [ -s "$certs/client.pem" ] && [ -s "$certs/broker-future.pem" ] && [ -s "$certs/broker-expired.pem" ]
}
