package fsys

import (
	"fmt"
	"os"
)

// RootOf opens a directory once more, as the standard library's root: that reads and
// changes below it to any depth, and never leaves it.
func RootOf(d *Dir) (*os.Root, error) {
	root, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", d.fd))
	if err != nil {
		return nil, d.errorAbout("open", "", err)
	}
	return root, nil
}
