// Package past reads what the journal tells of earlier runs, as data for a view:
// a line of the history, a run in full, the status, what is owed. Start with
// [Open]. It takes no lock and changes nothing.
package past

import (
	"context"
	"path/filepath"

	"converge/internal/app/environ"
	"converge/internal/app/statedir"
	"converge/internal/journal"
)

// Options are those of the commands that only read what was.
type Options struct {
	Root, State string
	JSON        bool
}

// Open opens the journal to be read only.
func Open(ctx context.Context, env *environ.Env, f *Options) (*journal.State, string, error) {
	root, err := filepath.Abs(f.Root)
	if err != nil {
		return nil, "", err
	}
	dir, err := statedir.Find(env, f.State, root)
	if err != nil {
		return nil, "", err
	}
	state, err := journal.Open(ctx, dir, journal.Options{ReadOnly: true})
	return state, root, statedir.HintDamage(err, dir)
}
