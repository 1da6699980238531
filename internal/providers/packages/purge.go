package packages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"converge/internal/resource"
	"converge/resources"
)

// leftovers are files that the removal of packages leaves behind and that a purge
// removes: changed configuration files, under the name that the manager gives them.
type leftovers struct {
	*sources
	of map[*item][]string
}

// findLeftovers lists what purges will have to remove. It asks before the removal,
// because afterwards the owner of the files is unknown.
func (j transaction) findLeftovers(ctx context.Context) leftovers {
	l := leftovers{j.sources, map[*item][]string{}}
	for _, it := range j.wordItems() {
		if it.ensure != "purged" || !it.f.there {
			continue
		}
		c, err := j.Files.ListContents(ctx, it.f.have)
		if err != nil {
			j.notice(fmt.Sprintf("cannot tell which configuration files %s has: %v", it.name, err))
			continue
		}
		for _, file := range c.Config {
			l.of[it] = append(l.of[it], file+j.SavedSuffix)
		}
	}
	return l
}

// remove removes the files of packages that are not there any more.
func (l leftovers) remove(ctx context.Context) error {
	if len(l.of) == 0 {
		return nil
	}
	db, err := l.currentDatabase(ctx)
	if err != nil {
		return err
	}
	for it, files := range l.of {
		if _, there := db.find(it.name); there {
			continue
		}
		for _, file := range files {
			if e := os.Remove(l.tree.Root() + file); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, fmt.Errorf("cannot remove what %s left: %w", it.name, e))
			}
		}
	}
	return err
}

// Review implements [resource.Reviewer]: a plan tells which files a purge removes.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskForecast || o.Ask == resource.AskRemoval {
		r.Removes, r.Blocked = p.purgedFiles(ctx, c)
	}
	return r
}

// purgedFiles are the configuration files that go when a package is purged.
func (p *Provider) purgedFiles(ctx context.Context, c resource.Change) ([]string, error) {
	if c.Action != resource.Delete || resource.Must[resources.PackageWant](c.Want).Ensure.Value != "purged" {
		return nil, nil
	}
	db, err := p.currentDatabase(ctx)
	if err != nil {
		return nil, err
	}
	have, there := db.find(c.Label())
	if !there {
		return nil, nil
	}
	contents, err := p.Files.ListContents(ctx, have)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, path := range contents.Config {
		if _, err := p.tree.Stat(path); err == nil {
			out = append(out, path)
		}
	}
	return out, nil
}
