package repository

import (
	"context"
	"strings"

	"converge/resources"
)

// remove removes a repository: what it was trusted by, its files, and the lists
// that were fetched from it.
func (r *repositories) remove(ctx context.Context, have resources.RepositoryWant) error {
	shared, err := r.sharesKey(have)
	if err != nil {
		return err
	}
	if !shared {
		if err := r.truster.distrust(ctx, have); err != nil {
			return err
		}
	}
	text, _ := contentOf(have.Definition)
	lists, err := r.listsOf(have, string(text))
	if err != nil {
		return err
	}
	g := r.begin()
	defer g.txn.Abort()
	for _, path := range have.Paths() {
		if path != have.KeyPath() || !shared {
			g.remove(path)
		}
	}
	if have.Provider.Value == "pacman" && have.Definition != nil {
		if err := g.edit(have.DefinitionPath(), func(was []byte) []byte { return withSection(was, have.Name, nil, "") }); err != nil {
			return err
		}
	}
	for _, path := range lists {
		g.remove(path)
	}
	return g.commit(ctx)
}

// sharesKey reports whether another repository goes by the file of the same key, as
// repositories of apk may.
func (r *tree) sharesKey(have resources.RepositoryWant) (bool, error) {
	if have.Provider.Value != "apk" || !have.KeyName.Set {
		return false, nil
	}
	own := have.DefinitionPath()
	dir := own[:strings.LastIndexByte(own, '/')]
	names, err := r.namesIn(dir)
	for _, name := range names {
		text, _, err := r.readFile(dir + "/" + name)
		if err != nil {
			return false, err
		}
		if dir+"/"+name != own && resources.ApkKeyPath(string(text)) == have.KeyPath() {
			return true, nil
		}
	}
	return false, err
}
