package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"runtime"
	"slices"
	"strconv"
	"sync"
)

// Image is an installation image.
type Image interface {
	// Walk names everything in the image, itself as ".", in any order.
	Walk(ctx context.Context, visit func(Node) error) error
	// Open opens a regular file of the image, and nothing outside of it.
	Open(path string) (io.ReadCloser, error)
}

// Node is one thing in an image.
type Node struct {
	Path string
	Kind byte   // 'f' a regular file, 'd' a directory, 'l' a symbolic link, 'o' anything else
	Mode uint32 // permissions, 07777; of no meaning for a link
	Link string // a link's text
	Size int64  // of a file
}

// Summary is an image in three numbers.
type Summary struct {
	// Digest is the SHA-256 of the image's listing: for each node by byte order
	// of the paths a line "f 0755 "path" SHA256", "d 0755 "path"", "l "path"
	// "text"" or "o 0600 "path"", quoted as in Go. Owners and times are left out:
	// two builds that are alike have one digest.
	Digest string `json:"sha256"`
	Files  int    `json:"files"` // all but directories
	Bytes  int64  `json:"bytes"` // of regular files
}

// Digest reads an image, as many files at a time as there are processors.
func Digest(ctx context.Context, image Image) (Summary, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan *line)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			sum := &reader{image, sha256.New(), make([]byte, 1<<17)}
			for l := range jobs {
				if err := sum.hashFile(ctx, l); err != nil {
					cancel(err)
				}
			}
		})
	}
	var all []*line
	err := image.Walk(ctx, func(n Node) error {
		l := &line{Node: n}
		all = append(all, l)
		if n.Kind != 'f' {
			return ctx.Err()
		}
		select {
		case jobs <- l:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(jobs)
	readers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return Summary{}, fmt.Errorf("cannot take the digest of an image: %w", err)
	}
	return sumUp(all), nil
}

// line is a node on its way into the listing.
type line struct {
	Node
	sum [sha256.Size]byte
}

func (l *line) String() string {
	path := strconv.Quote(l.Path)
	switch l.Kind {
	case 'f':
		return fmt.Sprintf("f %04o %s %x\n", l.Mode, path, l.sum)
	case 'l':
		return fmt.Sprintf("l %s %s\n", path, strconv.Quote(l.Link))
	}
	return fmt.Sprintf("%c %04o %s\n", l.Kind, l.Mode, path)
}

func sumUp(all []*line) Summary {
	slices.SortFunc(all, func(a, b *line) int { return cmp.Compare(a.Path, b.Path) })
	h := sha256.New()
	var s Summary
	for _, l := range all {
		io.WriteString(h, l.String()) //nolint:errcheck // a hash takes everything
		if l.Kind != 'd' {
			s.Files++
		}
		if l.Kind == 'f' {
			s.Bytes += l.Size
		}
	}
	s.Digest = hex.EncodeToString(h.Sum(nil))
	return s
}

// reader hashes one file after the other.
type reader struct {
	image Image
	hash  hash.Hash
	buf   []byte
}

func (r *reader) hashFile(ctx context.Context, l *line) error {
	f, err := r.image.Open(l.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	r.hash.Reset()
	var size int64
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		n, err := f.Read(r.buf)
		r.hash.Write(r.buf[:n])
		if size += int64(n); size > l.Size || err == io.EOF && size != l.Size { //nolint:errorlint // Read returns it bare
			return fmt.Errorf("%q changed while it was read", l.Path)
		}
		if err == io.EOF { //nolint:errorlint // Read returns it bare
			r.hash.Sum(l.sum[:0])
			return nil
		}
		if err != nil {
			return err
		}
	}
}
