package journal

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// settleKept makes the kept contents private and durable, and stamps them with the start of the run, which tells
// [State.Forget] the last run that needed them. A file that was not replaced after all gets its inode back. The
// contents in secrets, by sealed digest, move to the folder that is forgotten sooner.
func (b *contents) settleKept(ctx context.Context, run time.Time, secrets map[string]bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for digest, from := range b.kept {
		if err := b.settleOne(ctx, digest, from, run); err != nil {
			return err
		}
	}
	maps.Copy(secrets, b.secrets)
	clear(b.secrets)
	moved, err := b.moveSecrets(secrets)
	if err != nil || len(b.kept) == 0 && !moved {
		return err
	}
	clear(b.kept)
	dir, err := openDir(b.in.root, blobDir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Syncfs(int(dir.Fd())) // one wait for all of them
}

func (b *contents) settleOne(ctx context.Context, digest string, from origin, run time.Time) error {
	name, info, err := b.findBlob(digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was written to meanwhile, so it is no longer the old content
	}
	if from == linked || name == b.blobName(digest) && info.Sys().(*syscall.Stat_t).Nlink > 1 { // a killed run linked it
		if err := b.separateInode(ctx, digest); err != nil {
			return err
		}
		if name, info, err = b.findBlob(digest); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if from == found && info.ModTime().After(run) {
		return nil // the clock was set back since an earlier run that needs it
	}
	return b.in.root.Chtimes(name, run, run)
}

// separateInode makes the blob the only name of its inode.
func (b *contents) separateInode(ctx context.Context, digest string) error {
	f, err := openFile(b.in.root, b.blobName(digest))
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
	now, err := b.copyFrom(ctx, f, info.Size())
	if err == nil && now != digest {
		// It was written to without our knowledge; undo has lost the old content.
		err = b.in.root.Remove(b.blobName(digest))
	}
	return err
}

// moveSecrets moves the contents of secrets into their folder.
func (b *contents) moveSecrets(secrets map[string]bool) (moved bool, err error) {
	for sealed := range secrets {
		if _, err := b.in.root.Lstat(blobDir + sealed); err != nil {
			continue // already moved, or not kept
		}
		if err := b.in.root.Mkdir(strings.TrimSuffix(secretDir, "/"), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return moved, err
		}
		if err := b.in.root.Rename(blobDir+sealed, secretDir+sealed); err != nil {
			return moved, err
		}
		moved = true
	}
	return moved, nil
}

// forgetSecrets removes replaced contents of secrets that are older than before.
func (b *contents) forgetSecrets(before time.Time) error {
	dir, err := openDir(b.in.root, secretDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		info, err := b.in.root.Lstat(secretDir + name)
		if err != nil || info.ModTime().After(before) {
			continue
		}
		if err := removeFile(b.in.root, secretDir+name); err != nil {
			return err
		}
	}
	return nil
}
