// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"log"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
)

// Event is one line of standard output.
type Event struct {
	Event   string `json:"event"` // listening, set, open, closed, ask, ack or nack
	Address string `json:"address,omitempty"`
	Method  string `json:"method,omitempty"` // Of a stream.
	Node    string `json:"node,omitempty"`   // Of a stream's first request.
	Type    string `json:"type,omitempty"`
	Error   string `json:"error,omitempty"`
}

// eventLog writes what streams do.
type eventLog struct {
	mu  sync.Mutex
	out *json.Encoder
}

func (e *eventLog) write(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.out.Encode(event); err != nil {
		log.Fatal(err)
	}
}

func (e *eventLog) opened(ctx context.Context) error {
	method, _ := grpc.Method(ctx)
	e.write(Event{Event: "open", Method: method})
	return nil
}

func (e *eventLog) asked(url, nonce string, problem *status.Status, node *core.Node) {
	event := Event{Event: "ask", Type: url, Node: node.GetId()}
	if problem != nil {
		event.Event = "nack"
		event.Error = problem.GetMessage()
	} else if nonce != "" {
		event.Event = "ack"
	}
	e.write(event)
}

func (e *eventLog) OnStreamOpen(ctx context.Context, _ int64, _ string) error { return e.opened(ctx) }

func (e *eventLog) OnDeltaStreamOpen(ctx context.Context, _ int64, _ string) error {
	return e.opened(ctx)
}

func (e *eventLog) OnStreamClosed(int64, *core.Node) { e.write(Event{Event: "closed"}) }

func (e *eventLog) OnDeltaStreamClosed(int64, *core.Node) { e.write(Event{Event: "closed"}) }

func (e *eventLog) OnStreamRequest(_ int64, r *discovery.DiscoveryRequest) error {
	e.asked(r.GetTypeUrl(), r.GetResponseNonce(), r.GetErrorDetail(), r.GetNode())
	return nil
}

func (e *eventLog) OnStreamDeltaRequest(_ int64, r *discovery.DeltaDiscoveryRequest) error {
	e.asked(r.GetTypeUrl(), r.GetResponseNonce(), r.GetErrorDetail(), r.GetNode())
	return nil
}

func (e *eventLog) OnFetchRequest(context.Context, *discovery.DiscoveryRequest) error { return nil }

func (e *eventLog) OnFetchResponse(*discovery.DiscoveryRequest, *discovery.DiscoveryResponse) {}

func (e *eventLog) OnStreamResponse(context.Context, int64, *discovery.DiscoveryRequest,
	*discovery.DiscoveryResponse) {
}

func (e *eventLog) OnStreamDeltaResponse(int64, *discovery.DeltaDiscoveryRequest,
	*discovery.DeltaDiscoveryResponse) {
}
