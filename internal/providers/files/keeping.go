package files

import (
	"context"
	"os"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// keeping saves files that are about to be replaced or removed, if there is a Keeper.
type keeping struct{ keeper Keeper }

// folder inspects files for a change: a whole group, or the tree below a
// directory.
type folder interface {
	Look(path string) (fsys.Info, error)
	Open(path string, was fsys.Info) (*os.File, error)
	Walk(ctx context.Context, path string, visit func(e fsys.Entry) error) error
}

// keepBelow saves every file below path, where everything must be as it was listed, by its path
// below top.
func (k keeping) keepBelow(ctx context.Context, in folder, path, top string, list *listed) error {
	if k.keeper == nil {
		return nil
	}
	return in.Walk(ctx, path, func(e fsys.Entry) (err error) {
		now := resources.Listed{Path: e.Path, Type: typeName(e.Type)}
		switch e.Type {
		case fsys.Regular:
			now.Digest, err = k.keepEntry(ctx, e)
		case fsys.Symlink:
			now.Target, err = e.Readlink()
			now.Target = resource.EncodeBytes(now.Target)
		}
		if err != nil {
			return err
		}
		return list.refuse("remove", strings.TrimPrefix(e.Path, top), now, e.Info)
	})
}

// keepEntry saves the content of a file that is visited, and returns its digest.
func (k keeping) keepEntry(ctx context.Context, e fsys.Entry) (digest string, err error) {
	f, err := e.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	return k.keeper.KeepFile(ctx, f)
}

// keepFile saves the content of one file, as a secret if it is one, and returns its digest; "": nothing is kept.
func (k keeping) keepFile(ctx context.Context, in folder, path string, was fsys.Info, secret bool) (digest string, err error) {
	if k.keeper == nil {
		return "", nil
	}
	f, err := in.Open(path, was)
	if err != nil {
		return "", err
	}
	defer f.Close()
	digest, err = k.keeper.KeepFile(ctx, f)
	if secrets, ok := k.keeper.(secretKeeper); ok && secret && err == nil {
		secrets.NoteSecret(digest)
	}
	return digest, err
}

// secretKeeper is a Keeper that keeps secrets apart, and forgets them sooner.
type secretKeeper interface{ NoteSecret(digest string) }
