package machine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// DigestPath describes what a path holds: the digest of a file, the text of a link,
// the type of anything else.
func (m *Machine) DigestPath(ctx context.Context, path string) (string, error) {
	path = resource.DecodeBytes(path)
	info, err := m.tree.Lstat(path)
	if err != nil {
		return "", err
	}
	switch info.Type {
	case fsys.Symlink:
		return m.tree.Readlink(path)
	case fsys.Regular:
	default:
		return info.Type.String(), ctx.Err()
	}
	f, err := m.tree.Open(path)
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
