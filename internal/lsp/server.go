// Package lsp is a language server for editors: it reports errors while a manifest is written, proposes completions, and
// explains and finds declarations.
//
// Start with [Serve]. Documents in the editor replace the files on disk. Package text converts positions, outline finds
// declarations and references, and wire is the protocol. A [Checker] evaluates manifests. The package writes no file and
// reads no state of the machine.
package lsp

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/lsp/wire"
	"converge/internal/resource"
)

// Checker finds the errors of the manifests in a folder, some of them in memory. It also returns the texts that the
// diagnostics refer to. All paths are absolute.
type Checker interface {
	Check(ctx context.Context, folder string, unsaved map[string][]byte) (texts map[string][]byte, diags hcl.Diagnostics)
}

// Fact is one entry of node: "os.id".
type Fact struct{ Name, Type, Doc string }

// Options configure a server.
type Options struct {
	Checker Checker
	Kinds   []*resource.Kind
	Facts   []Fact
	Version string
	Quiet   time.Duration // the pause in typing before manifests are checked
	Log     func(string)  // receives faults of the server
}

// Server serves one editor.
type Server struct {
	Options
	*index
	client *wire.Client
	checks *checks

	snippets bool // the editor supports placeholders
}

// Serve serves an editor until it sends exit, closes the stream or the context ends.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return wire.Serve(ctx, wire.Options{In: in, Out: out, Log: o.Log}, func(c *wire.Client) map[string]wire.Handler {
		s := newServer(ctx, o)
		s.client = c
		return s.handlers()
	})
}

func newServer(ctx context.Context, o Options) *Server {
	s := &Server{Options: o, index: &index{kinds: o.Kinds, facts: o.Facts, space: newWorkspace()}}
	s.checks = &checks{server: s, ctx: ctx, dirty: map[string]bool{}, results: map[string]map[string][]wire.Diagnostic{}}
	return s
}

// handlers returns the handler of each method.
func (s *Server) handlers() map[string]wire.Handler {
	return map[string]wire.Handler{
		"initialize":             wire.Method(s.initialize),
		"initialized":            ignore,
		"shutdown":               ignore,
		"$/setTrace":             ignore,
		"textDocument/didOpen":   wire.Method(s.open),
		"textDocument/didChange": wire.Method(s.change),
		"textDocument/didSave":   wire.Method(s.save),
		"textDocument/didClose":  wire.Method(s.close),

		"textDocument/completion":     wire.Method(s.complete),
		"textDocument/hover":          wire.Method(s.hover),
		"textDocument/definition":     wire.Method(s.definition),
		"textDocument/references":     wire.Method(s.references),
		"textDocument/prepareRename":  wire.Method(s.prepareRename),
		"textDocument/rename":         wire.Method(s.rename),
		"textDocument/documentSymbol": wire.Method(s.documentSymbols),
		"textDocument/formatting":     wire.Method(s.format),
		"textDocument/codeAction":     wire.Method(s.codeActions),
		"workspace/symbol":            wire.Method(s.workspaceSymbols),

		"workspace/didChangeConfiguration": ignore,
		"workspace/didChangeWatchedFiles":  wire.Method(s.filesChanged),
	}
}

func ignore(context.Context, json.RawMessage) (any, error) { return nil, nil }

// initialize answers with the server's capabilities.
func (s *Server) initialize(_ context.Context, p wire.Initialize) (any, error) {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	for _, f := range p.Folders {
		s.space.addRoot(f.URI)
	}
	if len(p.Folders) == 0 {
		s.space.addRoot(p.RootURI)
	}
	s.snippets = p.Capabilities.TextDocument.Completion.Item.Snippets
	return map[string]any{
		"serverInfo":   map[string]any{"name": "converge", "version": s.Version},
		"capabilities": capabilities(),
	}, nil
}

func capabilities() map[string]any {
	const incremental = 2
	return map[string]any{
		"positionEncoding":   "utf-16",
		"textDocumentSync":   map[string]any{"openClose": true, "change": incremental, "save": true},
		"completionProvider": map[string]any{"triggerCharacters": []string{".", "\"", "[", "="}},
		"hoverProvider":      true, "definitionProvider": true, "referencesProvider": true,
		"renameProvider":         map[string]any{"prepareProvider": true},
		"documentSymbolProvider": true, "workspaceSymbolProvider": true, "documentFormattingProvider": true,
		"codeActionProvider": map[string]any{"codeActionKinds": []string{"quickfix"}},
	}
}

// document is the parameter of most notifications.
type document struct {
	Document wire.Document `json:"textDocument"`
}

func (s *Server) open(_ context.Context, p document) (any, error) {
	if s.space.put(p.Document) {
		s.checks.schedule(p.Document.URI)
	}
	return nil, nil
}

func (s *Server) change(_ context.Context, p wire.DidChange) (any, error) {
	if s.space.edit(p) {
		s.checks.schedule(p.Document.URI)
	}
	return nil, nil
}

// save makes the server read files again that are not open in the editor.
func (s *Server) save(_ context.Context, p document) (any, error) {
	s.space.forgetCallers()
	s.checks.schedule(p.Document.URI)
	return nil, nil
}

func (s *Server) close(_ context.Context, p document) (any, error) {
	s.space.remove(p.Document.URI)
	s.checks.schedule(p.Document.URI)
	return nil, nil
}

// filesChanged handles files that changed on disk.
func (s *Server) filesChanged(_ context.Context, p struct {
	Changes []wire.Document `json:"changes"`
},
) (any, error) {
	s.space.forgetCallers()
	for _, c := range p.Changes {
		s.checks.schedule(c.URI)
	}
	return nil, nil
}
