package control

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/stanza"
	"converge/internal/stow/versiondir"
)

// Field is one field of control data. The writer may break lines at any white space in a value.
type Field struct{ Name, Value string }

// WriteOptions describe the control data to write.
type WriteOptions struct {
	Package, Version string // FOO, and the name of its version's directory
	Default          bool   // for every version: without generated fields, because they differ
	Refresh          bool   // only rewrite the generated fields of existing data
	Now              time.Time
	By               string // "converge 0.1"
	// Inspect returns the fields that a program can derive from the image in a directory: what it was built with, links
	// to and provides.
	Inspect func(ctx context.Context, dir string) ([]Field, error)
}

// Written is the result of [Write].
type Written struct {
	Path    string
	Changed bool // false: a refresh changed nothing
}

// Write makes control data for a version, or refreshes it. Only a refresh overwrites existing data, and it changes
// nothing that the field Generated does not list, neither comments nor order; otherwise existing data is [fs.ErrExist].
// New data of a version starts from the default data, and new default data from that of a version.
func Write(ctx context.Context, disk Disk, dir string, o WriteOptions) (Written, error) {
	s := Store{Disk: disk, Dir: dir}
	if err := s.checkSubject(ctx, o); err != nil {
		return Written{}, err
	}
	have, err := s.Find(ctx, o.Package, o.Version, Manager)
	if err != nil {
		return Written{}, fmt.Errorf("cannot go by the control data that is there:\n%w", err)
	}
	at := path.Join(":control", Manager, o.Version)
	if o.Default {
		at = path.Join(":control-default", Manager)
	}
	w := Written{Path: path.Join(dir, o.Package, at)}
	if o.Refresh {
		if have == nil || have.Default {
			return w, fmt.Errorf("cannot refresh %q: there is none", w.Path)
		}
		w.Path = have.Path
		at, _ = strings.CutPrefix(have.Path, path.Join(dir, o.Package)+"/")
	}
	doc, changed, err := s.composeDocument(ctx, have, o)
	if err != nil || !changed {
		return w, err
	}
	root, err := disk.OpenRoot(ctx, path.Join(dir, o.Package))
	if err != nil {
		return w, fmt.Errorf("cannot write control data: %w", err)
	}
	defer func() { _ = root.Close() }() // no write uses this handle itself
	if err := putFile(root, at, doc.Bytes(), o.Refresh); err != nil {
		return w, fmt.Errorf("cannot write %q: %w", w.Path, err)
	}
	w.Changed = true
	return w, nil
}

// checkSubject checks that the version that the data describes exists.
func (s Store) checkSubject(ctx context.Context, o WriteOptions) error {
	if err := CheckNames(o.Package, o.Version); err != nil {
		return err
	}
	if o.Default && o.Refresh {
		return errors.New("cannot refresh the default control data: it has no generated fields, they differ from version to version")
	}
	at, err := s.Disk.Look(ctx, path.Join(s.Dir, o.Package, o.Version))
	switch {
	case err != nil:
		return err
	case at.Leads != fsys.Directory:
		return fmt.Errorf("there is no %s/%s in %q", o.Package, o.Version, s.Dir)
	case versiondir.Names(o.Version, at.Text):
		return nil
	}
	entries, err := s.Disk.Entries(ctx, path.Join(s.Dir, o.Package))
	if err == nil && !holdsVersions(entries) { // data would turn it into a package of the protocol
		err = fmt.Errorf("%s/%s in %q is no version: %s", o.Package, o.Version, s.Dir, versiondir.NameRule)
	}
	return err
}

// composeDocument makes the document of the new control data.
func (s Store) composeDocument(ctx context.Context, have *Found, o WriteOptions) (doc *stanza.Document, changed bool, err error) {
	var ours []string
	if have != nil {
		doc, ours = have.Document, have.Generated.Fields
	} else if doc, err = newDocument(o); err != nil {
		return nil, false, err
	}
	first := doc.Stanzas[0]
	if o.Default {
		for _, name := range append([]string{"Generated", "Version"}, ours...) {
			first.Remove(name)
		}
		return doc, true, nil
	}
	fields, err := o.Inspect(ctx, path.Join(s.Dir, o.Package, o.Version))
	if err != nil {
		return nil, false, fmt.Errorf("cannot find out what is in %s/%s: %w", o.Package, o.Version, err)
	}
	changed, err = setGenerated(first, ours, fields, o)
	return doc, changed || !o.Refresh, err
}

// newDocument returns a document for a package whose name alone is known.
func newDocument(o WriteOptions) (*stanza.Document, error) {
	d := stanza.New(o.Package)
	about := o.Package + "/" + o.Version
	if o.Default {
		about = "every version of " + o.Package
	}
	d.Comment("Control data of "+about+" for "+Manager+": adapt it. stow2-protocol(7) has the fields.",
		"Name: what the package is called, NAMESPACE/NAME where it has other names elsewhere.",
		"Tags: unstable, or what "+MappingFile+" goes by. Build-Depends: debian/libx11-dev (>= 1.8), ...")
	fields := []Field{{"Control-Version", "1"}, {"Tags", ""}, {"Summary", ""}}
	if name := (Name{Name: o.Package}); name.findFault() == "" { // otherwise FOO is the name, but not a writable one
		fields = slices.Insert(fields, 1, Field{"Name", Names{name}.String()})
	}
	for _, f := range fields {
		if err := d.Stanzas[0].Set(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// setGenerated sets the fields that a program can derive: those in ours, which a program has set, and missing ones.
// Existing fields that are not in ours belong to the developer.
func setGenerated(s *stanza.Stanza, ours []string, fields []Field, o WriteOptions) (changed bool, err error) {
	g := Generated{By: o.Now.UTC().Format(time.RFC3339) + " by " + o.By}
	for _, f := range fields {
		have, there := s.Get(f.Name)
		if there && !hasName(ours, f.Name) || f.Value == "" {
			continue
		}
		g.Fields = append(g.Fields, f.Name)
		if there && slices.Equal(strings.Fields(have.Value), strings.Fields(f.Value)) {
			continue
		}
		if err := s.Set(f.Name, breakLines(f.Value)); err != nil {
			return changed, err
		}
		changed = true
	}
	for _, name := range ours {
		if _, there := s.Get(name); there && !hasName(g.Fields, name) {
			s.Remove(name)
			changed = true
		}
	}
	if !changed {
		return false, nil
	}
	if len(g.Fields) == 0 {
		s.Remove("Generated")
		return true, nil
	}
	return true, s.Set("Generated", g.String())
}

// hasName reports whether a list names a field.
func hasName(list []string, field string) bool {
	return slices.ContainsFunc(list, func(n string) bool { return strings.EqualFold(n, field) })
}

// lineLength is where long values are broken, in bytes.
const lineLength = 100

func breakLines(value string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(value) {
		switch {
		case i == 0:
		case n+len(word) >= lineLength:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	return b.String()
}
