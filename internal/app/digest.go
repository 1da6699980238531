package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// treeDigest looks into the tree that is converged.
type treeDigest struct{ tree *fsys.FS }

// digestPath tells what a path holds: the digest of a file, the text of a link, the
// type of anything else.
func (d treeDigest) digestPath(ctx context.Context, path string) (string, error) {
	path = resource.DecodeBytes(path)
	info, err := d.tree.Lstat(path)
	if err != nil {
		return "", err
	}
	switch info.Type {
	case fsys.Symlink:
		return d.tree.Readlink(path)
	case fsys.Regular:
	default:
		return info.Type.String(), ctx.Err()
	}
	f, err := d.tree.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), ctx.Err()
}
