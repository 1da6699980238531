package apktest

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // as apk does it
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
)

// Arch is the architecture of roots and packages.
const Arch = "x86_64"

// pkg is a package: installed, offered, or in a file.
type pkg struct {
	name, version    string
	depends, provide []dep
	header           []string // the lines of the index about it
	files            []string // the lines of the database about its files
	flags            string   // f, s: faults of an installed package
	tag              string   // of the repository that offers it
	file             string   // its .apk; "" if only the index knows it
	checksum         string
}

func (p *pkg) String() string { return p.name + "-" + p.version }

// state is everything that a call depends on.
type state struct {
	world             []dep
	installed, offers []*pkg
	again             map[string]bool // to be installed once more
	newest            bool            // newer versions are preferred

	chosen []*pkg // the answer
	steps  int
}

func (k *call) open() (*state, error) {
	w := &state{}
	data, err := os.ReadFile(k.at("/etc/apk/world"))
	if err != nil {
		return nil, err
	}
	for word := range strings.FieldsSeq(string(data)) {
		if d, ok := parseDep(word); ok {
			w.world = append(w.world, d)
		}
	}
	if data, err = os.ReadFile(k.at("/lib/apk/db/installed")); err != nil {
		return nil, err
	}
	w.installed = parseStanzas(data)
	list, err := k.repositories()
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		dir, index := k.at(r.local()), k.at(r.local()+"/"+Arch+"/APKINDEX.tar.gz")
		if r.local() == "" {
			index, dir = k.at(k.cacheDir+"/"+r.cacheName()), ""
			if k.Mirror != nil {
				dir = k.Mirror(r.url)
			}
		}
		data, err := readMember(index, "APKINDEX")
		if err != nil {
			fmt.Fprintf(&k.err, "WARNING: opening %s: No such file or directory\n", r.url)
			continue
		}
		for _, p := range parseStanzas(data) {
			p.tag = r.tag
			p.file = filepath.Join(dir, Arch, p.String()+".apk")
			w.offers = append(w.offers, p)
		}
	}
	return w, nil
}

func parseStanzas(data []byte) []*pkg {
	var list []*pkg
	p := &pkg{}
	for line := range bytes.Lines(append(data, "\n\n"...)) {
		text := strings.TrimRight(string(line), "\n")
		if text == "" {
			if p.name != "" {
				list = append(list, p)
			}
			p = &pkg{}
			continue
		}
		p.addLine(text)
	}
	return list
}

func (p *pkg) addLine(text string) {
	value := text[2:]
	switch text[0] {
	case 'F', 'M', 'R', 'a', 'Z':
		p.files = append(p.files, text)
		return
	case 'f':
		p.flags = value
		return
	case 'P':
		p.name = value
	case 'V':
		p.version = value
	case 'C':
		p.checksum = value
	case 'D':
		p.depends = parseDeps(value)
	case 'p':
		p.provide = parseDeps(value)
	}
	p.header = append(p.header, text)
}

// stanza is the package in the form of the database.
func (p *pkg) stanza() string {
	lines := slices.Clone(p.header)
	if p.flags != "" {
		lines = append(lines, "f:"+p.flags)
	}
	return strings.Join(append(lines, p.files...), "\n") + "\n\n"
}

// write writes database and world, as apk does at the end of a transaction.
func (k *call) write(w *state) error {
	var db, world strings.Builder
	slices.SortFunc(w.installed, func(a, b *pkg) int { return strings.Compare(a.name, b.name) })
	for _, p := range w.installed {
		db.WriteString(p.stanza())
	}
	slices.SortFunc(w.world, func(a, b dep) int { return strings.Compare(a.name, b.name) })
	for _, d := range w.world {
		world.WriteString(d.String() + "\n")
	}
	if err := writeFile(k.at("/lib/apk/db/installed"), []byte(db.String()), 0o644); err != nil {
		return err
	}
	return writeFile(k.at("/etc/apk/world"), []byte(world.String()), 0o644)
}

// writeFile replaces a file by renaming a new one over it, as apk does.
func writeFile(path string, data []byte, mode os.FileMode) error {
	return fsys.ReplacePath(path, data, fsys.Replacement{Mode: mode, Exact: true})
}

type repository struct{ tag, url string }

// local is the folder of a repository that is read in place.
func (r repository) local() string {
	if strings.HasPrefix(r.url, "/") {
		return r.url
	}
	dir, _ := strings.CutPrefix(r.url, "file://")
	if dir == r.url {
		return ""
	}
	return dir
}

func (r repository) cacheName() string {
	sum := sha1.Sum([]byte(r.url)) //nolint:gosec // as apk does it
	return "APKINDEX." + hex.EncodeToString(sum[:4]) + ".tar.gz"
}

func (k *call) repositories() ([]repository, error) {
	files, err := filepath.Glob(k.at("/etc/apk/repositories.d/*.list"))
	if err != nil {
		return nil, err
	}
	files = append([]string{k.at("/etc/apk/repositories")}, files...)
	if k.sources != "" {
		files = []string{k.at(k.sources)}
	}
	var list []repository
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				r := repository{url: line}
				if tag, ok := strings.CutPrefix(line, "@"); ok {
					r.tag, r.url, _ = strings.Cut(tag, " ")
				}
				list = append(list, r)
			}
		}
	}
	return list, nil
}

// NewRoot makes a root with an empty database, as `apk --root DIR --initdb add` does,
// that knows the repositories.
func NewRoot(dir string, repositories ...string) error {
	for _, d := range []string{"/lib/apk/db", "/etc/apk/keys", "/var/cache/apk", "/tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	for name, content := range map[string]string{
		"/lib/apk/db/installed": "", "/lib/apk/db/lock": "", "/lib/apk/db/triggers": "", "/etc/apk/world": "",
		"/etc/apk/arch": Arch + "\n", "/etc/apk/repositories": strings.Join(repositories, "\n") + "\n",
	} {
		if err := writeFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
