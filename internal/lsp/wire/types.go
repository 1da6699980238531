package wire

import (
	"encoding/json"

	"converge/internal/lsp/text"
)

// Document names a document.
type Document struct {
	URI     string `json:"uri"`
	Version int    `json:"version,omitempty"`
	Text    string `json:"text,omitempty"`
}

// At are the parameters of a request about a place.
type At struct {
	Document Document      `json:"textDocument"`
	Position text.Position `json:"position"`
	NewName  string        `json:"newName"` // of textDocument/rename
	Context  struct {
		Declaration bool `json:"includeDeclaration"`
	} `json:"context"` // of textDocument/references
}

// Initialize are the parameters of the first request.
type Initialize struct {
	RootURI string `json:"rootUri"`
	Folders []struct {
		URI string `json:"uri"`
	} `json:"workspaceFolders"`
	Capabilities struct {
		TextDocument struct {
			Completion struct {
				Item struct {
					Snippets bool `json:"snippetSupport"`
				} `json:"completionItem"`
			} `json:"completion"`
		} `json:"textDocument"`
	} `json:"capabilities"`
}

// Change is one edit of a document: of a range, or without one of all.
type Change struct {
	Range *text.Range `json:"range"`
	Text  string      `json:"text"`
}

// DidChange are the parameters of textDocument/didChange.
type DidChange struct {
	Document Document `json:"textDocument"`
	Changes  []Change `json:"contentChanges"`
}

// Severity is how bad a diagnostic is.
type Severity int

// The severities that converge uses.
const (
	Error   Severity = 1
	Warning Severity = 2
)

// Diagnostic is a problem at a place. The editor returns Data in a request for code actions.
type Diagnostic struct {
	Range    text.Range      `json:"range"`
	Severity Severity        `json:"severity"`
	Source   string          `json:"source"`
	Message  string          `json:"message"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// PublishDiagnostics replaces all diagnostics of a document.
type PublishDiagnostics struct {
	URI         string       `json:"uri"`
	Version     *int         `json:"version,omitempty"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Location is a place in a document.
type Location struct {
	URI   string     `json:"uri"`
	Range text.Range `json:"range"`
}

// Edit replaces a range.
type Edit struct {
	Range   text.Range `json:"range"`
	NewText string     `json:"newText"`
}

// WorkspaceEdit are edits by document.
type WorkspaceEdit struct {
	Changes map[string][]Edit `json:"changes"`
}

// Markdown is text for people.
type Markdown struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// NewMarkdown returns a text in Markdown.
func NewMarkdown(s string) *Markdown { return &Markdown{"markdown", s} }

// Hover is the text that an editor shows for a place.
type Hover struct {
	Contents *Markdown  `json:"contents"`
	Range    text.Range `json:"range"`
}

// ItemKind is the symbol beside a completion.
type ItemKind int

// The kinds of completions.
const (
	ItemFunction ItemKind = 3
	ItemVariable ItemKind = 6
	ItemClass    ItemKind = 7
	ItemProperty ItemKind = 10
	ItemValue    ItemKind = 12
	ItemEvent    ItemKind = 23
)

// Completion is one proposal.
type Completion struct {
	Label    string    `json:"label"`
	Kind     ItemKind  `json:"kind"`
	Detail   string    `json:"detail,omitempty"`
	Doc      *Markdown `json:"documentation,omitempty"`
	SortText string    `json:"sortText,omitempty"`
	Filter   string    `json:"filterText,omitempty"`
	Format   int       `json:"insertTextFormat,omitempty"` // 2: a snippet
	Edit     *Edit     `json:"textEdit,omitempty"`
}

// CompletionList are all proposals.
type CompletionList struct {
	Incomplete bool         `json:"isIncomplete"`
	Items      []Completion `json:"items"`
}

// SymbolKind is the symbol beside a name in an outline.
type SymbolKind int

// The kinds of symbols.
const (
	SymbolModule   SymbolKind = 2
	SymbolProperty SymbolKind = 7
	SymbolVariable SymbolKind = 13
	SymbolObject   SymbolKind = 19
	SymbolKey      SymbolKind = 20
)

// DocumentSymbol is a name in the outline of a document.
type DocumentSymbol struct {
	Name      string           `json:"name"`
	Detail    string           `json:"detail,omitempty"`
	Kind      SymbolKind       `json:"kind"`
	Range     text.Range       `json:"range"`
	Selection text.Range       `json:"selectionRange"`
	Children  []DocumentSymbol `json:"children,omitempty"`
}

// Symbol is a name in the workspace.
type Symbol struct {
	Name     string     `json:"name"`
	Kind     SymbolKind `json:"kind"`
	Location Location   `json:"location"`
}

// CodeActions are the parameters of textDocument/codeAction.
type CodeActions struct {
	Document Document   `json:"textDocument"`
	Range    text.Range `json:"range"`
	Context  struct {
		Diagnostics []Diagnostic `json:"diagnostics"`
	} `json:"context"`
}

// CodeAction is a change that the editor offers.
type CodeAction struct {
	Title       string         `json:"title"`
	Kind        string         `json:"kind"`
	Diagnostics []Diagnostic   `json:"diagnostics,omitempty"`
	Preferred   bool           `json:"isPreferred,omitempty"`
	Edit        *WorkspaceEdit `json:"edit"`
}

// Message is shown to the user.
type Message struct {
	Type    int    `json:"type"` // 1 error, 2 warning, 3 information
	Message string `json:"message"`
}
