#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the certificates of xds_listener_test.cc into the folder $1:
#   ca       signs server (localhost) and edge (the proxy of Gateway shop/edge)
#   foreign  is signed by a CA that the server does not know
set -eu
out=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj "/CN=$1" -keyout "$tmp/$1.key" -out "$out/test_$1.pem" 2>"$tmp/log" || cat "$tmp/log"
}

leaf() { # NAME CA SAN
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$out/test_$1.key" -out "$tmp/$1.csr" 2>"$tmp/log" || cat "$tmp/log"
  printf 'subjectAltName=%s\n' "$3" >"$tmp/$1.ext"
  openssl x509 -req -in "$tmp/$1.csr" -CA "$out/test_$2.pem" -CAkey "$tmp/$2.key" \
    -CAserial "$tmp/$2.srl" -CAcreateserial -days 3650 -extfile "$tmp/$1.ext" \
    -out "$out/test_$1.pem" 2>"$tmp/log" || cat "$tmp/log"
}

authority ca
authority foreign_ca
leaf server ca DNS:localhost,IP:127.0.0.1
leaf edge ca URI:spiffe://example.test/ns/shop/gateway/edge
leaf foreign foreign_ca URI:spiffe://example.test/ns/shop/gateway/edge
