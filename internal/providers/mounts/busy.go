package mounts

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"

	"converge/internal/fsys"
)

// processes are the machine's processes in /proc.
type processes struct{ fs *fsys.FS }

// maxNamed is how many users of a mount are named.
const maxNamed = 5

// inUse names what prevents unmounting a mount: mounts on it, and processes. It is the end of an error; "" if it finds
// nothing.
func (p processes) inUse(ctx context.Context, t *table, m *mountinfo.Info) string {
	if below := t.below(m); len(below) > 0 {
		return "; mounted on it: " + nameSome(below)
	}
	users := p.users(ctx, m.Mountpoint)
	if len(users) == 0 {
		return ""
	}
	return "; in use by " + nameSome(users)
}

func nameSome(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}

// users are the processes, by number and name, that have something open at a path or
// below it.
func (p processes) users(ctx context.Context, point string) (out []string) {
	pids, err := p.fs.Names("/proc")
	if err != nil {
		return nil
	}
	for _, pid := range pids {
		if _, err := strconv.Atoi(pid); err != nil || ctx.Err() != nil {
			continue
		}
		dir := "/proc/" + pid
		if how := p.usedBy(dir, point); how != "" {
			name, _ := p.fs.ReadFile(dir+"/comm", 1<<10) // it may just have ended
			out = append(out, fmt.Sprintf("%s (process %s, %s)", bytes.TrimSpace(name), pid, how))
		}
	}
	return out
}

// usedBy returns how a process uses anything below a point; "" if it does not.
func (p processes) usedBy(dir, point string) string {
	for _, link := range [...]struct{ name, how string }{{"cwd", "working directory"}, {"root", "root directory"}, {"exe", "its program"}} {
		if to, err := p.fs.Readlink(dir + "/" + link.name); err == nil && isBelow(path.Clean(to), point) {
			return link.how
		}
	}
	names, err := p.fs.Names(dir + "/fd")
	if err != nil {
		return "" // another user's, or it has ended
	}
	for _, fd := range names {
		if to, err := p.fs.Readlink(dir + "/fd/" + fd); err == nil && isBelow(strings.TrimSuffix(to, " (deleted)"), point) {
			return "open file"
		}
	}
	maps, err := p.fs.ReadFile(dir+"/maps", 8<<20)
	if err != nil {
		return ""
	}
	for s := bufio.NewScanner(bytes.NewReader(maps)); s.Scan(); {
		if i := strings.IndexByte(s.Text(), '/'); i >= 0 && isBelow(strings.TrimSuffix(s.Text()[i:], " (deleted)"), point) {
			return "mapped file"
		}
	}
	return ""
}
