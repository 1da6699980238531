// Package wire is the protocol of language servers: messages over a pair of streams, and their structures as far as
// converge uses them.
//
// Start with [Serve]. It is the only package that uses the library for JSON-RPC, and it does not know manifests.
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

// atOnce is how many requests are answered in parallel. The answers take milliseconds; longer work is done between
// requests.
const atOnce = 8

// Handler answers a request or handles a notification, whose result is not sent.
type Handler func(ctx context.Context, params json.RawMessage) (any, error)

// Client sends messages to the editor.
type Client struct{ server *jrpc2.Server }

// Notify sends a notification. It ignores the end of the connection.
func (c *Client) Notify(ctx context.Context, method string, params any) {
	_ = c.server.Notify(ctx, method, params)
}

// Call sends a request, and ignores the answer.
func (c *Client) Call(ctx context.Context, method string, params any) {
	_, _ = c.server.Callback(ctx, method, params)
}

// Options configure a server.
type Options struct {
	In  io.Reader
	Out io.Writer
	Log func(string) // receives a fault of the server itself
}

// Serve answers requests until the client sends exit, closes the stream or the context ends. start returns the handlers
// by method. Serve itself handles "exit" and "$/cancelRequest". err is nil after "exit" and at the end of the stream.
func Serve(ctx context.Context, o Options, start func(*Client) map[string]Handler) error {
	m := &methods{log: o.Log}
	server := jrpc2.NewServer(m, &jrpc2.ServerOptions{
		AllowPush: true, DisableBuiltin: true, Concurrency: atOnce,
		NewContext: func() context.Context { return ctx },
	})
	m.table = start(&Client{server})
	exited := make(chan struct{})
	exit := sync.OnceFunc(func() { close(exited) }) // an editor may send it twice
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
	select { // a pending read from the editor ends with the process
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

// methods returns the handlers, and recovers from panics in them.
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

// Method returns a handler whose parameters have a type.
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

// Refuse returns the error of a request that cannot be met, with the reason.
func Refuse(format string, args ...any) error {
	const requestFailed = -32803
	return jrpc2.Errorf(requestFailed, format, args...)
}
