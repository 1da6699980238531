package main

import (
	"context"
	"path/filepath"

	"converge/internal/app/environ"
	"converge/internal/journal"
)

// pastOptions are those of the commands that only read what was.
type pastOptions struct {
	root, state string
	json        bool
}

// past opens the journal to be read only.
func openPast(ctx context.Context, env *environ.Env, f *pastOptions) (*journal.State, string, error) {
	root, err := filepath.Abs(f.root)
	if err != nil {
		return nil, "", err
	}
	dir, err := findStateDir(env, f.state, root)
	if err != nil {
		return nil, "", err
	}
	state, err := journal.Open(ctx, dir, journal.Options{ReadOnly: true})
	return state, root, hinted(err, dir)
}

// historyOptions are those of the history.
type historyOptions struct {
	pastOptions
	forget    bool
	olderThan string
}
