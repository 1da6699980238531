package manifest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// maxSource is the size in bytes above which a manifest, or a file that an
// expression reads, is refused: it is taken for a mistake.
const maxSource = 128 << 20

// stdinName is what diagnostics call standard input.
const stdinName = "<stdin>"

// source is one manifest file.
type source struct {
	name string
	data []byte // as it is parsed
	raw  []byte // as it was read
	json bool
}

// files remembers every file that was read, manifests and what they name.
type files struct {
	varFiles []string // what is no manifest

	stop func() error    // asked while large files are read; nil: nothing ends that
	open resource.Opener // of Options

	trust func(manifest string) // of Options

	mu        sync.Mutex
	manifests map[string]*hcl.File
	read      map[string]*resource.Blob
	pinned    map[string]bool              // which of them were evaluated; of others a resource alone has the content
	folders   map[string][]string          // names of the manifests in each folder that was read
	existed   map[string]bool              // what was asked for its existence alone
	refused   map[string]bool              // files that could not be read when an expression asked for them
	varSums   map[string][sha256.Size]byte // of files of variables, whose text is kept nowhere
	size      atomic.Int64                 // bytes of manifests
}

func newFiles(o Options) *files {
	return &files{varFiles: o.VarFiles, open: o.Open, trust: o.Trust, manifests: map[string]*hcl.File{}, read: map[string]*resource.Blob{},
		pinned: map[string]bool{}, folders: map[string][]string{}, existed: map[string]bool{}, refused: map[string]bool{}, varSums: map[string][sha256.Size]byte{}}
}

// hcl gives the manifests for diagnostics.
func (f *files) hcl() map[string]*hcl.File { return f.manifests }

// copy is hcl while others may still add to it.
func (f *files) copy() map[string]*hcl.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.manifests)
}

// list gives everything that was read, in order of path.
func (f *files) list() []InputFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]InputFile, 0, len(f.read))
	for p, b := range f.read {
		out = append(out, InputFile{p, b})
	}
	slices.SortFunc(out, func(a, b InputFile) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// add notes a manifest's content.
func (f *files) add(s source) {
	if f.trust != nil && s.name != stdinName {
		f.trust(s.name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manifests[s.name] = &hcl.File{Bytes: s.data}
	f.size.Add(int64(len(s.data)))
	f.read[s.name] = resource.BytesBlob(s.raw)
	f.pinned[s.name] = s.name != stdinName
}

// text is the source text of a range, "" if it is not from a manifest.
func (f *files) text(r hcl.Range) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.manifests[r.Filename]; file != nil && r.CanSliceBytes(file.Bytes) {
		return string(r.SliceBytes(file.Bytes))
	}
	return ""
}

// blob reads a file beside the manifest, once for all resources.
func (f *files) blob(path string) (*resource.Blob, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.read[path]; b != nil {
		return b, nil
	}
	b, err := resource.FileBlob(path, f.open)
	if err == nil {
		if _, held := b.Bytes(); !held && f.stop != nil {
			b.Until(f.stop)
		}
		f.read[path] = b
	} else {
		f.refused[path] = true // try() and can() go by that
	}
	return b, err
}

// bytes reads a file beside the manifest as a whole.
func (f *files) bytes(path string) ([]byte, error) {
	b, err := f.blob(path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.pinned[path] = true
	f.mu.Unlock()
	if data, ok := b.Bytes(); ok {
		return data, nil
	}
	if b.Size > maxSource {
		return nil, fmt.Errorf("cannot read %q: larger than %d MiB", path, maxSource>>20)
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// readRoot reads what the user named: a file, a folder or standard input. dir
// is the folder that relative paths start from.
func (f *files) readRoot(path string, stdin io.Reader) (dir string, srcs []source, diags hcl.Diagnostics) {
	if path == "-" {
		src, err := readAll(stdinName, stdin)
		if err != nil {
			return ".", nil, hcl.Diagnostics{failure("Cannot read the manifest", sentence(err), nil)}
		}
		f.add(src)
		return ".", []source{src}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", nil, hcl.Diagnostics{failure("Cannot read the manifest", sentence(readError(path, err)), nil)}
	case info.IsDir():
		srcs, diags = f.readFolder(path, nil)
		return path, srcs, diags
	}
	src, err := readManifest(path)
	if err != nil {
		return "", nil, hcl.Diagnostics{failure("Cannot read the manifest", sentence(err), nil)}
	}
	f.add(src)
	return filepath.Dir(path), []source{src}, nil
}

// readFolder reads a folder's manifests, in order of name. at is where the
// folder is named, for messages.
func (f *files) readFolder(dir string, at *hcl.Range) ([]source, hcl.Diagnostics) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, hcl.Diagnostics{failure("Cannot read the manifest", sentence(readError(dir, err)), at)}
	}
	var srcs []source
	var diags hcl.Diagnostics
	names := manifestNames(entries)
	f.mu.Lock()
	f.folders[dir] = names
	f.mu.Unlock()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if f.isVarFile(path) {
			continue
		}
		src, err := readManifest(path)
		if err != nil {
			diags = append(diags, failure("Cannot read the manifest", sentence(err), at))
			continue
		}
		f.add(src)
		srcs = append(srcs, src)
	}
	if len(srcs) == 0 && !diags.HasErrors() {
		diags = append(diags, failure("No manifest",
			fmt.Sprintf("The folder %q has no file whose name ends in .hcl or .hcl.json.", dir), at))
	}
	return srcs, diags
}

// manifestNames are the names of a folder's manifests. A leading dot: an
// editor's lock or backup file.
func manifestNames(entries []os.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if isManifest(e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// isVarFile reports whether path was given as a file of variables, which is no
// manifest, wherever it is.
func (f *files) isVarFile(path string) bool {
	for _, v := range f.varFiles {
		a, errA := os.Stat(path)
		b, errB := os.Stat(v)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return true
		}
	}
	return false
}

func isManifest(name string) bool {
	return strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".hcl.json")
}

// readManifest reads one manifest file; a pipe or a device is not read, for it
// might never end.
func readManifest(path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source{}, readError(path, err)
	}
	if !info.Mode().IsRegular() {
		return source{}, fmt.Errorf("cannot read %q: not a regular file", path)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // not to wait for what has taken its place
	if err != nil {
		return source{}, readError(path, err)
	}
	defer file.Close()
	return readAll(path, file)
}

func readAll(name string, r io.Reader) (source, error) {
	if r == nil {
		return source{}, fmt.Errorf("cannot read %q: there is none", name)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxSource+1))
	if err != nil {
		return source{}, readError(name, err)
	}
	if len(data) > maxSource {
		return source{}, fmt.Errorf("cannot read %q: larger than %d MiB", name, maxSource>>20)
	}
	s := source{name: name, data: data, json: looksJSON(name, data), raw: data}
	s.data = keepBytes(s)
	return s, nil
}

// looksJSON tells the syntax by the name; where there is none, JSON is what
// starts with a brace, which no native manifest can.
func looksJSON(name string, data []byte) bool {
	if name != stdinName {
		return strings.HasSuffix(name, ".json")
	}
	text := strings.TrimSpace(string(data[:min(len(data), 512)]))
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}

// readError names the unreadable file once.
func readError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("cannot read %q: %w", path, err)
}

// sentence makes an error's text one: capital, full stop.
func sentence(err error) string { return sentenceOf(err.Error()) }

func sentenceOf(s string) string {
	if s == "" {
		return s
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
