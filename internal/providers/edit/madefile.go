package edit

import (
	"fmt"

	"converge/internal/fsys"
	"converge/resources"
)

// What is noted of a file instead of what it is known by.
const (
	beingWritten = "written" // while it is written
	ofOthers     = "others"  // somebody put it in the place of the one that converge had made
)

// identify returns by what a file that converge has written is known: it stays the same file
// when others write to it, and when an image or a backup copies it as it is.
func identify(info fsys.Info) string {
	var born int64
	if !info.Born.IsZero() {
		born = info.Born.UnixNano()
	}
	return fmt.Sprintf("%d %d %d %d", info.Ino, born, info.MTime.UnixNano(), info.Size)
}

// isSameFile reports whether a file is the one that was noted. Of an inode without a time of
// birth it is not known whether it was given to another file since. Older versions of converge
// noted nothing, nor where they made a file.
func isSameFile(noted string, info fsys.Info, past *resources.PartPast) bool {
	switch noted {
	case "":
		return past.At == ""
	case beingWritten:
		return true
	case ofOthers:
		return false
	}
	var ino uint64
	var born, mtime, size int64
	if _, err := fmt.Sscanf(noted, "%d %d %d %d", &ino, &born, &mtime, &size); err != nil {
		return false
	}
	return born != 0 && ino == info.Ino && born == info.Born.UnixNano() || mtime == info.MTime.UnixNano() && size == info.Size
}
