package edit

import (
	"fmt"

	"converge/internal/fsys"
	"converge/resources"
)

// Notes that replace the identity of a file.
const (
	beingWritten = "written" // while it is being written
	ofOthers     = "others"  // somebody replaced the file that converge had made
)

// identify returns the identity of a file that converge has written: it stays the same when others write to the file,
// and when an image or a backup copies it.
func identify(info fsys.Info) string {
	var born int64
	if !info.Born.IsZero() {
		born = info.Born.UnixNano()
	}
	return fmt.Sprintf("%d %d %d %d", info.Ino, born, info.MTime.UnixNano(), info.Size)
}

// isSameFile reports whether a file is the noted one. An inode without a time of birth may since belong to another
// file. Older versions of converge noted neither identity nor place.
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
