package packages

import (
	"context"

	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer]: a plan shows which files a purge removes, and the age of the index by which
// an installed package is the latest.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	switch {
	case o.Ask == resource.AskForecast && c.Empty():
		if resource.Must[resources.PackageWant](c.Want).Ensure.Value == "latest" {
			r.Notes = p.noteAge(ctx, c.Label())
		}
	case o.Ask == resource.AskForecast, o.Ask == resource.AskRemoval:
		r.Removes, r.Blocked = p.purgedFiles(ctx, c)
	case o.Ask == resource.AskNeedless:
		r.Unmade = p.isUnmade(ctx, c)
	}
	return r
}

// noteAge returns a note on the age of the index by which a package is the latest, if anything offers the package.
func (p *Provider) noteAge(ctx context.Context, name string) []string {
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return nil
	}
	f := db.findNamed(name)
	if v, err := p.findNewest(ctx, f.have.Name); !f.there || err != nil || v == "" {
		return nil
	}
	if of := p.asOf(ctx); of != "" {
		return []string{"it is the latest " + of}
	}
	return nil
}

// isUnmade reports whether a package has the version that it had when the plan was made, although the plan shows
// another one: the present one is the latest now.
func (p *Provider) isUnmade(ctx context.Context, c resource.Change) bool {
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return false
	}
	return resources.IsPackageUnmade(c, db.findNamed(c.Label()).have.Version)
}
