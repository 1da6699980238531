package lsp

import (
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"converge/internal/lsp/outline"
	"converge/internal/lsp/text"
	"converge/internal/lsp/wire"
	"converge/internal/resource"
)

// maxRead is the size in bytes above which a file on disk is ignored.
const maxRead = 4 << 20

// workspace holds the documents that are open in the editor, and the declarations in the files on disk. All methods
// except the locking ones are called with mu held.
type workspace struct {
	mu     sync.Mutex
	roots  []string
	docs   map[string]*manifest // open ones by path
	disk   map[string]*manifest // others, as far as they were read
	called map[string][]string  // folders that use a folder as a module; nil: not searched yet
}

// manifest is one document.
type manifest struct {
	path    string
	text    *text.Text
	parser  outline.Parser
	outline *outline.Document // nil: not parsed since the latest edit
	edited  int               // offset of the latest edit
	opened  bool

	modified time.Time // of a file on disk
	size     int64
}

func newWorkspace() *workspace {
	return &workspace{docs: map[string]*manifest{}, disk: map[string]*manifest{}}
}

// parsed returns the declarations in the document; none for JSON.
func (m *manifest) parsed() *outline.Document {
	if m.outline == nil {
		if isJSON(m.path) {
			m.outline = &outline.Document{Text: m.text.Bytes(), Healed: m.text.Bytes()}
		} else {
			m.outline = m.parser.Parse(m.text.Bytes(), m.edited)
		}
	}
	return m.outline
}

// put adds a document that the editor has opened; false: it is not a manifest.
func (w *workspace) put(d wire.Document) bool {
	path := pathOf(d.URI)
	if !isManifest(path) {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.docs[path] = &manifest{path: path, text: text.New([]byte(d.Text)), edited: -1, opened: true}
	w.called = nil
	return true
}

// edit changes a document; false: it is not open.
func (w *workspace) edit(p wire.DidChange) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.docs[pathOf(p.Document.URI)]
	if m == nil {
		return false
	}
	for _, c := range p.Changes {
		if c.Range == nil {
			m.text, m.edited = text.New([]byte(c.Text)), -1
			continue
		}
		m.edited = m.text.Offset(c.Range.Start)
		m.text = m.text.Replace(*c.Range, c.Text)
	}
	m.outline = nil
	return true
}

// remove removes a document: the file on disk is used again.
func (w *workspace) remove(uri string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.docs, pathOf(uri))
	w.called = nil
}

// find returns the document at a URI, nil if the editor has not opened it.
func (w *workspace) find(uri string) *manifest { return w.docs[pathOf(uri)] }

// read returns the document at a path, nil if there is none.
func (w *workspace) read(path string) *manifest {
	if m := w.docs[path]; m != nil {
		return m
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxRead {
		delete(w.disk, path)
		return nil
	}
	if m := w.disk[path]; m != nil && m.size == info.Size() && m.modified.Equal(info.ModTime()) {
		return m
	}
	file, err := resource.OpenRegular(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxRead))
	if err != nil {
		return nil
	}
	m := &manifest{path: path, text: text.New(b), edited: -1, modified: info.ModTime(), size: info.Size()}
	w.disk[path] = m
	return m
}

// folder returns the manifests of a folder, in order of name.
func (w *workspace) folder(dir string) []*manifest {
	var paths []string
	entries, _ := os.ReadDir(dir) // a folder that is not on disk yet may have open documents
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); isManifest(path) && e.Type().IsRegular() {
			paths = append(paths, path)
		}
	}
	for path := range w.docs {
		if filepath.Dir(path) == dir && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	var out []*manifest
	for _, path := range paths {
		if m := w.read(path); m != nil {
			out = append(out, m)
		}
	}
	return out
}

// known returns the manifests of the workspace that were read so far.
func (w *workspace) known() []*manifest {
	w.findCallers()
	all := maps.Clone(w.disk)
	maps.Copy(all, w.docs)
	var out []*manifest
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if m := w.read(path); m != nil {
			out = append(out, m)
		}
	}
	return out
}

// unsaved returns the texts of all open documents by path.
func (w *workspace) unsaved() map[string][]byte {
	out := make(map[string][]byte, len(w.docs))
	for path, m := range w.docs {
		out[path] = m.text.Bytes()
	}
	return out
}

// isManifest reports whether a path has the name of a manifest.
func isManifest(path string) bool {
	name := filepath.Base(path)
	return path != "" && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".test.hcl") && (strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".hcl.json"))
}

// pathOf returns the path of a document, "" if it is not a file.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || !filepath.IsAbs(u.Path) {
		return ""
	}
	return filepath.Clean(u.Path)
}

// uriOf returns the URI of a path.
func uriOf(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }
