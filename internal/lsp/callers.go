package lsp

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/lsp/outline"
)

// maxSearched is how many entries of the workspace are searched for module blocks.
const maxSearched = 20_000

func (w *workspace) addRoot(uri string) {
	if path := pathOf(uri); path != "" && path != "/" {
		w.roots = append(w.roots, path)
	}
}

// forgetCallers makes the workspace be searched for module blocks again.
func (w *workspace) forgetCallers() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.called = nil
}

// sites returns the folders of the sites that a folder belongs to: those that use it as a module, or the folder itself
// if none does.
func (w *workspace) sites(dir string) []string {
	w.findCallers()
	var out []string
	seen := map[string]bool{}
	var visit func(dir string)
	visit = func(dir string) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		if len(w.called[dir]) == 0 {
			out = append(out, dir)
		}
		for _, caller := range w.called[dir] {
			visit(caller)
		}
	}
	visit(dir)
	if len(out) == 0 {
		return []string{dir} // the modules call each other
	}
	return out
}

// findCallers searches the workspace for module blocks.
func (w *workspace) findCallers() {
	if w.called != nil {
		return
	}
	w.called = map[string][]string{}
	searched := 0
	for _, root := range w.roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if searched++; searched > maxSearched {
				return fs.SkipAll
			}
			switch {
			case err != nil:
				return fs.SkipDir
			case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case d.Type().IsRegular() && isManifest(path):
				w.noteCalls(w.read(path))
			}
			return nil
		})
	}
	for _, m := range w.docs {
		w.noteCalls(m)
	}
}

// noteCalls records the folders that a document's module blocks name.
func (w *workspace) noteCalls(m *manifest) {
	if m == nil || !bytes.Contains(m.text.Bytes(), []byte("module")) {
		return
	}
	for _, dir := range calledFolders(m) {
		if caller := filepath.Dir(m.path); !slices.Contains(w.called[dir], caller) && caller != dir {
			w.called[dir] = append(w.called[dir], caller)
		}
	}
}

func calledFolders(m *manifest) []string {
	if isJSON(m.path) {
		return foldersInJSON(m)
	}
	var out []string
	d := m.parsed()
	for i := range d.Blocks {
		if dir := sourceOf(m, &d.Blocks[i]); dir != "" {
			out = append(out, dir)
		}
	}
	return out
}

// sourceOf returns the folder that a module block names, "" if it is not on this machine.
func sourceOf(m *manifest, b *outline.Block) string {
	a := b.Attr("source")
	if b.Type.Text != "module" || a == nil || !a.Plain || strings.Contains(a.Text, "://") {
		return ""
	}
	if filepath.IsAbs(a.Text) {
		return filepath.Clean(a.Text)
	}
	return filepath.Join(filepath.Dir(m.path), a.Text)
}
