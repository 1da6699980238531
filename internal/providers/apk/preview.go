package apk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// Preview implements [packages.PreviewIndex]: by the options --repositories-file, --keys-dir
// and --cache-dir. Of indexes that have not changed, apk itself fetches nothing.
func (x *index) Preview(ctx context.Context, planned map[string][]byte, _ bool) (end func(), err error) {
	dir, end, err := x.MakeStandin(&x.standin, "converge-apk-")
	if err != nil {
		return nil, err
	}
	err = x.layPlanned(dir, planned)
	if err == nil {
		x.standin.Set(tool.Standin{Cache: x.standin.Now().Cache, Repos: strings.TrimPrefix(dir, x.Root)})
		err = x.fillPrivate(ctx, filepath.Join(dir, "cache"))
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("cannot make private indexes: %w", err)
	}
	return end, nil
}

// layPlanned writes into a folder the repositories as they will be, in one file and in
// apk's order, and the keys.
func (x *index) layPlanned(dir string, planned map[string][]byte) error {
	files, err := x.repositoryFiles()
	if err != nil {
		return err
	}
	for file := range planned {
		if slices.Contains(repositoryDirs(), path.Dir(file)) && path.Ext(file) == ".list" && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	slices.SortFunc(files[1:], strings.Compare) // the first is apk's own file
	var all []byte
	for _, file := range files {
		text, differs := planned[file]
		if !differs {
			text, err = x.Tree.ReadFile(file, maxConfig)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		all = append(append(all, text...), '\n')
	}
	keys, err := x.readKeys()
	if err != nil {
		return err
	}
	for file, text := range planned {
		if path.Dir(file) == keysDir {
			keys[path.Base(file)] = text
		}
	}
	for _, name := range []string{"cache", "keys"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	write := func(name string, data []byte) error {
		return fsys.ReplacePath(filepath.Join(dir, name), data, fsys.Replacement{Mode: 0o600, Exact: true})
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if len(keys[name]) == 0 {
			continue
		}
		if err := write(filepath.Join("keys", name), keys[name]); err != nil {
			return err
		}
	}
	return write("repositories", all)
}

// readKeys reads the keys that apk trusts, by their names.
func (x *index) readKeys() (map[string][]byte, error) {
	keys := map[string][]byte{}
	entries, err := x.Tree.ReadDir(keysDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if keys[e.Name()], err = x.Tree.ReadFile(path.Join(keysDir, e.Name()), maxConfig); err != nil {
			return nil, err
		}
	}
	return keys, nil
}
