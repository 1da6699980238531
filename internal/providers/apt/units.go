package apt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"converge/internal/providers/packages/shipped"
	"converge/internal/resource"
)

// maxFileList bounds the bytes read of a package's list of files.
const maxFileList = 64 << 20

// Ships maps the named packages that are installed to the keys of their units, sorted. A script in /etc/init.d counts
// as the unit that systemd generates from it.
func (p *Provider) Ships(ctx context.Context, names []string) (map[string][]string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := p.findPackage(ctx, db, name)
		if err != nil || f.have.isGone() {
			continue
		}
		have := f.have
		list, err := p.fileList(db, have)
		if err != nil {
			return nil, fmt.Errorf("cannot tell which units package %s has: %w", name, err)
		}
		if units := shipped.Units(linesOf(list)); len(units) > 0 {
			out[name] = units
		}
	}
	return out, nil
}

// Runs returns the keys of the services that start a program of a package. The
// services may belong to any package.
func (p *Provider) Runs(ctx context.Context, name string) ([]string, error) {
	list, err := p.listPackage(ctx, name)
	if list == "" || err != nil {
		return nil, err
	}
	return shipped.Runners(p.Tree, linesOf(list)), ctx.Err()
}

// listPackage reads the list of a package's files; "" if it is not installed.
func (p *Provider) listPackage(ctx context.Context, name string) (string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return "", err
	}
	f, err := p.findPackage(ctx, db, name)
	if err != nil || f.have.isGone() {
		return "", err
	}
	list, err := p.fileList(db, f.have)
	if err != nil {
		return "", fmt.Errorf("cannot tell which files package %s has: %w", name, err)
	}
	return list, nil
}

// Takes returns the files of a package that its removal removes, restricted to the requested ones: configuration files
// stay until it is purged.
func (p *Provider) Takes(ctx context.Context, c resource.Change, asked func(path string) bool) ([]string, error) {
	name := cmp.Or(c.Label(), c.Addr.Name)
	list, err := p.listPackage(ctx, name)
	if list == "" || err != nil {
		return nil, err
	}
	files := shipped.Files(p.Tree, linesOf(list), asked)
	if len(files) == 0 {
		return nil, ctx.Err()
	}
	status, err := p.Tree.ReadFile(statusFile, maxStatus)
	if err != nil {
		return nil, err
	}
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	stay := parseConffiles(status, db.nameOf(name))
	return slices.DeleteFunc(files, func(file string) bool { return slices.Contains(stay, file) }), ctx.Err()
}

// fileList reads the list of a package's files; those of Multi-Arch: same have the architecture in their name.
func (d *installed) fileList(db *database, have pkg) (string, error) {
	var err error
	for _, base := range []string{db.keyOf(have), have.name + ":" + have.arch} {
		var data []byte
		data, err = d.files.ReadFile(path.Join(infoDir, base+".list"), maxFileList)
		if err == nil {
			return string(data), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", err
}

// linesOf yields the lines of a list of files.
func linesOf(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(list) {
			if !yield(strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}
