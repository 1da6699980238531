package files

import (
	"context"
	"io"

	"converge/internal/resource"
	"converge/resources"
)

// ReadText reads at most max bytes of the file at a path, and refuses what Observe refuses of a file whose content is
// managed. found is false if nothing exists. It serves a provider whose resources are several files: it needs no
// wanted value for each.
func (p *Provider) ReadText(ctx context.Context, path string, max int64) (text []byte, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	r := request{Entry: resources.Entry{Place: resources.Place{Type: resources.TypeFile, Path: encodePath(path)}}, path: path}
	r.Name = resource.Some(path) // the kind that asks makes the path itself
	at, err := locateFile(p.held, &r, p.held.Lstat)
	if err == nil {
		err = at.refuseOtherType(&r)
	}
	if err == nil && !at.gone {
		err = p.held.MayRead(at.path, at.info)
	}
	if err != nil || at.gone {
		return nil, false, p.access.nameUsers(err)
	}
	text, err = readLimited(p.contents.readBlob(at), max)
	return text, err == nil, err
}

func readLimited(b *resource.Blob, max int64) ([]byte, error) {
	if text, ok := b.Bytes(); ok {
		return text[:min(int64(len(text)), max)], nil
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, max))
}
