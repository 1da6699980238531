package archives

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strings"

	"converge/internal/fsys"
)

// tree is what exists at a path, and below.
type tree struct {
	at      string
	top     fsys.Info
	entries map[string]liveEntry // by path in the tree
	order   []string
	mounted string // a mount point in it, or the tree itself; "": there is none
}

type liveEntry struct {
	fsys.Info
	target string // of a link
	digest string // of a file whose digest was requested
}

// readTree reads the entries below a folder. digests reports for a file whether its digest is
// wanted; nil: no digest is.
func (b *base) readTree(ctx context.Context, at string, top fsys.Info, digests func(rel string, info fsys.Info) bool) (*tree, error) {
	t := &tree{at: at, top: top, entries: map[string]liveEntry{}}
	if top.Mount {
		t.mounted = at
	}
	err := b.FS.Walk(ctx, at, func(e fsys.Entry) error {
		rel := strings.TrimPrefix(e.Path, at+"/")
		live := liveEntry{Info: e.Info}
		var err error
		switch {
		case e.Mount && t.mounted == "":
			t.mounted = e.Path
		case e.Type == fsys.Symlink:
			live.target, err = e.Readlink()
		case e.Type == fsys.Regular && digests != nil && digests(rel, e.Info):
			live.digest, err = digestOf(ctx, e)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed since it was listed
		}
		t.entries[rel] = live
		t.order = append(t.order, rel)
		return err
	})
	return t, err
}

func digestOf(ctx context.Context, e fsys.Entry) (string, error) {
	f, err := e.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		switch _, err := io.CopyN(h, f, 8<<20); {
		case errors.Is(err, io.EOF):
			return hex.EncodeToString(h.Sum(nil)), nil
		case err != nil:
			return "", err
		}
	}
}
