package farm_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/farm"
)

// memory is a tree in memory, by absolute path; the target is /t. A value that starts with "-> " is a link, "dir" is a
// directory, any other value a file.
type memory map[string]string

// grow makes a tree from lines "PATH", "PATH/", "PATH -> TEXT".
func grow(t *testing.T, lines string) memory {
	t.Helper()
	m := memory{"/": "dir"}
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		p, text, link := strings.Cut(strings.TrimSpace(line), " -> ")
		full := path.Join("/t", p)
		for d := path.Dir(full); d != "/"; d = path.Dir(d) {
			m[d] = "dir"
		}
		switch {
		case link:
			m[full] = "-> " + text
		case strings.HasSuffix(p, "/"):
			m[full] = "dir"
		default:
			m[full] = "file"
		}
	}
	return m
}

// resolve follows links on the way to p, and also the last one if last is set.
func (m memory) resolve(p string, last bool, depth int) (string, bool) {
	if depth > 40 {
		return "", false
	}
	at := "/"
	parts := strings.Split(p, "/")
	for i, name := range parts {
		switch name {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, name)
		text, link := strings.CutPrefix(m[next], "-> ")
		if link && (last || i < len(parts)-1) {
			if !strings.HasPrefix(text, "/") {
				text = at + "/" + text
			}
			to, ok := m.resolve(text, true, depth+1)
			if !ok {
				return "", false
			}
			next = to
		}
		at = next
	}
	_, ok := m[at]
	return at, ok
}

func (m memory) Look(p string) (farm.Type, string, error) {
	at, ok := m.resolve("/t/"+p, false, 0)
	if !ok {
		return farm.None, "", nil
	}
	if text, link := strings.CutPrefix(m[at], "-> "); link {
		return farm.Symlink, text, nil
	}
	return kind(m[at]), "", nil
}

func (m memory) Reads(dir, name, prefix string) (bool, error) {
	t, text, err := m.Look(path.Join(dir, name))
	return t == farm.Symlink && text == prefix+name, err
}

func (m memory) Leads(p string) (farm.Type, error) {
	at, ok := m.resolve("/t/"+p, true, 0)
	if !ok {
		return farm.None, nil
	}
	return kind(m[at]), nil
}

func (m memory) List(p string) ([]farm.Entry, error) {
	dir, _ := m.resolve("/t/"+p, true, 0)
	var out []farm.Entry
	for q, v := range m {
		if q != "/" && path.Dir(q) == dir {
			out = append(out, farm.Entry{Name: path.Base(q), Type: kind(v)})
		}
	}
	slices.SortFunc(out, func(a, b farm.Entry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func kind(v string) farm.Type {
	switch {
	case v == "dir":
		return farm.Dir
	case strings.HasPrefix(v, "-> "):
		return farm.Symlink
	}
	return farm.File
}
