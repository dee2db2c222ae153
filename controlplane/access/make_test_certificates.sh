#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes certificates for tests into the folder $1:
#   ca       signs server (localhost) and edge (the proxy of Gateway shop/edge)
#   chain    is edge again, signed by middle, which ca signs
#   foreign  is signed by a CA that the server does not know
set -eu
out=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj "/CN=$1" -keyout "$tmp/$1.key" -out "$out/test_$1.pem" 2>"$tmp/log" || cat "$tmp/log"
}

key_of() { # NAME
  if [ -e "$tmp/$1.key" ]; then echo "$tmp/$1.key"; else echo "$out/test_$1.key"; fi
}

leaf() { # NAME CA SAN [MORE EXTENSIONS]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$out/test_$1.key" -out "$tmp/$1.csr" 2>"$tmp/log" || cat "$tmp/log"
  printf 'subjectAltName=%s\n%b' "$3" "${4:-}" >"$tmp/$1.ext"
  openssl x509 -req -in "$tmp/$1.csr" -CA "$out/test_$2.pem" -CAkey "$(key_of "$2")" \
    -CAserial "$tmp/$2.srl" -CAcreateserial -days 3650 -extfile "$tmp/$1.ext" \
    -out "$out/test_$1.pem" 2>"$tmp/log" || cat "$tmp/log"
}

authority ca
authority foreign_ca
leaf server ca DNS:localhost,IP:127.0.0.1
leaf edge ca URI:spiffe://example.test/ns/shop/gateway/edge
leaf foreign foreign_ca URI:spiffe://example.test/ns/shop/gateway/edge
leaf middle ca DNS:middle.test 'basicConstraints=critical,CA:TRUE\n'
leaf chain middle URI:spiffe://example.test/ns/shop/gateway/edge
