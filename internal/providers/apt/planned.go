package apt

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
)

const (
	preferencesDir = "/etc/apt/preferences.d"
	passwordsDir   = "/etc/apt/auth.conf.d"
)

// planned are the files of repositories that the same run will write before any package: by path, nil for a removed
// one. With these, and with nothing on the machine yet, apt can determine the version that will be installed.
type planned map[string][]byte

// plannedFiles asks which files of repositories will differ.
func (s *sources) plannedFiles(ctx context.Context, beside iter.Seq[resource.Change]) planned {
	if s.planned == nil {
		return nil
	}
	return s.planned(ctx, beside)
}

// in returns the planned files in a folder, by their names.
func (p planned) in(dir string) map[string][]byte {
	out := map[string][]byte{}
	for file, text := range p {
		if path.Dir(file) == dir {
			out[path.Base(file)] = text
		}
	}
	return out
}

// layInto writes apt's input into a private folder: the machine's sources and preferences with the planned ones in
// their places, and the planned sources alone. It returns apt's options for the first, and for the second if there are
// any.
func (p planned) layInto(dir, inside string, tree fsys.Files) (all, only []string, err error) {
	keys := p.in("/etc/apt/keyrings")
	if err := writeAll(filepath.Join(dir, "keys"), keys); err != nil {
		return nil, nil, err
	}
	pending := p.in(sourcesDir)
	for name, text := range pending {
		for key, data := range keys {
			if len(data) > 0 {
				text = bytes.ReplaceAll(text, []byte("/etc/apt/keyrings/"+key), []byte(inside+"/keys/"+key))
			}
		}
		pending[name] = text
	}
	for folder, to := range map[string]string{sourcesDir: "sources", preferencesDir: "preferences", passwordsDir: "passwords"} {
		files, err := readFolder(tree, folder)
		if err == nil {
			maps.Copy(files, p.in(folder))
			if folder == sourcesDir {
				maps.Copy(files, pending)
			}
			err = writeAll(filepath.Join(dir, to), files)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if err := writeAll(filepath.Join(dir, "pending"), pending); err != nil {
		return nil, nil, err
	}
	all = []string{"-o", "Dir::Etc::sourceparts=" + inside + "/sources", "-o", "Dir::Etc::preferencesparts=" + inside + "/preferences", "-o", "Dir::Etc::netrcparts=" + inside + "/passwords"}
	if slices.ContainsFunc(slices.Collect(maps.Values(pending)), func(text []byte) bool { return len(text) > 0 }) {
		only = []string{"-o", "Dir::Etc::sourcelist=/dev/null", "-o", "Dir::Etc::sourceparts=" + inside + "/pending", "-o", "APT::Get::List-Cleanup=false"}
	}
	return all, only, nil
}

// readFolder reads the files of a folder of apt's configuration.
func readFolder(tree fsys.Files, dir string) (map[string][]byte, error) {
	entries, err := tree.ReadDir(dir)
	out := map[string][]byte{}
	if err != nil {
		return out, ignoreMissing(err)
	}
	for _, e := range entries {
		text, err := tree.ReadFile(path.Join(dir, e.Name()), maxStatus)
		if err == nil { // otherwise a folder, or a dangling link: apt skips it, too
			out[e.Name()] = text
		}
	}
	return out, nil
}

func ignoreMissing(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// writeAll writes the files that have a content into a folder of our own.
func writeAll(dir string, files map[string][]byte) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if filepath.Base(dir) == "passwords" { // apt reads them before it becomes another user
		mode = 0o600
	}
	for name, text := range files {
		if len(text) == 0 {
			continue
		}
		if err := fsys.ReplacePath(filepath.Join(dir, name), text, fsys.Replacement{Mode: mode}); err != nil {
			return err
		}
	}
	return nil
}

// borrowLists makes the machine's package lists visible in a private folder without lists: then only those of the
// planned sources have to be fetched, and an unreachable source keeps its earlier lists.
func borrowLists(tree fsys.Files, dir string) error {
	entries, err := tree.ReadDir(listsDir)
	if err != nil {
		return ignoreMissing(err)
	}
	to, err := fsys.OpenDirAt(filepath.Join(dir, "lists"))
	if err != nil {
		return err
	}
	defer to.Close()
	there, err := os.ReadDir(filepath.Join(dir, "lists"))
	if err != nil {
		return err
	}
	fetched := map[string]bool{}
	for _, e := range there {
		fetched[nameOfList(e.Name())] = true
	}
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != "lock" && !fetched[nameOfList(e.Name())] {
			if err := to.Symlink(path.Join(listsDir, e.Name()), e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameOfList is the name of a package list without its compression, which may have changed.
func nameOfList(name string) string {
	switch ext := path.Ext(name); ext {
	case ".lz4", ".gz", ".xz", ".zst", ".bz2", ".lzma":
		return strings.TrimSuffix(name, ext)
	}
	return name
}
