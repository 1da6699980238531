package resource

import (
	"fmt"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Expanded is one of several resources that a block makes (see [Kind.Expand]).
type Expanded struct {
	Key   string               // of its address, after the key of the block
	Attrs map[string]cty.Value // replace those of the block; null removes one
}

// TreeEntry is one entry below a folder beside the manifest.
type TreeEntry struct {
	Path       string // from the folder, in the language's form of bytes
	Type       TreeType
	Executable bool   // a file that its owner can execute
	Target     string // the text of a link, in the language's form of bytes
}

// TreeType is the type of a [TreeEntry].
type TreeType string

// Types of the entries of a tree. Listing a tree refuses any other.
const (
	TreeFile   TreeType = "file"
	TreeFolder TreeType = "directory"
	TreeLink   TreeType = "link"
)

// ParseGlob returns a function that reports whether a path matches a pattern: * and ? match characters of one name,
// [a-z] matches one of several characters, and ** as a whole name matches any number of folders.
func ParseGlob(pattern string) (func(p string) bool, error) {
	names := strings.Split(pattern, "/")
	for _, name := range names {
		if _, err := path.Match(name, ""); err != nil || name == "" {
			return nil, fmt.Errorf("%q is not a pattern of paths, such as \"*.conf\" or \"conf.d/**/*.conf\"", pattern)
		}
	}
	return func(p string) bool { return matchNames(names, strings.Split(p, "/")) }, nil
}

// matchNames matches the names of a path with those of a pattern. at[n] reports whether the pattern so far matches the
// first n names.
func matchNames(pattern, names []string) bool {
	at := make([]bool, len(names)+1)
	at[0] = true
	for _, p := range pattern {
		next := make([]bool, len(names)+1)
		for n := range at {
			if p == "**" {
				next[n] = at[n] || n > 0 && next[n-1]
			} else if n > 0 && at[n-1] {
				next[n], _ = path.Match(p, names[n-1]) // ParseGlob has checked the form
			}
		}
		at = next
	}
	return at[len(names)]
}
