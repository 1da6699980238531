package environ

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"converge/internal/fsys"
)

// CheckRegular refuses to write to anything but a regular file: anything else would be replaced, or accept the bytes
// and keep none. A missing file is accepted.
func CheckRegular(path string) error {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return withoutPath(err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
}

// CheckOutput is [CheckRegular] for a file that is not a manifest. One that has the name of a manifest may be one, and
// would be lost; a new one would be read as a part of the site.
func CheckOutput(path string) error {
	if strings.HasSuffix(path, ".hcl") || strings.HasSuffix(path, ".hcl.json") {
		return fmt.Errorf("%s has the name of a manifest: choose another name", path)
	}
	return CheckRegular(path)
}

// WriteOutputFile calls write for a file that the command line names. As root it
// refuses a path that another user may have chosen (see [fsys.ErrUnsafe]), unless
// that user called converge by sudo.
func WriteOutputFile(path string, write func(host *fsys.FS, whole string) error) error {
	whole, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	host, err := fsys.Open("/")
	if err != nil {
		return err
	}
	defer host.Close() //nolint:errcheck // it wrote nothing
	if uid, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32); err == nil {
		host.Trust(uint32(uid))
	}
	if err := write(host, whole); err != nil {
		return fmt.Errorf("%s: %w", path, withoutPath(err)) // the whole path adds nothing
	}
	return nil
}

// withoutPath removes the path from an error of the os package.
func withoutPath(err error) error {
	if pe, ok := err.(*os.PathError); ok { //nolint:errorlint // os returns it bare
		return pe.Err
	}
	return err
}
