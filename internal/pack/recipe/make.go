package recipe

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"converge/internal/pack"
	"converge/internal/resource"
	"converge/resources"
)

// maker makes a package from the resources of a recipe.
type maker struct {
	pkg      pack.Package
	declared []*resource.Resource // the package blocks
}

// add adds one block.
func (m *maker) add(r *resource.Resource) error {
	switch r.Kind.Name {
	case "package":
		m.declared = append(m.declared, r)
		m.describe(resource.Must[packageWant](r.Want))
	case "file":
		w := resource.Must[fileWant](r.Want)
		return m.addFile(w.entryWant, w.contentWant, pack.File{})
	case "config":
		w := resource.Must[configWant](r.Want)
		return m.addFile(w.entryWant, w.contentWant, pack.File{Type: pack.Config, Replace: w.Replace.Value})
	case "directory":
		return m.addFile(resource.Must[entryWant](r.Want), contentWant{}, pack.File{Type: pack.Dir})
	case "tree":
		return m.addTree(resource.Must[treeWant](r.Want))
	case "link":
		w := resource.Must[linkWant](r.Want)
		return m.addFile(entryWant{Path: w.Path}, contentWant{}, pack.File{Type: pack.Link, Target: w.Target.Bytes()})
	case "script":
		return m.addScript(resource.Must[scriptWant](r.Want))
	case "change":
		return m.addChange(resource.Must[changeWant](r.Want))
	case "unit":
		return m.addUnit(resource.Must[unitWant](r.Want))
	case "user":
		w := resource.Must[userWant](r.Want)
		m.pkg.Users = append(m.pkg.Users, pack.User{
			Name: w.Name, Group: w.Group, Groups: w.Groups.Value, Home: w.Home, Shell: w.Shell, Comment: w.Comment, System: w.System.Value,
		})
	}
	return nil
}

func (m *maker) describe(w packageWant) {
	p := &m.pkg
	p.Name, p.Version, p.Release, p.Epoch = w.Name, w.Version, w.Release, w.Epoch
	if w.Arch != "" {
		p.Arch = w.Arch
	}
	p.Summary, p.Description, p.Maintainer, p.Vendor = w.Summary, w.Description.Bytes(), w.Maintainer, w.Vendor
	p.License, p.Homepage, p.Section, p.Priority = w.License, w.Homepage, w.Section, w.Priority
	p.Relations = pack.Relations{
		Depends: w.Depends.Value, Recommends: w.Recommends.Value, Suggests: w.Suggests.Value,
		Provides: w.Provides.Value, Conflicts: w.Conflicts.Value, Replaces: w.Replaces.Value,
	}
}

func (m *maker) addFile(e entryWant, c contentWant, f pack.File) error {
	f.Path, f.Owner, f.Group = e.Path.Bytes(), e.Owner, e.Group
	f.Content, f.Source = []byte(c.Content.Value.Bytes()), c.Source.Value.Bytes()
	if e.Mode != "" {
		mode, err := resources.ParseMode(e.Mode)
		if err != nil {
			return fmt.Errorf("mode: %w", err)
		}
		f.Mode = mode.Apply(defaultMode(f.Type), f.Type == pack.Dir)
	}
	m.pkg.Files = append(m.pkg.Files, f)
	return nil
}

func defaultMode(t pack.Type) uint32 {
	if t == pack.Dir {
		return 0o755
	}
	return 0o644
}

// addTree adds a folder with its files and links.
func (m *maker) addTree(w treeWant) error {
	top := w.Source.Value.Bytes()
	return filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		f := pack.File{Path: path.Join(w.Path.Bytes(), below), Owner: w.Owner, Group: w.Group}
		switch {
		case d.IsDir():
			f.Type = pack.Dir
		case d.Type() == fs.ModeSymlink:
			f.Type = pack.Link
			f.Target, err = os.Readlink(name)
		case d.Type().IsRegular():
			f.Source = name
			f.Mode, err = runnable(d)
		default:
			err = fmt.Errorf("%s is no file, folder or link", name)
		}
		m.pkg.Files = append(m.pkg.Files, f)
		return err
	})
}

func runnable(d fs.DirEntry) (uint32, error) {
	info, err := d.Info()
	if err != nil {
		return 0, err
	}
	if info.Mode()&0o100 != 0 {
		return 0o755, nil
	}
	return 0o644, nil
}

// text returns the content of a script or a unit.
func (c contentWant) text() (string, error) {
	if !c.Source.Set {
		return c.Content.Value.Bytes(), nil
	}
	b, err := os.ReadFile(c.Source.Value.Bytes())
	return string(b), err
}

func (m *maker) addScript(w scriptWant) error {
	text, err := w.text()
	if err != nil {
		return err
	}
	to := map[string]*string{
		"pre_install": &m.pkg.Scripts.PreInstall, "post_install": &m.pkg.Scripts.PostInstall,
		"pre_remove": &m.pkg.Scripts.PreRemove, "post_remove": &m.pkg.Scripts.PostRemove,
	}[w.When]
	if *to != "" {
		return fmt.Errorf("there is a script for %s already", w.When)
	}
	*to = text
	return nil
}

func (m *maker) addChange(w changeWant) error {
	at, err := parseDate(w.Date)
	if err != nil {
		return err
	}
	c := pack.Change{Version: w.Version, Time: at, Author: w.Author}
	for _, n := range w.Notes.Value {
		c.Notes = append(c.Notes, strings.TrimSpace(n))
	}
	m.pkg.Changelog = append(m.pkg.Changelog, c)
	return nil
}

func (m *maker) addUnit(w unitWant) error {
	text, err := w.text()
	if err != nil {
		return err
	}
	m.pkg.Units = append(m.pkg.Units, pack.Unit{
		Name: w.Name, Content: []byte(text), Enable: w.Enable.Value, Start: w.Start.Value, Restart: w.Restart.Value,
	})
	return nil
}
