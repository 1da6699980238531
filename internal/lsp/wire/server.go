// Package wire is the protocol of language servers: messages over a pair of streams,
// and the structures in them that converge uses.
//
// Start with [Serve]. It is the one place that knows the library for JSON-RPC, and
// knows nothing of manifests.
package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"github.com/creachadair/jrpc2"
)

// atOnce is how many requests are answered at the same time. The answers take
// milliseconds; what takes longer is done between requests.
const atOnce = 8

// Handler answers a request or takes a notification, whose result is not sent.
type Handler func(ctx context.Context, params json.RawMessage) (any, error)

// Client is what the server can tell the editor.
type Client struct{ server *jrpc2.Server }

// Notify sends a notification. The end of the connection is no error of it.
func (c *Client) Notify(ctx context.Context, method string, params any) {
	_ = c.server.Notify(ctx, method, params)
}

// Call sends a request whose answer does not matter.
func (c *Client) Call(ctx context.Context, method string, params any) {
	_, _ = c.server.Callback(ctx, method, params)
}

// Options are what a server is started with.
type Options struct {
	In  io.Reader
	Out io.Writer
	Log func(string) // is called with a fault of the server itself
}

// Serve answers requests until the client sends exit, closes the stream or the context
// ends. start returns the handlers by method. Of the methods, Serve itself has
// "exit" and "$/cancelRequest". err is nil after "exit" and at the end of the stream.
func Serve(ctx context.Context, o Options, start func(*Client) map[string]Handler) error {
	m := &methods{log: o.Log}
	server := jrpc2.NewServer(m, &jrpc2.ServerOptions{
		AllowPush: true, DisableBuiltin: true, Concurrency: atOnce,
		NewContext: func() context.Context { return ctx },
	})
	m.table = start(&Client{server})
	exited := make(chan struct{})
	exit := sync.OnceFunc(func() { close(exited) }) // an editor may say it twice
	m.table["exit"] = func(context.Context, json.RawMessage) (any, error) {
		exit()
		return nil, nil
	}
	m.table["$/cancelRequest"] = func(_ context.Context, params json.RawMessage) (any, error) {
		var p struct{ ID json.RawMessage }
		if err := json.Unmarshal(params, &p); err == nil {
			server.CancelRequest(string(p.ID))
		}
		return nil, nil
	}
	server.Start(&frames{in: newReader(o.In), out: o.Out})
	ended := make(chan error, 1)
	go func() { ended <- server.WaitStatus().Err }()
	select { // a read from the editor that is under way ends with the process
	case <-exited:
	case <-ctx.Done():
		return ctx.Err()
	case err := <-ended:
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("cannot go on with the editor: %w", err)
		}
	}
	return nil
}

// methods finds the handlers, and keeps a panic in one from ending the server.
type methods struct {
	table map[string]Handler
	log   func(string)
}

// Assign implements [jrpc2.Assigner].
func (m *methods) Assign(_ context.Context, method string) jrpc2.Handler {
	handle := m.table[method]
	if handle == nil {
		return nil
	}
	return func(ctx context.Context, r *jrpc2.Request) (result any, err error) {
		defer func() {
			if p := recover(); p != nil {
				m.log(fmt.Sprintf("%s: a mistake in converge (%T)\n%s", method, p, debug.Stack())) // the value may be a secret
				result, err = nil, jrpc2.Errorf(jrpc2.InternalError, "a mistake in converge: its log has the place")
			}
		}()
		var params json.RawMessage
		if r.HasParams() {
			if err := r.UnmarshalParams(&params); err != nil {
				return nil, err
			}
		}
		return handle(ctx, params)
	}
}

// Method returns a handler for parameters of a type.
func Method[P any](handle func(context.Context, P) (any, error)) Handler {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var p P
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &p); err != nil {
				return nil, jrpc2.Errorf(jrpc2.InvalidParams, "cannot read the parameters: %v", err)
			}
		}
		return handle(ctx, p)
	}
}

// Refuse is the error of a request that cannot be met, with why.
func Refuse(format string, args ...any) error {
	const requestFailed = -32803
	return jrpc2.Errorf(requestFailed, format, args...)
}
