// Package source reads manifests and the files beside them, and remembers each, so that a saved plan can detect whether
// they have changed.
//
// Start with [Files]. The package parses only strings, to keep their bytes (encode.go).
package source

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// MaxSize is the size in bytes from which a manifest, or a file that an expression reads, is refused as a mistake.
const MaxSize = 128 << 20

// stdinName is the name of standard input in diagnostics.
const stdinName = "<stdin>"

// Document is one manifest file.
type Document struct {
	Name string
	Data []byte // as it is parsed
	JSON bool

	raw []byte // as it was read
}

// Options configure how files are read.
type Options struct {
	VarFiles []string          // paths that are not manifests, in whatever folder
	Disk     Disk              // nil: [PlainDisk]
	Unsaved  map[string][]byte // manifests in memory, by absolute path
	Stop     func() error      // called while large files are read; nil: nothing ends the reading
}

// Files remembers every file that was read: manifests, and the files that they name.
type Files struct {
	opts Options

	mu        sync.Mutex
	manifests map[string]*hcl.File
	shown     map[string]*hcl.File // files of variables, see Show
	read      map[string]*resource.Blob
	pinned    map[string]bool                 // files that were evaluated; the others are only the content of resources
	folders   map[string][]string             // names of the manifests in each folder that was read
	existed   map[string]bool                 // paths whose existence an expression tested
	trees     map[string][]resource.TreeEntry // folders that were listed with all entries below
	refused   map[string]bool                 // files that could not be read for an expression
	varSums   map[string][sha256.Size]byte    // digests of files of variables, whose text is not kept
	size      atomic.Int64                    // bytes of manifests
}

// New returns Files that have read nothing yet.
func New(o Options) *Files {
	if o.Disk == nil {
		o.Disk = PlainDisk{}
	}
	return &Files{
		opts: o, manifests: map[string]*hcl.File{}, read: map[string]*resource.Blob{}, pinned: map[string]bool{},
		folders: map[string][]string{}, existed: map[string]bool{}, refused: map[string]bool{}, trees: map[string][]resource.TreeEntry{}, varSums: map[string][sha256.Size]byte{},
	}
}

// Input is one file that was read.
type Input struct {
	Path    string
	Content *resource.Blob // Digest is its SHA-256
}

// Texts returns the manifests that were read so far, and the documents of Show, for diagnostics.
func (f *Files) Texts() map[string]*hcl.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := maps.Clone(f.manifests)
	maps.Copy(out, f.shown)
	return out
}

// Show lets diagnostics show lines of a document that is not a manifest.
func (f *Files) Show(d Document) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shown == nil {
		f.shown = map[string]*hcl.File{}
	}
	f.shown[d.Name] = &hcl.File{Bytes: d.Data}
}

// List returns everything that was read, in order of path.
func (f *Files) List() []Input {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Input, 0, len(f.read))
	for p, b := range f.read {
		out = append(out, Input{p, b})
	}
	for dir, entries := range f.trees {
		out = append(out, Input{dir + "/", resource.BytesBlob([]byte(fmt.Sprintln(entries)))})
	}
	slices.SortFunc(out, func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// add notes a manifest's content.
func (f *Files) add(s Document) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manifests[s.Name] = &hcl.File{Bytes: s.Data}
	f.size.Add(int64(len(s.Data)))
	f.read[s.Name] = resource.BytesBlob(s.raw)
	f.pinned[s.Name] = s.Name != stdinName
}

// TextAt returns the source text of a range, "" if it is not in a manifest.
func (f *Files) TextAt(r hcl.Range) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.manifests[r.Filename]; file != nil && r.CanSliceBytes(file.Bytes) {
		return string(r.SliceBytes(file.Bytes))
	}
	return ""
}

// RestOfLine returns the text after a range of a manifest, to the end of its line.
func (f *Files) RestOfLine(r hcl.Range) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	file := f.manifests[r.Filename]
	if file == nil || !r.CanSliceBytes(file.Bytes) {
		return ""
	}
	line, _, _ := bytes.Cut(file.Bytes[r.End.Byte:], []byte("\n"))
	return string(line)
}

// ReadBlob reads a file beside the manifest, once for all resources.
func (f *Files) ReadBlob(path string) (*resource.Blob, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.read[path]; b != nil {
		return b, nil
	}
	b, err := resource.FileBlob(path, f.opts.Disk.Open)
	if err != nil {
		f.refused[path] = true // try() and can() depend on it
		return nil, err
	}
	if _, held := b.Bytes(); !held && f.opts.Stop != nil {
		b.Until(f.opts.Stop)
	}
	f.read[path] = b
	return b, nil
}

