package archives

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"converge/internal/fetch"
	"converge/internal/unpack"
	"converge/resources"
)

// maxEntries is how many entries an archive may have.
const maxEntries = 500_000

// rulesOf returns the bounds of unpacking, and the choice of entries.
func rulesOf(w resources.ArchiveWant) (unpack.Rules, error) {
	exclude, err := resources.ExcludeOf(w.Exclude.Value)
	return unpack.Rules{
		MaxBytes: w.UnpackLimit(), MaxEntries: maxEntries, Strip: int(w.Strip.Value), Exclude: exclude, HardLinks: true, Dangling: true,
	}, err
}

// packed is an archive that can be read from any position.
type packed struct {
	io.ReaderAt
	size  int64
	close func() error
}

// isRemote reports whether an archive has to be fetched.
func isRemote(w resources.ArchiveWant) bool { return w.Source.Set }

// openLocal opens an archive beside the manifest.
func openLocal(w resources.ArchiveWant) (*packed, error) {
	if w.Archive == nil {
		return nil, errors.New("internal error: there is no archive")
	}
	if limit := w.SizeLimit(); limit > 0 && w.Archive.Size > limit {
		return nil, fmt.Errorf("cannot unpack: the archive has %d bytes, and max_size allows %d", w.Archive.Size, limit)
	}
	if b, ok := w.Archive.Bytes(); ok {
		return &packed{bytes.NewReader(b), int64(len(b)), func() error { return nil }}, nil
	}
	r, err := w.Archive.Open()
	if err != nil {
		return nil, err
	}
	if f, ok := r.(io.ReaderAt); ok {
		return &packed{f, w.Archive.Size, r.Close}, nil
	}
	defer r.Close()
	return nil, errors.New("internal error: the archive is no file")
}

// download fetches an archive into a file in a folder, and checks its digest.
func (b *base) download(ctx context.Context, w resources.ArchiveWant, in *os.Root) (*packed, error) {
	digest, err := w.Archive.Digest()
	if err != nil {
		return nil, err
	}
	r, err := fetch.Open(ctx, b.Client, fetch.Source{URL: w.Source.Value, SHA256: digest, Limit: w.SizeLimit(), Advice: "max_size allows more"})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := in.OpenFile("archive", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot keep what is fetched: %w", err)
	}
	n, err := io.Copy(f, r)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &packed{f, n, f.Close}, nil
}

// walkListed visits an archive, and lists its entries.
func walkListed(ctx context.Context, p *packed, w resources.ArchiveWant, visit unpack.Visit) ([]entry, error) {
	rules, err := rulesOf(w)
	if err != nil {
		return nil, err
	}
	a, err := unpack.Open(p, p.size)
	if err != nil {
		return nil, err
	}
	var l lister
	err = a.Walk(ctx, rules, func(e unpack.Entry, content io.Reader) error {
		digest := sha256.New()
		if content != nil {
			content = io.TeeReader(content, digest)
		}
		if err := visit(e, content); err != nil {
			return err
		}
		l.add(e, hex.EncodeToString(digest.Sum(nil)))
		return nil
	})
	return l.end(), err
}

// source is the content of a local archive, or why it is refused.
type source struct {
	mu      sync.Mutex
	read    bool
	entries []entry
	err     error
}

// listSource lists a local archive without unpacking it. It reads each once in a run.
func (b *base) listSource(ctx context.Context, w resources.ArchiveWant) (*list, error) {
	s := b.sourceOf(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.read {
		s.entries, s.err = readSource(ctx, w)
		s.read = ctx.Err() == nil
	}
	if s.err != nil {
		return nil, s.err
	}
	return &list{header{Path: b.key(w), Version: w.Version.Value, Link: string(w.Link.Value)}, s.entries}, nil
}

// sourceOf returns the cached list of a local archive in this run. The version identifies the archive and the
// selection of entries; the bounds are the other rules.
func (b *base) sourceOf(w resources.ArchiveWant) *source {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := fmt.Sprint(w.Version.Value, " ", w.UnpackLimit(), " ", w.SizeLimit())
	if b.sources[key] == nil {
		b.sources[key] = &source{}
	}
	return b.sources[key]
}

func readSource(ctx context.Context, w resources.ArchiveWant) ([]entry, error) {
	p, err := openLocal(w)
	if err != nil {
		return nil, err
	}
	defer p.close() //nolint:errcheck // it was only read
	return walkListed(ctx, p, w, func(_ unpack.Entry, content io.Reader) error {
		if content == nil {
			return nil
		}
		_, err := io.Copy(io.Discard, content)
		return err
	})
}

// ownerOf returns the wanted owner of all entries.
func (b *base) ownerOf(ctx context.Context, w resources.ArchiveWant) (uid, gid uint32, err error) {
	uid, gid = uint32(os.Geteuid()), uint32(os.Getegid())
	if w.Owner.Set {
		if uid, err = b.Accounts.UID(ctx, w.Owner.Value); err != nil {
			return 0, 0, err
		}
	}
	if w.Group.Set {
		gid, err = b.Accounts.GID(ctx, w.Group.Value)
	}
	return uid, gid, err
}
