package apt

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func fileStamp(info os.FileInfo) string {
	return fmt.Sprint(inodeOf(info), info.Size(), info.ModTime().UnixNano())
}

func inodeOf(info os.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// changeTime is when the inode was last written: unlike the modification time,
// it cannot be set.
func changeTime(info os.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}
