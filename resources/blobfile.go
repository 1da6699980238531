package resources

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxHeld is the size in bytes up to which the content of a source file is
// held in memory; larger files are read again when they are needed.
const maxHeld = 1 << 20

// FileBlob is the content that the file at path has now. A large file is not
// held: it is opened again when it is needed, and one that was changed in the
// meantime is an error rather than other content.
func FileBlob(path string) (*Blob, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readError(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, readError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read %q: not a regular file", path)
	}
	if info.Size() > maxHeld {
		return LazyBlob(info.Size(), func() (io.ReadCloser, error) { return reopen(path, info) }), nil
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, readError(path, err)
	}
	return BytesBlob(b), nil
}

func reopen(path string, was fs.FileInfo) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readError(path, err)
	}
	now, err := f.Stat()
	if err == nil && (!os.SameFile(was, now) || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime())) {
		err = fmt.Errorf("cannot read %q: it was changed since the manifest was evaluated", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// readError says what could not be read, once, and keeps the cause testable.
func readError(path string, err error) error {
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // os returns it bare
		err = pe.Err
	}
	return fmt.Errorf("cannot read %q: %w", path, err)
}
