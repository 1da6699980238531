package fsys

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// isPassed reports whether a path names an open file of this process, which its parent has passed to it.
func isPassed(p string) bool {
	for _, dir := range [...]string{"/dev/fd/", "/proc/self/fd/"} {
		if n, ok := strings.CutPrefix(p, dir); ok {
			return n != "" && strings.Trim(n, "0123456789") == ""
		}
	}
	return p == "/dev/stdin"
}

// openPassed opens such a path as the kernel does. The text of the link is no path: the file may have been removed, or
// never had a name. No other user can have put it there.
func openPassed(p string) (*os.File, error) {
	info, err := os.Stat(p)
	if err == nil && !info.Mode().IsRegular() {
		err = errNoSource
	}
	if err != nil {
		return nil, errorAbout("read", p, err)
	}
	file, err := os.OpenFile(p, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	return file, errorAbout("read", p, err)
}
