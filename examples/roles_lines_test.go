package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rolesPage is the page whose table counts the lines of the folders in roles/.
var rolesPage = filepath.Join("..", "docs", "coming-from", "ansible.md")

// rolesRow matches one row of the table: the folder, the lines of a public role,
// the lines of the folder, and the commands in it.
var rolesRow = regexp.MustCompile(`(?m)^\| \[(\w+)\]\(\.\./\.\./examples/roles/(\w+)\) \| about [\d,]+ \| (\d+) \| (\d+) \|$`)

// The page has a row for each role, with the numbers that its files give.
func TestRolesLines(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(rolesPage)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, row := range rolesRow.FindAllStringSubmatch(string(page), -1) {
		listed[row[2]] = true
		lines, commands := countRole(t, filepath.Join("roles", row[2]))
		if row[1] != row[2] || row[3] != strconv.Itoa(lines) || row[4] != strconv.Itoa(commands) {
			t.Errorf("%s has the row\n%s\nbut roles/%s has %d lines and %d exec", rolesPage, row[0], row[2], lines, commands)
		}
	}
	folders, err := os.ReadDir("roles")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && !listed[f.Name()] {
			t.Errorf("%s has no row for roles/%s", rolesPage, f.Name())
		}
	}
}

// countRole returns how many lines the files of a folder have, without its tests, blank
// lines and lines of comment, and how many blocks of the kind exec.
func countRole(t *testing.T, dir string) (lines, commands int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err == nil && entry.IsDir() && entry.Name() == "testdata":
			return filepath.SkipDir
		case err != nil || entry.IsDir() || strings.HasSuffix(path, ".test.hcl"):
			return err
		}
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			lines++
			if strings.HasPrefix(line, `exec "`) {
				commands++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, commands
}
