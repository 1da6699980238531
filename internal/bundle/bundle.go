// Package bundle makes folders of manifests from archives that are named by URL
// and digest. Start with [Store]: it fetches an archive once, checks its digest,
// unpacks it within bounds, and keeps the folder by the digest, so that later runs
// need no network.
//
// It reads no manifest, and it trusts nothing but the digest.
package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"converge/internal/fetch"
	"converge/internal/fsys"
)

// The bounds of an archive. A site is text: a larger thing belongs in a package or
// in a file with a source of its own.
const (
	maxArchive  = 64 << 20  // bytes, as it is fetched
	maxUnpacked = 256 << 20 // bytes, of all files together
	maxEntries  = 20_000
	maxUnused   = 90 * 24 * time.Hour // then a folder is removed, when another one is fetched
	maxHalf     = time.Hour           // a folder that is unpacked for longer was left by a killed run
)

// staged is how the name of a folder begins that is being unpacked.
const staged = ".new-"

// Store keeps the folders of archives below a folder of its own, each named by the
// digest of its archive.
type Store struct {
	Dir    string       // in the state folder; neither need exist
	Client *http.Client // nil: one of its own
}

// Folder returns the folder of the archive at a URL, which it fetches if the folder
// is not there yet. digest is the SHA-256 of the archive.
func (s *Store) Folder(ctx context.Context, rawURL, digest string) (string, error) {
	if err := CheckDigest(digest); err != nil {
		return "", err
	}
	if err := s.checkOwners(); err != nil {
		return "", err
	}
	dir := filepath.Join(s.Dir, digest)
	if info, err := os.Lstat(dir); err == nil && info.IsDir() {
		now := time.Now()
		_ = os.Chtimes(dir, now, now) // it is used; another user's store cannot be stamped
		return findTop(dir)
	}
	content, err := s.download(ctx, rawURL, digest)
	if err != nil {
		return "", err
	}
	if err := s.keep(ctx, digest, content, rawURL); err != nil {
		return "", err
	}
	return findTop(dir)
}

// checkOwners refuses a store that another user could have filled: what is in it is
// not checked again.
func (s *Store) checkOwners() error {
	for _, dir := range []string{filepath.Dir(s.Dir), s.Dir} {
		info, err := os.Stat(dir)
		if err != nil {
			continue // it is made, or that says why not
		}
		uid := info.Sys().(*syscall.Stat_t).Uid
		if uid != 0 && int(uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
			return fmt.Errorf("cannot use %s for what is fetched: users other than %d and root can write in it", dir, os.Geteuid())
		}
	}
	return nil
}

// CheckDigest checks the form of a digest.
func CheckDigest(digest string) error {
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(digest) {
		return errors.New("sha256 must be 64 lower-case hexadecimal digits, as sha256sum prints them")
	}
	return nil
}

// download returns the archive, whose digest has been checked.
func (s *Store) download(ctx context.Context, rawURL, digest string) ([]byte, error) {
	client := s.Client
	if client == nil {
		client = fetch.NewClient()
		defer client.CloseIdleConnections()
	}
	r, err := fetch.Open(ctx, client, fetch.Source{URL: rawURL, SHA256: digest, Limit: maxArchive})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// keep unpacks an archive into a folder that gets its name when it is complete.
func (s *Store) keep(ctx context.Context, digest string, content []byte, rawURL string) error {
	above := filepath.Dir(filepath.Dir(s.Dir)) // of the state folder: not ours alone
	if err := errors.Join(os.MkdirAll(above, 0o755), os.MkdirAll(s.Dir, 0o700)); err != nil {
		return fmt.Errorf("cannot keep what was fetched: %w", err)
	}
	dir, err := fsys.OpenDirAt(s.Dir)
	if err != nil {
		return fmt.Errorf("cannot keep what was fetched: %w", err)
	}
	defer dir.Close()
	root, err := fsys.RootOf(dir)
	if err != nil {
		return fmt.Errorf("cannot keep what was fetched: %w", err)
	}
	defer root.Close()
	removeOld(root, time.Now())
	tmp := fmt.Sprintf("%s%.16s-%d", staged, digest, os.Getpid())
	if err := fill(ctx, root, tmp, content, rawURL); err != nil {
		_ = root.RemoveAll(tmp) // err says more
		return err
	}
	err = errors.Join(dir.SyncFS(), dir.RenameNew(tmp, dir, digest))
	if err != nil {
		_ = root.RemoveAll(tmp)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) { // else another run was first, with the same content
		return fmt.Errorf("cannot keep what was fetched: %w", err)
	}
	return dir.Sync()
}

// fill makes the folder name of what was fetched: an archive, or a manifest.
func fill(ctx context.Context, root *os.Root, name string, content []byte, rawURL string) error {
	_ = root.RemoveAll(name) // of a killed run with the number of this process
	if err := root.Mkdir(name, 0o755); err != nil {
		return fmt.Errorf("cannot keep what was fetched: %w", err)
	}
	to, err := root.OpenRoot(name)
	if err != nil {
		return fmt.Errorf("cannot keep what was fetched: %w", err)
	}
	defer to.Close()
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) { // RFC 1952, 2.3.1
		return fillFrom(ctx, to, content)
	}
	base, err := manifestName(rawURL)
	if err != nil {
		return err
	}
	return to.WriteFile(base, content, 0o644)
}

// manifestName is the file name of a manifest that was fetched alone.
func manifestName(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", fetch.WithoutURL(err)
	}
	base := path.Base(u.Path)
	if (strings.HasSuffix(base, ".hcl") || strings.HasSuffix(base, ".hcl.json")) && base[0] != '.' {
		return base, nil
	}
	return "", fmt.Errorf("%s is neither a gzipped tar archive nor a manifest (*.hcl, *.hcl.json)", fetch.HideSecrets(rawURL))
}

// findTop returns the folder of the manifests: that of the archive, or the only
// folder in it, for archives that are packed with it.
func findTop(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) == 1 && entries[0].IsDir() {
		return filepath.Join(dir, entries[0].Name()), nil
	}
	return dir, nil
}

// removeOld removes folders that no run has used for long, and what a killed run
// has left. What cannot be removed stays, and does no harm.
func removeOld(root *os.Root, now time.Time) {
	d, err := root.Open(".")
	if err != nil {
		return
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return
	}
	for _, e := range entries {
		limit := maxUnused
		if strings.HasPrefix(e.Name(), staged) {
			limit = maxHalf
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > limit {
			_ = root.RemoveAll(e.Name())
		}
	}
}
