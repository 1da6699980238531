// Package secrets reads secrets from their sources: credentials of systemd, files encrypted with age or sops, programs,
// plain files.
//
// Start with [Reader.Read]. Each source is read once, and several can be read in parallel. Errors never quote a secret,
// and secrets are only kept in memory. The package does not know manifests, which declare secrets, or the state, which
// keeps keyed digests of them.
package secrets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// maxSize is the size in bytes above which a secret, or its file, is refused as a mistake.
const maxSize = 1 << 20

// Source describes where a secret is kept.
type Source struct {
	Name     string            // of the secret, for sources that look it up by name
	From     string            // credential, age, sops, command or file
	Value    string            // name or path; for age, also the encrypted text
	Command  []string          // argv
	Identity string            // the file of keys for age; "": the usual ones
	Env      map[string]string // of a program, beside its usual environment
	Timeout  time.Duration     // of a program; 0: 30 seconds
	Dir      string            // the base of relative paths
}

// Options configure a reader.
type Options struct {
	Open func(path string) (*os.File, error) // opens regular files
	Env  []string                            // converge's own environment
	Root string                              // the tree that has the usual keys and credentials; "": "/"
}

// Reader reads secrets, each once. It is safe for concurrent use.
type Reader struct {
	opts Options

	mu    sync.Mutex
	texts map[string]*reading          // by the source
	files map[string][sha256.Size]byte // files that were read, except key files
}

// reading is a source that is being read, or has been.
type reading struct {
	done chan struct{} // closed at the end
	text string
	err  error
}

// New returns a reader that has read nothing yet.
func New(o Options) *Reader {
	return &Reader{opts: o, texts: map[string]*reading{}, files: map[string][sha256.Size]byte{}}
}

// Read returns the text of a secret. A single line loses its line break, as with command substitution in a shell; a text
// of several lines keeps all of them. No lock is held while a program runs: other sources are read meanwhile, and only
// callers that need the same source wait.
func (r *Reader) Read(ctx context.Context, s Source) (string, error) {
	key := fmt.Sprintf("%#v", s)
	r.mu.Lock()
	one, known := r.texts[key]
	if !known {
		one = &reading{done: make(chan struct{})}
		r.texts[key] = one
	}
	r.mu.Unlock()
	if !known {
		r.finish(ctx, key, one, s)
	}
	select {
	case <-one.done:
		return one.text, one.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// finish reads a source. After an error, the next call reads it again.
func (r *Reader) finish(ctx context.Context, key string, one *reading, s Source) {
	defer close(one.done)
	text, err := r.readSource(ctx, s)
	if err == nil {
		text, err = checkText(text)
	}
	if one.text, one.err = text, err; err != nil {
		one.text = ""
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.texts, key)
	}
}

func (r *Reader) readSource(ctx context.Context, s Source) (string, error) {
	switch s.From {
	case "credential":
		return r.readCredential(ctx, s)
	case "age":
		return r.decryptAge(s)
	case "sops":
		return r.runSops(ctx, s)
	case "command":
		return r.runCommand(ctx, s)
	case "file":
		b, err := r.readFile(s.resolve(s.Value))
		return string(b), err
	}
	return "", fmt.Errorf("internal error: a secret cannot be from %q", s.From)
}

// checkText refuses a text that cannot be a secret.
func checkText(text string) (string, error) {
	if line := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"); !strings.Contains(line, "\n") {
		text = line
	}
	if text == "" {
		return "", errors.New("it is empty")
	}
	return text, nil
}

// ListAltered returns the files with secrets that have changed since they were read.
func (r *Reader) ListAltered() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for path, sum := range r.files {
		if b, err := r.readOnce(path); err != nil || sha256.Sum256(b) != sum {
			out = append(out, path)
		}
	}
	return out
}

// readFile reads a file that a source names.
func (r *Reader) readFile(path string) ([]byte, error) {
	b, err := r.readOnce(path)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.files[path] = sha256.Sum256(b)
	}
	return b, err
}

func (r *Reader) readOnce(path string) ([]byte, error) {
	f, err := r.opts.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %q: %w", path, err)
	case len(b) > maxSize:
		return nil, fmt.Errorf("cannot read %q: it is larger than 1 MiB, which no secret is", path)
	}
	return b, nil
}

// resolve returns an absolute path for a path of the source.
func (s *Source) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		dir = s.Dir
	}
	return filepath.Join(dir, path)
}

// getenv returns a variable of converge's own environment, "" if it is not set.
func (r *Reader) getenv(name string) string {
	for _, kv := range r.opts.Env {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}

// host returns a path below the root of the machine that has the usual keys.
func (r *Reader) host(path string) string { return filepath.Join("/", r.opts.Root, path) }

// firstLine returns the first line of a program's error output, shortened.
func firstLine(text string) string {
	line, _, _ := strings.Cut(string(bytes.TrimSpace([]byte(text))), "\n")
	const most = 300
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}
