package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoReadsByName: attributes are read as fields of a kind's struct. Only the
// vocabulary, which serves all kinds, knows them by name.
func TestNoReadsByName(t *testing.T) {
	top := root(t)
	read := regexp.MustCompile(`\bresource\.(GetAttr|HasAttr|StringAttr|BoolAttr)\(`)
	for _, dir := range []string{"cmd", "internal", "resources"} {
		err := filepath.WalkDir(filepath.Join(top, dir), func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(path, top+"/")
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			if strings.HasPrefix(name, "internal/resource/") {
				return nil
			}
			src, err := os.ReadFile(path)
			if at := read.FindIndex(src); at != nil {
				t.Errorf("%s:%d reads an attribute by its name; see resource.Decode", name, 1+strings.Count(string(src[:at[0]]), "\n"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
