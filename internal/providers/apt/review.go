package apt

import (
	"bufio"
	"bytes"
	"context"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer]: a plan shows the age of the lists by which an installed package is the
// latest.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch {
	case o.Ask == resource.AskForecast && c.Empty():
		if resource.Must[resources.PackageWant](c.Want).Ensure.Value == "latest" {
			r.Notes = p.noteAge(ctx, c.Label())
		}
	case o.Ask == resource.AskForecast, o.Ask == resource.AskRemoval:
		r.Removes, r.Blocked = p.purgedFiles(c)
	case o.Ask == resource.AskNeedless:
		r.Unmade = p.isUnmade(ctx, c)
	}
	return r
}

// noteAge returns a note on the age of the package lists by which a package is the latest, if any list has the
// package.
func (p *Provider) noteAge(ctx context.Context, name string) []string {
	f, err := p.findInstalled(ctx, name)
	if err != nil {
		return nil
	}
	if o, err := p.findNewest(ctx, name, f.have); err != nil || !o.listed {
		return nil
	}
	return []string{"it is the latest " + p.asOf()}
}

// isUnmade reports whether a package has the version that it had when the plan was made, although the plan shows
// another one: the present one is the latest now.
func (p *Provider) isUnmade(ctx context.Context, c resource.Change) bool {
	f, err := p.findInstalled(ctx, c.Label())
	return err == nil && resources.IsPackageUnmade(c, f.have.version)
}

func (p *Provider) findInstalled(ctx context.Context, name string) (found, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return found{}, err
	}
	return p.findPackage(ctx, db, name)
}

// purgedFiles are the configuration files that are removed when a package is purged, as dpkg lists them.
func (p *Provider) purgedFiles(c resource.Change) ([]string, error) {
	if c.Action != resource.Delete || resource.Must[resources.PackageWant](c.Want).Ensure.Value != "purged" {
		return nil, nil
	}
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	status, err := p.Tree.ReadFile(statusFile, maxStatus)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, path := range parseConffiles(status, db.nameOf(c.Label())) {
		if _, err := p.Tree.Stat(path); err == nil {
			out = append(out, path)
		}
	}
	return out, nil
}

// parseConffiles reads the configuration files of a package out of dpkg's status
// (dpkg-query(1): a line is " PATH MD5 [obsolete] [remove-on-upgrade]").
func parseConffiles(status []byte, name string) (paths []string) {
	name, arch, _ := strings.Cut(name, ":")
	lines := bufio.NewScanner(bytes.NewReader(status))
	lines.Buffer(nil, len(status)+1)
	ours, listed := false, false
	for lines.Scan() {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "":
			ours, listed = false, false
		case field == "Package":
			ours = value == name
		case field == "Architecture":
			ours = ours && (arch == "" || value == arch || value == "all")
		case line == "Conffiles:":
			listed = true
		case !strings.HasPrefix(line, " "):
			listed = false
		case ours && listed:
			if f := strings.Fields(line); len(f) >= 2 && strings.HasPrefix(f[0], "/") {
				paths = append(paths, f[0])
			}
		}
	}
	return paths
}
