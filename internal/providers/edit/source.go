package edit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// source is a file as it was read.
type source struct {
	path    string // physical
	bytes   []byte
	info    fsys.Info  // of before it was read
	settled bool       // it was changed so long before that a later change has another time
	memo    *edit.Memo // of what was read in it
	missing bool
}

// clockTick is longer than a step of the kernel's clock for times of files, and than the difference between the clocks
// of two machines that share a file system.
const clockTick = 2 * time.Second

// isStill reports whether the file of a source has not changed since it was read.
func (s *source) isStill(now fsys.Info) bool { return s != nil && s.settled && s.info.Same(now) }

// read returns the file of a part. A missing file is an error, unless it is to be created, or need not contain
// anything.
func (p *Provider) read(w part) (*source, error) {
	src, err := p.readPath(w.Path.Bytes())
	switch {
	case err != nil:
		return nil, err
	case src.missing && !w.Create.Value && !w.IsAbsent():
		err := resource.NoPlace(resource.Missing(fmt.Errorf("cannot edit %q: there is no such file", src.path)))
		return nil, resource.Lacking(err, "path:"+resource.EncodeBytes(src.path), "create = true makes one, or name what brings it in depends_on")
	}
	return src, nil
}

// readPath reads a file once. A link leads to the file that is meant.
func (p *Provider) readPath(path string) (*source, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if src := p.named[path]; src != nil {
		return src, nil
	}
	src, err := p.findSource(path)
	if err == nil && !src.missing {
		p.named[path] = src
	}
	return src, err
}

// findSource finds the file that a path names, and reads it unless that was done.
func (p *Provider) findSource(path string) (*source, error) {
	real, info, err := p.held.Resolve(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := p.held.Lstat(path); err == nil {
			return nil, resource.Missing(fmt.Errorf("cannot edit %q: it is a symbolic link that leads nowhere", path))
		}
		return &source{path: physical(p.held, path), memo: edit.NewMemo(nil), missing: true}, nil
	case err != nil:
		return nil, fmt.Errorf("cannot edit %q: %w", path, err)
	case info.Type != fsys.Regular:
		return nil, fmt.Errorf("cannot edit %q: it is %s", path, info.Type)
	}
	if src := p.sources[real]; src != nil {
		return src, nil
	}
	if src := p.former[real]; src.isStill(info) {
		p.sources[real] = src
		return src, nil
	}
	if info.Size > edit.MaxSize {
		return nil, fmt.Errorf("cannot edit %q: it is larger than 16 MiB", path)
	}
	began := p.now()
	text, err := p.held.ReadFile(real, edit.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("cannot edit %q: %w", path, err)
	}
	src := &source{path: real, bytes: text, info: info, settled: began.Sub(info.CTime) > clockTick, memo: edit.NewMemo(text)}
	p.sources[real] = src
	return src, nil
}

// physical is the path of a missing file, the same by all names of its folders.
func physical(held *fsys.Held, path string) string {
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		real, err := held.ResolveFolder(dir)
		switch {
		case err == nil:
			return filepath.Join(real, path[len(dir):])
		case !errors.Is(err, fs.ErrNotExist):
			return path
		}
	}
	return path
}

// place adds the location to an error: PATH, or PATH:LINE.
func place(path string, err error) error {
	var at *edit.LineError
	if errors.As(err, &at) {
		return fmt.Errorf("cannot edit %s:%d: %w", path, at.Line, at.Err)
	}
	return fmt.Errorf("cannot edit %q: %w", path, err)
}

// wish is the part as the edit room takes it.
func wish(w *part) (edit.Part, error) {
	switch w.Part {
	case resources.PartSetting:
		s := resources.SettingWant{PartPlace: w.PartPlace, SettingAttrs: w.SettingAttrs}
		return s.Wish()
	case resources.PartLine:
		l := resources.LineWant{PartPlace: w.PartPlace, LineAttrs: w.LineAttrs, Placing: w.Placing}
		return l.Wish()
	case resources.PartBlock:
		b := resources.BlockWant{PartPlace: w.PartPlace, BlockAttrs: w.BlockAttrs, Placing: w.Placing}
		return b.Wish()
	case resources.PartAuthorizedKey:
		a := resources.AuthorizedKeyWant{PartPlace: w.PartPlace, Key: w.Key, KeyOptions: w.KeyOptions}
		return a.Wish()
	case resources.PartKnownHost:
		k := resources.KnownHostWant{PartPlace: w.PartPlace, HostAttrs: w.HostAttrs, Content: w.Content}
		return k.Wish()
	case resources.PartUserKeys:
		return resources.UserKeysWish(w)
	}
	return nil, fmt.Errorf("%q is no kind of part", w.Part)
}

// asked is wish for observation. It omits an unreadable content whose digest alone is known: then the part is not
// right in any state.
func asked(w *part) (edit.Part, error) {
	if w.Content != nil {
		if r, err := w.Content.Open(); err != nil {
			unknown := *w
			unknown.Content = nil
			return wish(&unknown)
		} else if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return wish(w)
}

// scrubbed is an error about the contents of a file without possible quotations of a sensitive part. why is why
// nothing is shown; "": it is.
func scrubbed(err error, why, path string) error {
	if err == nil || why == "" {
		return err
	}
	var at *edit.LineError
	if errors.As(err, &at) {
		return fmt.Errorf("cannot edit %s:%d: why is not shown, because %s", path, at.Line, why)
	}
	return fmt.Errorf("cannot edit %s: why is not shown, because %s", path, why)
}

// Reasons for which nothing of a file is shown.
const (
	ownSecret   = "the part is sensitive"
	otherSecret = "a part of the file is sensitive"
)

// whySecret is why no output about the file of a part is shown; "": it is shown.
func (p candidates) whySecret(ctx context.Context, path string, isSensitive bool) string {
	switch {
	case isSensitive:
		return ownSecret
	case p.hasSecret(ctx, path):
		return otherSecret
	}
	return ""
}
