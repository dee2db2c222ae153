// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoregistry"

	// What resources may hold as typed_config.
	_ "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/tls_inspector/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/load_balancing_policies/least_request/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/load_balancing_policies/round_robin/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

// configuration is what is served, by type URL.
type configuration map[string]cache.Resources

// read takes the types that a line names, and keeps the others.
func (c configuration) read(line []byte) error {
	var said map[string][]json.RawMessage
	if err := json.Unmarshal(line, &said); err != nil {
		return err
	}
	for url, messages := range said {
		resources, err := parse(url, messages)
		if err != nil {
			return err
		}
		c[url] = resources
	}
	return nil
}

// parse makes resources of messages in JSON. Their version is their digest, so that a type that is
// the same has the same version.
func parse(url string, messages []json.RawMessage) (cache.Resources, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByURL(url)
	if err != nil {
		return cache.Resources{}, fmt.Errorf("%s: %w", url, err)
	}
	digest := sha256.New()
	var items []types.Resource
	for _, text := range messages {
		message := kind.New().Interface()
		if err := protojson.Unmarshal(text, message); err != nil {
			return cache.Resources{}, fmt.Errorf("%s: %w", url, err)
		}
		digest.Write(text)
		items = append(items, message)
	}
	return cache.NewResources(hex.EncodeToString(digest.Sum(nil)[:8]), items), nil
}

func (c configuration) snapshot() *cache.Snapshot {
	snapshot := &cache.Snapshot{}
	for url, resources := range c {
		snapshot.Resources[cache.GetResponseType(url)] = resources
	}
	return snapshot
}
