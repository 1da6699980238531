package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// settle makes what was kept private and durable, and stamps it with the start
// of the run, by which [State.Forget] knows the last run that needed it. A file
// that was not replaced after all gets its inode back. What secrets names, by
// sealed digest, is moved to where it is forgotten sooner.
func (b *blobs) settle(ctx context.Context, root *os.Root, run time.Time, secrets map[string]bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for digest, from := range b.kept {
		if err := b.settleOne(ctx, root, digest, from, run); err != nil {
			return err
		}
	}
	moved, err := b.moveSecrets(root, secrets)
	if err != nil || len(b.kept) == 0 && !moved {
		return err
	}
	b.kept = nil
	dir, err := openDir(root, blobDir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Syncfs(int(dir.Fd())) // one wait, however many there are
}

func (b *blobs) settleOne(ctx context.Context, root *os.Root, digest string, from origin, run time.Time) error {
	name, info, err := b.find(root, digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was written to meanwhile, so it is not what it was
	}
	if from == linked || name == b.file(digest) && info.Sys().(*syscall.Stat_t).Nlink > 1 { // a killed run linked it
		if err := b.part(ctx, root, digest); err != nil {
			return err
		}
		if name, info, err = b.find(root, digest); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if from == found && info.ModTime().After(run) {
		return nil // the clock was set back since an earlier run that needs it
	}
	return root.Chtimes(name, run, run)
}

// part makes the blob the only name of its inode.
func (b *blobs) part(ctx context.Context, root *os.Root, digest string) error {
	f, err := openFile(root, b.file(digest))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Sys().(*syscall.Stat_t).Nlink == 1 {
		if err := f.Chown(os.Geteuid(), os.Getegid()); err != nil {
			return err
		}
		return f.Chmod(0o600)
	}
	now, err := b.copy(ctx, root, f, info.Size())
	if err == nil && now != digest {
		// It was written to behind our back; what it held is lost for undo.
		err = root.Remove(b.file(digest))
	}
	return err
}

// moveSecrets moves the contents of secrets into their folder.
func (b *blobs) moveSecrets(root *os.Root, secrets map[string]bool) (moved bool, err error) {
	for sealed := range secrets {
		if _, err := root.Lstat(blobDir + sealed); err != nil {
			continue // moved before, or not kept
		}
		if err := root.Mkdir(strings.TrimSuffix(secretDir, "/"), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return moved, err
		}
		if err := root.Rename(blobDir+sealed, secretDir+sealed); err != nil {
			return moved, err
		}
		moved = true
	}
	return moved, nil
}
