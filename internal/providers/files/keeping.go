package files

import (
	"context"
	"os"

	"converge/internal/fsys"
)

// keeping saves files that are about to be replaced or removed, if there is a
// Keeper.
type keeping struct{ keeper Keeper }

// folder inspects files for a change: a whole group, or the tree below a
// directory.
type folder interface {
	Look(path string) (fsys.Info, error)
	Open(path string, was fsys.Info) (*os.File, error)
	Walk(ctx context.Context, path string, visit func(e fsys.Entry) error) error
}

// keepBelow saves every file below path.
func (k keeping) keepBelow(ctx context.Context, in folder, path string) error {
	if k.keeper == nil {
		return nil
	}
	return in.Walk(ctx, path, func(e fsys.Entry) error {
		if e.Type != fsys.Regular {
			return nil
		}
		f, err := e.Open()
		if err != nil {
			return err
		}
		return k.saveFile(ctx, f)
	})
}

// keepFile saves the content of one file, as a secret if it is one.
func (k keeping) keepFile(ctx context.Context, in folder, path string, was fsys.Info, secret bool) error {
	if k.keeper == nil {
		return nil
	}
	f, err := in.Open(path, was)
	if err != nil {
		return err
	}
	defer f.Close()
	digest, err := k.keeper.KeepFile(ctx, f)
	if secrets, ok := k.keeper.(secretKeeper); ok && secret && err == nil {
		secrets.NoteSecret(digest)
	}
	return err
}

// secretKeeper is a Keeper that keeps secrets apart, and forgets them sooner.
type secretKeeper interface{ NoteSecret(digest string) }

func (k keeping) saveFile(ctx context.Context, f *os.File) error {
	defer f.Close()
	_, err := k.keeper.KeepFile(ctx, f)
	return err
}
