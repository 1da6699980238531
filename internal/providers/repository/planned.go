package repository

import (
	"context"
	"iter"

	"converge/internal/resource"
	"converge/resources"
)

// PlannedFiles returns the files of a package manager that planned changes of repositories will change: by path, nil
// for a removed file. A plan of packages uses them. It skips a repository that will be refused, because its key or its
// signature is wrong; its own plan gives the reason.
func (p *Provider) PlannedFiles(ctx context.Context, manager string, changes iter.Seq[resource.Change]) map[string][]byte {
	out := map[string][]byte{}
	if changes == nil {
		return out
	}
	for c := range changes {
		if c.Kind == nil || c.Kind.Name != "repository" {
			continue
		}
		t, err := resource.TypeChange[resources.RepositoryWant](c)
		switch {
		case err != nil:
		case t.Have != nil && c.Action == resource.Delete && t.Have.Provider.Value == manager:
			p.own.planRemoval(*t.Have, out)
		case t.Want.Provider.Value == manager && !t.Want.IsAbsent():
			p.own.planChange(ctx, t, out)
		}
	}
	return out
}

func (r *repositories) planRemoval(have resources.RepositoryWant, out map[string][]byte) {
	keep, err := r.othersUseKey(have)
	for _, path := range have.Paths() {
		if path != have.KeyPath() || !keep && err == nil {
			out[path] = nil
		}
	}
	if have.Provider.Value == "pacman" {
		r.planEdit(have, out, func(was []byte) []byte { return withoutSection(was, have.Name) })
	}
}

func (r *repositories) planChange(ctx context.Context, t resource.TypedChange[resources.RepositoryWant], out map[string][]byte) {
	key, err := r.acceptedKey(ctx, t)
	if err != nil {
		return
	}
	if path := t.Want.KeyPath(); path != "" {
		out[path] = key
	}
	for _, f := range besides(t.Want, &resources.RepositoryWant{}) {
		if text, ok, err := r.writeBeside(f); ok && err == nil {
			out[f.path] = text
		}
	}
	text, ok := contentOf(t.Want.Definition)
	switch {
	case !ok:
	case t.Want.Provider.Value == "pacman":
		r.planEdit(t.Want, out, func(was []byte) []byte { return withSection(was, t.Want.Name, text, t.Want.Before) })
	default:
		out[t.Want.DefinitionPath()] = text
	}
}

// planEdit edits the file with the sections of all repositories, as the changes before have left it.
func (r *repositories) planEdit(w resources.RepositoryWant, out map[string][]byte, edit func([]byte) []byte) {
	file := w.DefinitionPath()
	was, planned := out[file]
	if !planned {
		var err error
		if was, _, err = r.readFile(file); err != nil {
			return
		}
	}
	out[file] = edit(was)
}
