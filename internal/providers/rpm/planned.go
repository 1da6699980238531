package rpm

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// LayRepos writes the future .repo files of folders to a private folder, and returns the sections of those that differ
// from the machine's. planned maps their paths to their contents, nil for a removed file. Their signatures are not
// checked there: the keys of a manager are part of the machine, which a plan does not change.
func LayRepos(h *tool.Host, folders []string, planned map[string][]byte, into string) (ids []string, err error) {
	texts := map[string]string{} // by path
	for _, dir := range folders {
		entries, err := h.Tree.ReadDir(dir)
		if err != nil {
			continue // the folder is optional
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if !strings.HasSuffix(name, ".repo") {
				continue
			}
			if texts[name], err = ReadFile(h, name); err != nil {
				return nil, fmt.Errorf("cannot read the repositories: %w", err)
			}
		}
	}
	for name, text := range planned {
		if !strings.HasSuffix(name, ".repo") || !slices.Contains(folders, path.Dir(name)) {
			continue
		}
		delete(texts, name)
		if len(text) == 0 {
			continue
		}
		texts[name] = withoutChecks(string(text))
		for id, section := range ParseIni(texts[name]) {
			if IsTrue(section["enabled"], true) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	n := 0
	for name, text := range texts {
		n++ // two folders may have files with the same name
		file := filepath.Join(into, fmt.Sprintf("%d-%s", n, path.Base(name)))
		if err := fsys.ReplacePath(file, []byte(text), fsys.Replacement{Mode: 0o600, Exact: true}); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// withoutChecks returns the text of a .repo file without signature checks.
func withoutChecks(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		key, _, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(key) {
		case "gpgcheck", "repo_gpgcheck", "pkg_gpgcheck", "gpgkey":
			continue
		}
		b.WriteString(line)
		if l := strings.TrimSpace(line); strings.HasPrefix(l, "[") && strings.HasSuffix(l, "]") {
			b.WriteString("gpgcheck=0\nrepo_gpgcheck=0\n")
		}
	}
	return b.String()
}

// Borrow links entries of a folder of the machine into a private folder, so that only differing ones must be fetched.
func Borrow(h *tool.Host, from, to string, wanted func(name string) bool) error {
	entries, err := h.Tree.ReadDir(from)
	if err != nil {
		return nil //nolint:nilerr // there is nothing to link
	}
	dir, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, e := range entries {
		if e.IsDir() && wanted(e.Name()) {
			if err := dir.Symlink(path.Join(from, e.Name()), e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
