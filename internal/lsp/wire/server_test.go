package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// conversation sends messages to a server and returns its first answers, sorted.
func conversation(t *testing.T, handlers map[string]Handler, want int, messages ...string) (answers []string, log string) {
	t.Helper()
	in, editor := io.Pipe()
	server, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), Options{In: in, Out: out, Log: func(s string) { log += s }}, func(*Client) map[string]Handler { return handlers })
	}()
	go func() {
		for _, m := range messages {
			fmt.Fprintf(editor, "Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\n%s", len(m), m)
		}
	}()
	f := frames{in: bufio.NewReader(server)}
	for range want {
		m, err := f.Recv()
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, string(m))
	}
	editor.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	slices.Sort(answers)
	return answers, log
}

// TestServe shows answers, a panic that ends only one request, and an unknown method.
func TestServe(t *testing.T) {
	type params struct{ Name string }
	handlers := map[string]Handler{
		"greet": Method(func(_ context.Context, p params) (any, error) { return "hello " + p.Name, nil }),
		"fall":  func(context.Context, json.RawMessage) (any, error) { panic("hunter2") },
		"no":    func(context.Context, json.RawMessage) (any, error) { return nil, Refuse("there is no %s", "way") },
	}
	answers, log := conversation(t, handlers, 6,
		`{"jsonrpc":"2.0","id":1,"method":"fall"}`,
		`{"jsonrpc":"2.0","id":2,"method":"greet","params":{"name":"you"}}`,
		`{"jsonrpc":"2.0","id":3,"method":"none"}`,
		`{"jsonrpc":"2.0","id":4,"method":"greet","params":[1]}`,
		`{"jsonrpc":"2.0","id":5,"method":"no"}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":77}}`,
		`no JSON`,
	)
	all := strings.Join(answers, "\n")
	for _, want := range []string{`"result":"hello you"`, `"id":1,"error":{"code":-32603`, `"id":3,"error":{"code":-32601`, `"id":4,"error":{"code":-32602`, `"id":5,"error":{"code":-32803`} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
	if strings.Contains(all+log, "hunter2") || !strings.Contains(log, "server_test.go") {
		t.Errorf("the value of the panic surfaces, or its place is not in the log: %s", log)
	}
}

// TestCancel cancels a request that would take for ever.
func TestCancel(t *testing.T) {
	in, editor := io.Pipe()
	answers, out := io.Pipe()
	started := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), Options{In: in, Out: out, Log: func(s string) { t.Error(s) }}, func(*Client) map[string]Handler {
			return map[string]Handler{"wait": func(ctx context.Context, _ json.RawMessage) (any, error) {
				close(started)
				<-ctx.Done()
				return nil, ctx.Err()
			}}
		})
	}()
	send := func(m string) { fmt.Fprintf(editor, "Content-Length: %d\r\n\r\n%s", len(m), m) }
	send(`{"jsonrpc":"2.0","id":7,"method":"wait"}`)
	<-started
	send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":7}}`)
	m, err := (&frames{in: bufio.NewReader(answers)}).Recv()
	if err != nil || !strings.Contains(string(m), `"id":7,"error"`) {
		t.Errorf("%s, %v", m, err)
	}
	send(`{"jsonrpc":"2.0","method":"exit"}`)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestExitTwice shows that a second exit is not a fault. It calls the handler, because the server may end between two
// messages.
func TestExitTwice(t *testing.T) {
	var table map[string]Handler
	in, editor := io.Pipe()
	ended := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		ended <- Serve(t.Context(), Options{In: in, Out: io.Discard}, func(*Client) map[string]Handler {
			table = map[string]Handler{"begin": func(context.Context, json.RawMessage) (any, error) { close(started); return nil, nil }}
			return table
		})
	}()
	const begin = `{"jsonrpc":"2.0","method":"begin"}`
	fmt.Fprintf(editor, "Content-Length: %d\r\n\r\n%s", len(begin), begin)
	<-started
	for range 2 {
		if _, err := table["exit"](t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestBounds shows headers that end the conversation.
func TestBounds(t *testing.T) {
	for _, in := range []string{
		"Content-Length: 99999999999\r\n\r\n", "Content-Length: -1\r\n\r\n", "X: y\r\n\r\n", "what\r\n\r\n",
		strings.Repeat("x", 5000), strings.Repeat("X: y\r\n", 100),
	} {
		err := Serve(t.Context(), Options{In: strings.NewReader(in), Out: io.Discard}, func(*Client) map[string]Handler { return map[string]Handler{} })
		if err == nil {
			t.Errorf("%.40q is taken for a message", in)
		}
	}
}

// FuzzServe: no input makes the server panic.
func FuzzServe(f *testing.F) {
	f.Add("Content-Length: 2\r\n\r\n{}")
	f.Add("Content-Length: 40\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"greet"}`)
	f.Fuzz(func(t *testing.T, in string) {
		_ = Serve(t.Context(), Options{In: strings.NewReader(in), Out: io.Discard, Log: func(string) {}}, func(*Client) map[string]Handler {
			return map[string]Handler{"greet": func(context.Context, json.RawMessage) (any, error) { return "hello", nil }}
		})
	})
}
