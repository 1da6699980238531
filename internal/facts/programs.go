package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sync/errgroup"

	"converge/internal/process"
)

// ProgramsDir holds the operator's programs that print facts.
const ProgramsDir = "/etc/converge/facts.d"

// The bounds of such a program.
const (
	programTimeout = 5 * time.Second
	programGrace   = time.Second
	programOutput  = 1 << 20
	programsAtOnce = 8
)

// programs are the programs of a folder. They run when the first of their facts is used.
type programs struct {
	dir  string
	warn func(string) // called with the reason if a fact could not be read; may be nil

	mu    sync.Mutex
	found map[string]cty.Value
	said  []string // the warnings of a run: programs end in any order
}

// run runs all programs in parallel, and returns their facts by name: null for a program that failed.
func (p *programs) run(ctx context.Context) (map[string]cty.Value, error) {
	p.found = map[string]cty.Value{}
	entries, err := os.ReadDir(p.dir)
	if p.dir == "" || errors.Is(err, fs.ErrNotExist) {
		return p.found, nil
	}
	if err == nil {
		_, err = checkOwners(p.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot find facts by program: %w", err)
	}
	defer p.warnAll()
	var group errgroup.Group
	group.SetLimit(programsAtOnce)
	taken := map[string]string{}
	for _, e := range entries {
		path := filepath.Join(p.dir, e.Name())
		info, err := os.Stat(path)
		if err != nil || strings.HasPrefix(e.Name(), ".") || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			continue // a note about the programs, or an editor's backup
		}
		name, _, _ := strings.Cut(e.Name(), ".")
		if first := taken[name]; first != "" {
			p.say(fmt.Sprintf("%s is not run: %s is the program for node.custom.%s", path, first, name))
			continue
		}
		taken[name] = path
		group.Go(func() error {
			v, err := runProgram(ctx, path)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				p.note(name, fmt.Errorf("%s: %w", path, err))
				return nil
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.found[name] = v
			return nil
		})
	}
	return p.found, group.Wait()
}

// note records that a fact could not be read.
func (p *programs) note(name string, err error) {
	p.say(fmt.Sprintf("node.custom.%s is null: %s", name, err))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found[name] = cty.NullVal(cty.DynamicPseudoType)
}

// say records a warning; programs may do so in parallel.
func (p *programs) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, text)
}

// warnAll reports the recorded warnings in the same order in every run.
func (p *programs) warnAll() {
	slices.Sort(p.said)
	for _, text := range p.said {
		if p.warn != nil {
			p.warn(text)
		}
	}
	p.said = nil
}

// checkOwners resolves a path. It refuses a path that users other than root and the user of this process can redirect:
// it checks every folder and link on the way.
func checkOwners(path string) (string, error) {
	const most = 40 // links, as in the kernel
	for range most {
		next, err := followOwned(path)
		if err != nil || next == path {
			return path, err
		}
		path = next
	}
	return "", fmt.Errorf("cannot follow %s: %w", path, syscall.ELOOP)
}

// followOwned checks a path up to its first link, and returns it with that link replaced;
// unchanged if there is none.
func followOwned(path string) (string, error) {
	path = filepath.Clean(path)
	var ways []string // the path and its parents
	for way := path; ; way = filepath.Dir(way) {
		ways = append(ways, way)
		if way == filepath.Dir(way) {
			break
		}
	}
	for _, way := range slices.Backward(ways) {
		info, err := os.Lstat(way)
		if err == nil {
			err = checkOwner(way, info)
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&os.ModeSymlink == 0 {
			continue
		}
		to, err := os.Readlink(way)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(way), to)
		}
		return filepath.Join(to, strings.TrimPrefix(path, way)), nil
	}
	return path, nil
}

// checkOwner refuses an entry that other users can replace. In a folder with the sticky bit they can write, but only
// replace their own entries; a link has no mode.
func checkOwner(path string, info os.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s does not belong to root", path)
	case info.Mode()&os.ModeSymlink != 0, info.IsDir() && info.Mode()&os.ModeSticky != 0:
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("others than the owner can write to %s; chmod go-w %s", path, path)
	}
	return nil
}

// runProgram runs a program and returns the JSON that it prints as a value.
func runProgram(ctx context.Context, path string) (cty.Value, error) {
	target, err := checkOwners(path)
	if err != nil {
		return cty.NilVal, fmt.Errorf("it is not run: %w", err)
	}
	r, err := process.Run(ctx, process.Command{
		Path: target, Argv: []string{path}, Timeout: programTimeout, Grace: programGrace, Split: true, Head: true, Output: programOutput + 1,
	})
	if err != nil {
		return cty.NilVal, err
	}
	if !r.OK() {
		why, _, _ := strings.Cut(strings.TrimSpace(r.Stderr), "\n")
		return cty.NilVal, errors.New(strings.TrimSuffix(r.How()+": "+why, ": "))
	}
	return parseFact(r.Stdout)
}

// parseFact parses the output of a program: one JSON value.
func parseFact(text string) (cty.Value, error) {
	switch {
	case len(text) > programOutput:
		return cty.NilVal, errors.New("it prints more than 1 MiB")
	case !json.Valid([]byte(text)):
		return cty.NilVal, errors.New("it does not print JSON")
	}
	const name = "fact"
	all, err := parseJSON([]byte(`{"` + name + `":` + text + `}`))
	switch {
	case err != nil:
		return cty.NilVal, errors.New("it does not print JSON that can be used")
	case all[name].IsNull():
		return cty.NilVal, errors.New("it prints null")
	}
	return all[name], nil
}