// ReadBytes reads a file beside the manifest as a whole.
func (f *Files) ReadBytes(path string) ([]byte, error) {
	b, err := f.ReadBlob(path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.pinned[path] = true
	f.mu.Unlock()
	if data, ok := b.Bytes(); ok {
		return data, nil
	}
	if b.Size > MaxSize {
		return nil, fmt.Errorf("cannot read %q: larger than %d MiB", path, MaxSize>>20)
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// ReadRoot reads the manifest that the user named: a file, a folder or standard input. dir is the base of relative
// paths.
func (f *Files) ReadRoot(path string, stdin io.Reader) (dir string, srcs []Document, diags hcl.Diagnostics) {
	var src Document
	var err error
	if path == "-" {
		src, err = readAll(stdinName, stdin)
	} else if info, no := os.Stat(path); no == nil && info.IsDir() { // what it is now; it is opened by the disk's rules
		srcs, diags = f.ReadFolder(path, nil)
		return path, srcs, diags
	} else {
		src, err = f.readLatest(path)
	}
	if err != nil {
		d := describeUnreadable(err, nil)
		if path != "-" {
			d.Detail += SuggestFile(path)
		}
		return "", nil, hcl.Diagnostics{d}
	}
	f.add(src)
	return filepath.Dir(path), []Document{src}, nil
}

func describeUnreadable(err error, at *hcl.Range) *hcl.Diagnostic {
	return diag.Failure("Cannot read the manifest", diag.Sentence(err), at)
}

// ReadFolder reads a folder's manifests, in order of name. at is the place in a manifest that names the folder, for
// messages.
func (f *Files) ReadFolder(dir string, at *hcl.Range) ([]Document, hcl.Diagnostics) {
	f.opts.Disk.Trust(dir)
	all, err := f.opts.Disk.Names(dir)
	if err != nil {
		return nil, hcl.Diagnostics{describeUnreadable(err, at)}
	}
	var srcs []Document
	var diags hcl.Diagnostics
	names := f.namesIn(dir, all)
	f.mu.Lock()
	f.folders[dir] = names
	f.mu.Unlock()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if f.isVarFile(path) {
			continue
		}
		src, err := f.readLatest(path)
		if err != nil {
			diags = append(diags, describeUnreadable(err, at))
			continue
		}
		f.add(src)
		srcs = append(srcs, src)
	}
	if len(srcs) == 0 && !diags.HasErrors() {
		diags = append(diags, diag.Failure("No manifest",
			fmt.Sprintf("The folder %q has no file whose name ends in .hcl or .hcl.json.%s", dir, describeOthers(all)), at))
	}
	return srcs, diags
}

// manifestNames returns the names of a folder's manifests. It skips names with a leading dot: an editor's lock or backup
// files.
func manifestNames(all []string) []string {
	var names []string
	for _, name := range all {
		if IsManifestName(name) {
			names = append(names, name)
		}
	}
	return names
}

// IsManifestName reports whether a name is that of a manifest. A file of tests is not one.
func IsManifestName(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".test.hcl") && (strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".hcl.json"))
}

// isVarFile reports whether path was given as a file of variables, which is never a manifest, in whatever folder.
func (f *Files) isVarFile(path string) bool {
	for _, v := range f.opts.VarFiles {
		a, errA := os.Stat(path)
		b, errB := os.Stat(v)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return true
		}
	}
	return false
}

// namesIn returns the names of a folder's manifests, including those that exist only in memory, in order.
func (f *Files) namesIn(dir string, all []string) []string {
	names := manifestNames(all)
	for path := range f.opts.Unsaved {
		if name := filepath.Base(path); filepath.Dir(path) == filepath.Clean(dir) && IsManifestName(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readLatest reads one manifest file, or its text in memory.
func (f *Files) readLatest(path string) (Document, error) {
	if text, ok := f.opts.Unsaved[filepath.Clean(path)]; ok {
		return readAll(path, bytes.NewReader(text))
	}
	f.opts.Disk.Trust(path)
	return readDocument(f.opts.Disk, path)
}

func readDocument(disk Disk, path string) (Document, error) {
	file, err := disk.Open(path)
	if err != nil {
		return Document{}, err
	}
	defer file.Close()
	return readAll(path, file)
}

func readAll(name string, r io.Reader) (Document, error) {
	if r == nil {
		return Document{}, fmt.Errorf("cannot read %q: there is none", name)
	}
	var text bytes.Buffer
	text.Grow(bytes.MinRead + sizeOf(r))
	_, err := text.ReadFrom(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Document{}, resource.DescribeReadError(name, err)
	}
	data := text.Bytes()
	if len(data) > MaxSize {
		return Document{}, fmt.Errorf("cannot read %q: larger than %d MiB", name, MaxSize>>20)
	}
	s := Document{Name: name, Data: data, JSON: looksJSON(name, data), raw: data}
	s.Data = encodeStrings(s)
	return s, nil
}

// sizeOf returns the size of a reader in bytes, if it is a file; the file may still grow.
func sizeOf(r io.Reader) int {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			return int(min(info.Size(), MaxSize))
		}
	}
	return 0
}

// looksJSON determines the syntax by the name; without a name, a text that starts with a brace is JSON, because no
// native manifest does.
func looksJSON(name string, data []byte) bool {
	if name != stdinName {
		return strings.HasSuffix(name, ".json")
	}
	text := strings.TrimSpace(string(data[:min(len(data), 512)]))
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}

// Size returns the number of bytes of manifest that were read.
func (f *Files) Size() int64 { return f.size.Load() }

// FindLine returns the range from a column to the end of its line, both counted from 1, in a file beside a manifest, and
// adds the file's text to the diagnostics. ok is false if the file was not read, is not in memory, or has no such line.
func (f *Files) FindLine(path string, line, col int) (_ hcl.Range, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.read[path]
	if b == nil || line == 0 {
		return hcl.Range{}, false
	}
	data, ok := b.Bytes()
	if !ok {
		return hcl.Range{}, false
	}
	if f.manifests[path] == nil {
		f.manifests[path] = &hcl.File{Bytes: data}
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	if line > len(lines) {
		return hcl.Range{}, false
	}
	at := 0
	for _, l := range lines[:line-1] {
		at += len(l)
	}
	end := at + len(bytes.TrimSuffix(lines[line-1], []byte("\n")))
	col = max(1, col)
	from := min(at+col-1, end)
	return hcl.Range{
		Filename: path,
		Start:    hcl.Pos{Line: line, Column: col, Byte: from},
		End:      hcl.Pos{Line: line, Column: col + end - from, Byte: end},
	}, true
}
