package app

import (
	"io/fs"
	"path/filepath"
	"strings"

	"converge/internal/plantest"
)

// maxLooked is how many files and folders completion searches for tests.
const maxLooked = 5000

// NameTests returns the names of the tests at paths, by default those below the current folder, for completion.
func NameTests(paths []string) (out []string) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	looked := 0
	for _, path := range paths {
		_ = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			looked++
			switch {
			case looked > maxLooked:
				return filepath.SkipAll
			case err != nil:
				return nil
			case p != path && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return filepath.SkipDir
				}
			case d.Type().IsRegular() && strings.HasSuffix(p, plantest.Suffix):
				out = append(out, namesIn(p)...)
			}
			return nil
		})
	}
	return out
}

// namesIn returns the names of the tests in a file, each with the file after a tab; none if the file cannot be read.
func namesIn(name string) (out []string) {
	text, err := readBounded(name)
	if err != nil {
		return nil
	}
	file, _ := plantest.Parse(name, text)
	if file == nil {
		return nil
	}
	for _, t := range file.Tests {
		out = append(out, t.Name+"\t"+name)
	}
	return out
}
