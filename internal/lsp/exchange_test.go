package lsp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"converge/internal/app/environ"
	"converge/internal/app/kinds"
	"converge/internal/app/site"
	"converge/internal/lsp"
)

var update = flag.Bool("update", false, "record the exchanges anew")

// TestExchange replays the messages between an editor and the server. Each archive of testdata/exchange has manifests,
// the part "editor" with a line for each message of the editor, and the part "want" with all recorded messages of both.
// The lines are
//
//	open FILE                    the editor opens the manifest
//	unsaved FILE                 it has a document that is not on disk, with the text of FILE.unsaved
//	edit FILE L:C-L:C "TEXT"     it replaces a range
//	save FILE, close FILE
//	wait N                       N notifications of the server are awaited
//	METHOD FILE L:C [JSON]       a request about a place
//	METHOD FILE [JSON]           a request about a document
//	METHOD [JSON]                any other request
//
// $DIR is the folder of the manifests.
func TestExchange(t *testing.T) {
	names, err := filepath.Glob("testdata/exchange/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, ar)
			want := &ar.Files[len(ar.Files)-1]
			if want.Name != "want" {
				t.Fatalf("the last part is %s, not want", want.Name)
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// editor is the client of a server.
type editor struct {
	tb    testing.TB
	dir   string
	texts map[string]string
	to    io.Writer
	from  chan message
	said  strings.Builder
	next  int
}

// startEditor starts a server for a folder, which checks at once.
func startEditor(tb testing.TB, dir string) *editor { return startQuiet(tb, dir, 0) }

// startQuiet starts a server that checks after such a pause in typing.
func startQuiet(tb testing.TB, dir string, quiet time.Duration) *editor {
	env := &environ.Env{In: strings.NewReader(""), Out: io.Discard, Err: os.Stderr}
	checker, err := site.NewChecker(env, &site.Options{Root: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	in, to := io.Pipe()
	from, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- lsp.Serve(context.Background(), in, out, lsp.Options{
			Checker: checker, Kinds: kinds.New().All(), Version: "test", Quiet: quiet, Log: func(s string) { tb.Error(s) },
			Facts: []lsp.Fact{{Name: "os.id", Type: "string", Doc: "The name of the distribution"}, {Name: "hostname", Type: "string", Doc: "The name of the host"}},
		})
	}()
	e := &editor{tb: tb, dir: dir, texts: map[string]string{}, to: to, from: make(chan message, 1000)}
	go e.read(bufio.NewReader(from))
	tb.Cleanup(func() {
		e.notify("exit", nil)
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
	return e
}

func replay(t *testing.T, ar *txtar.Archive) string {
	dir := t.TempDir()
	e := startEditor(t, dir)
	script := ""
	for _, f := range ar.Files {
		switch {
		case f.Name == "editor":
			script = string(f.Data)
		case f.Name == "want":
		case strings.HasSuffix(f.Name, ".unsaved"):
			e.texts[strings.TrimSuffix(f.Name, ".unsaved")] = string(f.Data)
		default:
			e.texts[f.Name] = string(f.Data)
			path := filepath.Join(dir, f.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	e.initialize()
	e.said.Reset() // another exchange covers the capabilities
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Fprintf(&e.said, "> %s\n", line)
			e.say(line)
		}
	}
	return strings.ReplaceAll(e.said.String(), dir, "$DIR")
}

func (e *editor) initialize() {
	e.request("initialize", map[string]any{"rootUri": e.uri(""), "capabilities": map[string]any{}})
	e.notify("initialized", map[string]any{})
}

var (
	place = regexp.MustCompile(`^(\d+):(\d+)$`)
	edit  = regexp.MustCompile(`^(\d+):(\d+)-(\d+):(\d+) (.*)$`)
)

// say sends the message of a line of the script.
func (e *editor) say(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	file, more, _ := strings.Cut(rest, " ")
	switch verb {
	case "open", "unsaved":
		e.open(file, e.texts[file])
	case "edit":
		m := edit.FindStringSubmatch(more)
		s, err := strconv.Unquote(m[5])
		if err != nil {
			e.tb.Fatal(err)
		}
		r := map[string]any{"start": position(m[1], m[2]), "end": position(m[3], m[4])}
		e.notify("textDocument/didChange", map[string]any{"textDocument": e.document(file), "contentChanges": []any{map[string]any{"range": r, "text": s}}})
	case "save":
		e.notify("textDocument/didSave", map[string]any{"textDocument": e.document(file)})
	case "close":
		e.notify("textDocument/didClose", map[string]any{"textDocument": e.document(file)})
	case "wait":
		n, err := strconv.Atoi(file)
		if err != nil {
			e.tb.Fatal(err)
		}
		for range n {
			e.show(e.receive())
		}
	default:
		e.request(verb, e.params(file, more))
	}
}

// params returns the parameters of a request.
func (e *editor) params(file, more string) map[string]any {
	p := map[string]any{}
	if file != "" && !strings.HasPrefix(file, "{") {
		p["textDocument"] = e.document(file)
	} else {
		more = strings.TrimSpace(file + " " + more)
	}
	at, rest, _ := strings.Cut(more, " ")
	if m := place.FindStringSubmatch(at); m != nil {
		p["position"] = position(m[1], m[2])
		more = rest
	}
	if more != "" {
		if err := json.Unmarshal([]byte(more), &p); err != nil {
			e.tb.Fatal(err)
		}
	}
	return p
}

func position(line, character string) map[string]any {
	l, _ := strconv.Atoi(line)
	c, _ := strconv.Atoi(character)
	return map[string]any{"line": l, "character": c}
}

func (e *editor) uri(file string) string { return "file://" + filepath.Join(e.dir, file) }

func (e *editor) document(file string) map[string]any {
	return map[string]any{"uri": e.uri(file), "version": 1}
}

func (e *editor) open(file, text string) {
	d := e.document(file)
	d["languageId"], d["text"] = "hcl", text
	e.notify("textDocument/didOpen", map[string]any{"textDocument": d})
}

func (e *editor) notify(method string, params any) {
	e.send(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// request sends a request and shows everything up to its answer, which it returns.
func (e *editor) request(method string, params any) (result json.RawMessage) {
	e.next++
	e.send(map[string]any{"jsonrpc": "2.0", "id": e.next, "method": method, "params": params})
	for {
		m := e.receive()
		e.show(m)
		if m.ID == e.next {
			return m.Result
		}
	}
}

func (e *editor) send(m map[string]any) {
	b, err := json.Marshal(m)
	if err != nil {
		e.tb.Fatal(err)
	}
	if _, err := fmt.Fprintf(e.to, "Content-Length: %d\r\n\r\n%s", len(b), b); err != nil {
		e.tb.Fatal(err)
	}
}

// message is a message of the server.
type message struct {
	ID             int
	Method         string
	Params, Result json.RawMessage
	Error          json.RawMessage
}

// receive returns the next message of the server.
func (e *editor) receive() message {
	select {
	case m, ok := <-e.from:
		if ok {
			return m
		}
		e.tb.Fatal("the server sends nothing any more")
	case <-time.After(time.Minute):
		e.tb.Fatal("the server is silent")
	}
	return message{}
}

// read reads messages as they come, as an editor does.
func (e *editor) read(from *bufio.Reader) {
	defer close(e.from)
	for {
		size := 0
		if _, err := fmt.Fscanf(from, "Content-Length: %d\r\n\r\n", &size); err != nil {
			return
		}
		b := make([]byte, size)
		if _, err := io.ReadFull(from, b); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(b, &m); err != nil {
			e.tb.Error(err)
		}
		e.from <- m
	}
}

// show records a message of the server, with a line for each element of a list.
func (e *editor) show(m message) {
	switch {
	case m.Method != "":
		fmt.Fprintf(&e.said, "< %s\n%s", m.Method, spread(m.Params))
	case m.Error != nil:
		fmt.Fprintf(&e.said, "< error %s\n", m.Error)
	default:
		e.said.WriteString(spread(m.Result))
	}
}

// ranges are written L:C-L:C.
var ranges = regexp.MustCompile(`\{"start":\{"line":(\d+),"character":(\d+)\},"end":\{"line":(\d+),"character":(\d+)\}\}`)

func spread(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, ranges.ReplaceAll(raw, []byte(`"$1:$2-$3:$4"`)), "< ", "  "); err != nil {
		return err.Error()
	}
	return "< " + b.String() + "\n"
}
