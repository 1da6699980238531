package rpm

import (
	"path"
	"strings"

	"converge/internal/providers/packages/tool"
)

// ReadProtected returns the names of packages that dnf or libzypp refuse to remove: own, those in dnf's folders
// (dnf.conf(5), protected_packages), and those that libzypp's check of the system requires (zypp.conf,
// solver.checkSystemFile).
func ReadProtected(h *tool.Host, own ...string) (map[string]bool, error) {
	names := map[string]bool{}
	for _, name := range own {
		names[name] = true
	}
	for _, dir := range []string{"/etc/dnf/protected.d", "/etc/yum/protected.d"} {
		lines, err := readLines(h, dir, ".conf")
		if err != nil {
			return nil, err
		}
		for _, name := range lines {
			names[name] = true
		}
	}
	check, err := ReadFile(h, "/etc/zypp/systemCheck")
	if err != nil {
		return nil, err
	}
	lines, err := readLines(h, "/etc/zypp/systemCheck.d", ".check")
	if err != nil {
		return nil, err
	}
	for _, line := range append(significantLines(check), lines...) {
		if name, ok := strings.CutPrefix(line, "requires:"); ok {
			names[strings.TrimSpace(name)] = true
		}
	}
	return names, nil
}

// readLines reads the lines, without comments, of a folder's files whose names have that ending. The folder is
// optional.
func readLines(h *tool.Host, dir, ending string) ([]string, error) {
	entries, err := h.Tree.ReadDir(dir)
	if err != nil {
		return nil, nil //nolint:nilerr // the folder is optional
	}
	var lines []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ending) {
			continue
		}
		text, err := ReadFile(h, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		lines = append(lines, significantLines(text)...)
	}
	return lines, nil
}

func significantLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}
