// SPDX-License-Identifier: Apache-2.0

// gocontrol is a control plane on go-control-plane's library, for one proxy, driven by lines of JSON.
//
// Each line on standard input is a whole configuration, by type URL:
//
//	{"type.googleapis.com/envoy.config.listener.v3.Listener": [{"name": "in", ...}], ...}
//
// A type that a line does not name keeps what it had. Each line on standard output is an Event:
// where it listens, each stream, each ACK and each NACK. It serves ADS and the services of each
// type, in both variants, to any node, and ends with its standard input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	clusterservice "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpointservice "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listenerservice "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	routeservice "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	secretservice "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

// The longest line of standard input.
const maxLine = 16 << 20

// oneNode puts every proxy under the same snapshot.
type oneNode struct{}

func (oneNode) ID(*core.Node) string { return "all" }

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	ads := flag.Bool("ads", true, "hold each answer until all resources it names are wanted")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	events := &eventLog{out: json.NewEncoder(os.Stdout)}
	snapshots := cache.NewSnapshotCache(*ads, oneNode{}, nil)
	serve(listener, server.NewServer(context.Background(), snapshots, events))
	events.write(Event{Event: "listening", Address: listener.Addr().String()})

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxLine)
	configuration := configuration{}
	for lines.Scan() {
		if err := configuration.read(lines.Bytes()); err != nil {
			log.Fatal(fmt.Errorf("standard input: %w", err))
		}
		if err := snapshots.SetSnapshot(context.Background(), "all", configuration.snapshot()); err != nil {
			log.Fatal(err)
		}
		events.write(Event{Event: "set"})
	}
}

func serve(listener net.Listener, xds server.Server) {
	rpc := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(rpc, xds)
	listenerservice.RegisterListenerDiscoveryServiceServer(rpc, xds)
	routeservice.RegisterRouteDiscoveryServiceServer(rpc, xds)
	clusterservice.RegisterClusterDiscoveryServiceServer(rpc, xds)
	endpointservice.RegisterEndpointDiscoveryServiceServer(rpc, xds)
	secretservice.RegisterSecretDiscoveryServiceServer(rpc, xds)
	go func() { log.Fatal(rpc.Serve(listener)) }()
}
