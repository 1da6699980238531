package bundle

import (
	"bytes"
	"context"
	"io/fs"
	"os"

	"converge/internal/unpack"
)

// fillFrom unpacks an archive into a folder. Of permissions it takes over only whether a
// file can be executed.
func fillFrom(ctx context.Context, to *os.Root, packed []byte) error {
	archive, err := unpack.Open(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	w := unpack.Writer{To: to, Mode: func(e unpack.Entry) fs.FileMode {
		if e.Type == unpack.File && e.Mode&0o111 == 0 {
			return 0o644
		}
		return 0o755
	}}
	if err := archive.Walk(ctx, unpack.Rules{MaxBytes: maxUnpacked, MaxEntries: maxEntries}, w.Add); err != nil {
		return err
	}
	return w.End()
}
