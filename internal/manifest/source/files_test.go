package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// tree writes files, by path in a new folder, and makes folders for paths that end in a slash.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if folder == path {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestReadRoot shows which documents belong to a path.
func TestReadRoot(t *testing.T) {
	files := map[string]string{
		"b.hcl": "b {}", "a.hcl.json": "{}", "c.txt": "", ".d.hcl": "", "vars.hcl": "x = 1",
		"empty/": "", "folder.hcl/": "", "sub/x.hcl": "",
	}
	for _, tt := range []struct {
		name, path, stdin string
		want, err         string
	}{
		{"a folder", "", "", "a.hcl.json JSON, b.hcl; folder.hcl", "Cannot read \"DIR/folder.hcl\": not a regular file."},
		{"a folder below", "sub", "", "sub/x.hcl", ""},
		{"a file", "b.hcl", "", "b.hcl", ""},
		{"any file", "c.txt", "", "c.txt", ""},
		{"an empty folder", "empty", "", "", "The folder \"DIR/empty\" has no file whose name ends in .hcl or .hcl.json."},
		{"nothing", "gone", "", "", "Cannot read \"DIR/gone\": no such file or directory."},
		{"standard input", "-", "a {}", "<stdin>", ""},
		{"JSON on standard input", "-", "\n {}", "<stdin> JSON", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, files)
			path := tt.path
			if path != "-" {
				path = filepath.Join(dir, path)
			}
			disk := trustingDisk{t: t, trusted: map[string]bool{}}
			f := New(Options{VarFiles: []string{filepath.Join(dir, "vars.hcl")}, Disk: disk})
			_, docs, diags := f.ReadRoot(path, strings.NewReader(tt.stdin))
			var names []string
			for _, d := range docs {
				name := strings.TrimPrefix(d.Name, dir+"/")
				if d.JSON {
					name += " JSON"
				}
				names = append(names, name)
			}
			want, _, _ := strings.Cut(tt.want, "; ")
			if strings.Join(names, ", ") != want {
				t.Errorf("read %v, want %s", names, want)
			}
			detail := ""
			if diags.HasErrors() {
				detail = strings.ReplaceAll(diags[0].Detail, dir, "DIR")
			}
			if detail != tt.err {
				t.Errorf("got %q, want %q", detail, tt.err)
			}
			for _, d := range docs {
				if path != "-" && !disk.trusted[d.Name] {
					t.Errorf("%s is not trusted", d.Name)
				}
			}
		})
	}
}

// trustingDisk requires that manifests, and their folders, are trusted before they are opened.
type trustingDisk struct {
	PlainDisk
	t       *testing.T
	trusted map[string]bool
}

func (d trustingDisk) Trust(path string) { d.trusted[path] = true }

func (d trustingDisk) Open(path string) (*os.File, error) {
	if !d.trusted[path] {
		d.t.Errorf("%s is opened before it is trusted", path)
	}
	return d.PlainDisk.Open(path)
}

func (d trustingDisk) Names(path string) ([]string, error) {
	if !d.trusted[path] {
		d.t.Errorf("%s is listed before it is trusted", path)
	}
	return d.PlainDisk.Names(path)
}

// TestReadStdin shows what standard input must be.
func TestReadStdin(t *testing.T) {
	for name, in := range map[string]io.Reader{"none": nil, "broken": io.MultiReader(strings.NewReader("x"), brokenReader{})} {
		if _, _, diags := New(Options{}).ReadRoot("-", in); !diags.HasErrors() {
			t.Errorf("%s: no error", name)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestListAltered shows which changes are detected.
func TestListAltered(t *testing.T) {
	write := func(name, text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	for _, tt := range []struct {
		name   string
		change func(dir string) error
		want   string
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"a manifest", write("a.hcl", "b {}"), "a.hcl"},
		{"the same text again", write("a.hcl", "a {}"), ""},
		{"a manifest more", write("b.hcl", ""), "."},
		{"a manifest less", remove("a.hcl"), ".,a.hcl"},
		{"a file of another kind", write("x.txt", ""), ""},
		{"a text that was evaluated", write("text", "new"), "text"},
		{"a content", write("content", "new"), ""},
		{"what was tested and is gone", remove("there"), "there"},
		{"what was tested and is there now", write("absent", ""), "absent"},
		{"what could not be read", write("refused", ""), "refused"},
		{"variables", write("vars", "x = 2"), "vars"},
		{"variables gone", remove("vars"), "vars"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, map[string]string{"a.hcl": "a {}", "text": "old", "content": "old", "there": "", "vars": "x = 1"})
			f := New(Options{})
			if _, _, diags := f.ReadRoot(dir, nil); diags.HasErrors() {
				t.Fatal(diags)
			}
			text, err := f.ReadBytes(filepath.Join(dir, "text"))
			_, blobErr := f.ReadBlob(filepath.Join(dir, "content"))
			_, refused := f.ReadBytes(filepath.Join(dir, "refused"))
			vars, varsErr := f.ReadVars(filepath.Join(dir, "vars"))
			if string(text) != "old" || string(vars.Data) != "x = 1" || errors.Join(err, blobErr, varsErr) != nil || refused == nil {
				t.Fatal(text, vars, err, blobErr, varsErr, refused)
			}
			f.NoteAsked(filepath.Join(dir, "there"), true)
			f.NoteAsked(filepath.Join(dir, "absent"), false)
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range f.ListAltered() {
				rel, _ := filepath.Rel(dir, p)
				got = append(got, rel)
			}
			if strings.Join(got, ",") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
			var listed []string
			for _, in := range f.List() {
				listed = append(listed, filepath.Base(in.Path))
			}
			if want := []string{"a.hcl", "content", "text"}; !slices.Equal(listed, want) {
				t.Errorf("listed %v, want %v", listed, want)
			}
		})
	}
}

// TestFindLine shows the text of places in a file beside a manifest.
func TestFindLine(t *testing.T) {
	path := filepath.Join(tree(t, map[string]string{"t": "one\ntwo three\n\nlast"}), "t")
	f := New(Options{})
	if _, ok := f.FindLine(path, 1, 1); ok {
		t.Error("found before it was read")
	}
	if _, err := f.ReadBytes(path); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		line, col int
		want      string
		ok        bool
	}{
		{1, 1, "one", true}, {2, 5, "three", true}, {2, 0, "two three", true}, {2, 99, "", true}, {3, 1, "", true}, {4, 2, "ast", true}, {5, 1, "", false}, {0, 1, "", false},
	} {
		r, ok := f.FindLine(path, tt.line, tt.col)
		if ok != tt.ok || ok && f.TextAt(r) != tt.want {
			t.Errorf("%d:%d: %q, %v", tt.line, tt.col, f.TextAt(r), ok)
		}
	}
	if got := f.TextAt(hcl.Range{Filename: "other"}); got != "" {
		t.Errorf("text of another file: %q", got)
	}
}
