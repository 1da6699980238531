package app

import (
	"context"
	"path/filepath"

	"converge/internal/app/environ"
	"converge/internal/journal"
)

// PastOptions are those of the commands that only read what was.
type PastOptions struct {
	Root, State string
	Json        bool
}

// past opens the journal to be read only.
func openPast(ctx context.Context, env *environ.Env, f *PastOptions) (*journal.State, string, error) {
	root, err := filepath.Abs(f.Root)
	if err != nil {
		return nil, "", err
	}
	dir, err := findStateDir(env, f.State, root)
	if err != nil {
		return nil, "", err
	}
	state, err := journal.Open(ctx, dir, journal.Options{ReadOnly: true})
	return state, root, hintDamage(err, dir)
}

// HistoryOptions are those of the history.
type HistoryOptions struct {
	PastOptions
	Forget    bool
	OlderThan string
}
