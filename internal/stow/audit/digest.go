package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"syscall"
)

// Summary describes an image by three numbers.
type Summary struct {
	// Digest is the SHA-256 of the image's listing: for each node, by byte order of the paths, a line "f 0755 "path"
	// SHA256", "d 0755 "path"", "l "path" "text"" or "o 0600 "path"", quoted as in Go. Owners and times are left out, so
	// that equal builds have equal digests.
	Digest string `json:"sha256"`
	Files  int    `json:"files"` // all but directories
	Bytes  int64  `json:"bytes"` // of regular files
}

// Digest reads the image in a local directory, and never leaves it.
func Digest(ctx context.Context, dir string) (Summary, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Summary{}, fmt.Errorf("cannot open the image: %w", err)
	}
	defer root.Close()
	look := func(path string) (*node, error) { return newNode(root, path) }
	open := func(path string) (io.ReadCloser, error) {
		return root.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	}
	all, err := hashImage(ctx, root.FS(), look, open)
	if err != nil {
		return Summary{}, fmt.Errorf("cannot take the digest of an image: %w", err)
	}
	return sumUp(all), nil
}

// opener opens a regular file of an image.
type opener func(path string) (io.ReadCloser, error)

// hashImage hashes an image; it reads as many files in parallel as there are processors.
func hashImage(ctx context.Context, image fs.FS, look func(string) (*node, error), open opener) (all []*node, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan *node)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			r := &reader{open, sha256.New(), make([]byte, 1<<17)}
			for n := range jobs {
				if err := r.hashFile(ctx, n); err != nil {
					cancel(err)
				}
			}
		})
	}
	err = fs.WalkDir(image, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		n, err := look(path)
		all = append(all, n)
		if err != nil || n.kind != 'f' {
			return cmp.Or(err, ctx.Err())
		}
		select {
		case jobs <- n:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	close(jobs)
	readers.Wait()
	return all, cmp.Or(context.Cause(ctx), err)
}
