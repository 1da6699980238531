package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// chunkSize is the size of a chunk of a large manifest: the parser's time and
// memory per byte grow with its input. A floor without this would flatter the
// program that is compared with it.
const chunkSize = 64 << 10

// parse parses a manifest, a file or a folder of them, and returns its blocks.
func parse(path string) ([]*hclsyntax.Body, error) {
	chunks, err := read(path)
	if err != nil {
		return nil, err
	}
	bodies := make([]*hclsyntax.Body, len(chunks))
	failed := make([]error, len(chunks))
	sideBySide(len(chunks), 1, func(i int) {
		f, diags := hclsyntax.ParseConfig(chunks[i], path, hcl.InitialPos)
		if diags.HasErrors() {
			failed[i] = diags
			return
		}
		bodies[i] = f.Body.(*hclsyntax.Body)
	})
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

func read(path string) ([][]byte, error) {
	paths := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		if paths, err = filepath.Glob(filepath.Join(path, "*.hcl")); err != nil {
			return nil, err
		}
	}
	var chunks [][]byte
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, cut(data)...)
	}
	if len(chunks) == 0 {
		return nil, fmt.Errorf("cannot find a manifest at %q", path)
	}
	return chunks, nil
}

// cut cuts behind blocks. It knows what the benchmarks write, not HCL.
func cut(data []byte) (chunks [][]byte) {
	for len(data) >= 2*chunkSize {
		end := bytes.Index(data[chunkSize:], []byte("\n}\n"))
		if end < 0 {
			break
		}
		at := chunkSize + end + 3
		chunks, data = append(chunks, data[:at]), data[at:]
	}
	return append(chunks, data)
}

// sideBySide calls do for 0 … n-1 on all processors, which take some at a time.
func sideBySide(n, some int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				from := int(next.Add(int64(some))) - some
				if from >= n {
					return
				}
				for i := from; i < min(from+some, n); i++ {
					do(i)
				}
			}
		})
	}
	wg.Wait()
}

// packages parses the manifest and reads what dpkg knows: which packages are
// there, and in which version.
func packages(root, manifest string) error {
	if _, err := parse(manifest); err != nil {
		return err
	}
	data, err := os.ReadFile(root + "/var/lib/dpkg/status")
	if err != nil {
		return err
	}
	versions := map[string]string{}
	var name []byte
	for line := range bytes.Lines(data) {
		if n, ok := bytes.CutPrefix(line, []byte("Package: ")); ok {
			name = bytes.TrimSpace(n)
		}
		if v, ok := bytes.CutPrefix(line, []byte("Version: ")); ok {
			versions[string(name)] = string(bytes.TrimSpace(v))
		}
	}
	if len(versions) == 0 {
		return fmt.Errorf("cannot find a package below %q", root)
	}
	return nil
}

// write makes n files of the benchmarks' size, one after the other.
func write(root string, n int, durable bool) error {
	for i := range n {
		path := filepath.Join(root, fmt.Sprintf("srv/d%d/f%06d", i%10, i))
		content := fmt.Sprintf("# file f%06d\n", i) + strings.Repeat("key = value\n", 8)
		if err := replace(path, content, durable); err != nil {
			return err
		}
	}
	return nil
}

func replace(path, content string, durable bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".floor-")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if durable {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return os.Rename(f.Name(), path)
}
