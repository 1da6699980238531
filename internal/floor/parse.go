package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
