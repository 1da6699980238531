package apk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"converge/internal/providers/packages"
)

// maxDatabase bounds the bytes read of apk's database: a hundred times that of a
// machine with a desktop.
const maxDatabase = 512 << 20

// databases are where the installed packages are recorded, the newer place first.
func databases() []string { return []string{"/usr/lib/apk/db/installed", "/lib/apk/db/installed"} }

// record is a package in the database or in an index.
type record struct {
	name, version, arch string

	provides []packages.Provided
	depends  []constraint
	priority string // among those that provide a name without a version: "k:"
	flags    string // of an installed one: f, s and x are files, scripts and xattrs that failed
}

// databaseFile finds the file of the installed packages.
func (d *database) databaseFile() (string, error) {
	for _, file := range databases() {
		if _, err := d.Tree.Stat(file); err == nil {
			return file, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: %w", databases()[1], fs.ErrNotExist)
}

// readRecords reads the installed packages.
func (d *database) readRecords() ([]record, error) {
	file, err := d.databaseFile()
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	data, err := d.Tree.ReadFile(file, maxDatabase)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	var list []record
	if err := parseRecords(data, func(r record) { list = append(list, r) }); err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %s: %w", file, err)
	}
	return list, nil
}

// parseRecords parses stanzas of "X:value" lines with an empty line after each: the format of the database and of an
// index. It skips lines about files, which are most of the database, and lines of a later apk.
func parseRecords(data []byte, add func(record)) error {
	var r record
	flush := func() {
		if r.name != "" && r.version != "" {
			add(r)
		}
		r = record{}
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if len(line) < 2 {
			flush()
			continue
		}
		if line[1] != ':' {
			return fmt.Errorf("line %d is not apk's format: %.40q", number, line)
		}
		r.addField(line[0], line[2:])
	}
	flush()
	return nil
}

func (r *record) addField(field byte, value []byte) {
	switch field {
	case 'P':
		r.name = string(value)
	case 'V':
		r.version = string(value)
	case 'A':
		r.arch = string(value)
	case 'k':
		r.priority = string(value)
	case 'f':
		r.flags = string(value)
	case 'p':
		for word := range strings.FieldsSeq(string(value)) {
			if c, ok := parseConstraint(word); ok {
				r.provides = append(r.provides, packages.Provided{Name: c.name, Version: c.version})
			}
		}
	case 'D':
		for word := range strings.FieldsSeq(string(value)) {
			if c, ok := parseConstraint(word); ok {
				r.depends = append(r.depends, c)
			}
		}
	}
}

// broken explains why a package counts as not wholly installed; "" if it counts.
func (r *record) broken() string {
	switch {
	case strings.ContainsRune(r.flags, 's'):
		return "a script of it has failed"
	case strings.ContainsRune(r.flags, 'f'):
		return "not all of its files could be written"
	}
	return ""
}

// isEssential reports whether nothing could be repaired without the package.
func (r *record) isEssential() bool { return r.name == "apk-tools" || r.name == "musl" }

// ReadInstalled implements [packages.Database].
func (d *database) ReadInstalled(context.Context) ([]packages.Package, error) {
	list, err := d.readRecords()
	if err != nil {
		return nil, err
	}
	w, err := d.readWorld()
	if err != nil {
		return nil, err
	}
	p, err := d.readPending()
	if err != nil {
		return nil, err
	}
	out := make([]packages.Package, 0, len(list))
	for _, r := range list {
		c, named := w.find(r.name)
		// Setting a mark also removes what a killed run left in the world.
		left := p.isLeft(c)
		out = append(out, packages.Package{
			Name: r.name, Version: r.version, Arch: r.arch, Provides: r.provides,
			Held: named && !left && c.pins(r.version), Automatic: !named || left || c.conflict,
			Essential: r.isEssential(), Broken: r.broken(),
		})
	}
	return out, nil
}

// Stamp implements [packages.Database]: apk replaces its files by renaming new ones
// over them.
func (d *database) Stamp(context.Context) (string, error) {
	file, err := d.databaseFile()
	if err != nil {
		return "", fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	var b strings.Builder
	for _, name := range []string{file, worldFile, pendingFile} {
		info, err := d.Tree.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			b.WriteString("none ")
			continue
		}
		if err != nil {
			return "", fmt.Errorf("cannot tell which packages are installed: %w", err)
		}
		inode := uint64(0)
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			inode = st.Ino
		}
		fmt.Fprint(&b, info.ModTime().UnixNano(), " ", info.Size(), " ", inode, " ")
	}
	return b.String(), nil
}

// whoNeeds names an installed package that depends on another one; "" if none does.
func whoNeeds(list []record, name string) string {
	names := map[string]bool{name: true}
	for _, r := range list {
		if r.name == name {
			for _, p := range r.provides {
				names[p.Name] = true
			}
		}
	}
	for _, r := range list {
		for _, d := range r.depends {
			if r.name != name && !d.conflict && names[d.name] {
				return r.name
			}
		}
	}
	return ""
}
