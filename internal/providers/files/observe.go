package files

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// target is the path that a file resource is about: the path itself, or what
// a link there leads to if that is asked for.
type target struct {
	path string
	info fsys.Info
	gone bool
}

// look returns the entry at the path of a file resource.
func (p *Provider) look(want *resources.Entry, lstat func(path string) (fsys.Info, error)) (target, error) {
	t := target{path: want.Path.Bytes()}
	info, err := lstat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.gone = true
		return t, nil
	case errors.Is(err, unix.ENOTDIR) && want.IsAbsent():
		t.gone = true
		return t, nil
	case err != nil:
		return t, err
	}
	t.info = info
	if info.Type == fsys.Symlink && want.Follow.Value {
		return p.followed(t, lstat)
	}
	return t, nil
}

func (p *Provider) followed(t target, lstat func(path string) (fsys.Info, error)) (target, error) {
	real, _, err := p.held.Resolve(t.path)
	if err != nil {
		return t, err
	}
	info, err := lstat(real)
	return target{path: real, info: info}, err
}

// clash refuses to turn the existing entry into a file.
func (t target) clash(want *resources.Entry) error {
	force := want.Force.Value
	switch {
	case t.gone || t.info.Type == fsys.Regular:
		return nil
	case t.info.Type == fsys.Directory:
		return inTheWay(t.path, t.info, "file", removeIt)
	case force:
		return nil
	case want.IsAbsent():
		return inTheWay(t.path, t.info, "file", forceIt)
	case t.info.Type == fsys.Symlink:
		return inTheWay(t.path, t.info, "file", followOrForce)
	}
	return inTheWay(t.path, t.info, "file", forceIt)
}

func (p *Provider) observeFile(ctx context.Context, want *resources.Entry) (*resources.Entry, error) {
	t, err := p.look(want, p.held.Lstat)
	if err == nil {
		err = t.clash(want)
	}
	if err == nil && !t.gone && t.info.Type == fsys.Regular && (want.IsAbsent() || want.Content != nil) {
		err = p.held.MayRead(t.path, t.info)
	}
	switch {
	case err != nil:
		return nil, err
	case t.gone:
		return nil, nil
	case want.IsAbsent():
		return present(resources.TypeFile), nil
	case t.info.Type != fsys.Regular: // by force
		return present(typeName(t.info.Type)), nil
	}
	permSame, err := p.permSame(ctx, want, t.info)
	if err != nil {
		return nil, err
	}
	if permSame {
		permSame, err = p.xattrsSame(want, t.path)
		if err != nil {
			return nil, err
		}
	}
	if want.Content == nil {
		if permSame {
			return want, nil
		}
		return p.seenFile(ctx, want, t, nil)
	}
	same, err := p.sameContent(t, want.Content)
	switch {
	case err != nil:
		return nil, err
	case same && permSame:
		return want, nil
	case same:
		return p.seenFile(ctx, want, t, want.Content)
	}
	live, err := p.edited(want, t)
	if err != nil {
		return nil, err
	}
	return p.seenFile(ctx, want, t, live)
}

// seenFile is the observed value of a file that differs somewhere.
func (p *Provider) seenFile(ctx context.Context, want *resources.Entry, t target, content *resource.Blob) (*resources.Entry, error) {
	m := present(resources.TypeFile)
	m.Path = want.Path
	if want.Xattrs.Set {
		same, err := p.xattrsSame(want, t.path)
		if err != nil {
			return nil, err
		}
		if same {
			m.Xattrs = want.Xattrs
		}
	}
	m.Content = content
	return p.withPerm(ctx, m, want, t.info)
}

// typeName returns the value of the attribute "type" for an entry.
func typeName(t fsys.Type) string {
	switch t {
	case fsys.Regular:
		return resources.TypeFile
	case fsys.Directory:
		return resources.TypeDirectory
	case fsys.Symlink:
		return resources.TypeLink
	case fsys.Fifo:
		return "pipe"
	case fsys.Socket:
		return "socket"
	case fsys.Device:
		return "device"
	}
	return "other"
}

// sameContent compares as cheaply as the wanted content allows: sizes first,
// then bytes in memory, then bytes that are read in parallel. It computes a digest
// only if there is no content here to compare with: content still to be fetched.
func (p *Provider) sameContent(t target, want *resource.Blob) (bool, error) {
	if t.info.Size == 0 && p.virtual(t.path) {
		return p.sameVirtual(t.path, want)
	}
	if want.Size >= 0 && want.Size != t.info.Size {
		return false, nil
	}
	if b, ok := want.Bytes(); ok {
		return p.compare.Equal(p.held, t.path, b)
	}
	if want.Size < 0 {
		return sameDigest(p.liveBlob(t), want)
	}
	r, err := p.untilStopped(want.Open())
	if err != nil {
		return false, err
	}
	defer r.Close()
	return p.compare.EqualReader(p.held, t.path, r)
}

func sameDigest(a, b *resource.Blob) (bool, error) {
	x, err := a.Digest()
	if err != nil {
		return false, err
	}
	if b.Sealed() != "" {
		return a.Same(b), nil
	}
	y, err := b.Digest()
	return err == nil && x == y, err
}

// maxHeld is the size in bytes up to which a live content that differs is held
// in memory: it is shown after it was replaced, when the file no longer has it.
const maxHeld = 128 << 10

// liveBlob is the content that the file has now.
func (p *Provider) liveBlob(t target) *resource.Blob {
	if t.info.Size <= maxHeld {
		if b, err := p.held.ReadFile(t.path, maxHeld); err == nil {
			return resource.BytesBlob(b)
		}
	}
	return resource.LazyBlob(t.info.Size, func() (io.ReadCloser, error) {
		return p.untilStopped(p.held.OpenUnchanged(t.path, t.info))
	})
}
