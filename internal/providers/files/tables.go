package files

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// tables judges tables of cron: whether anything will run their jobs.
type tables struct{ *base }

// mayBring reports whether changes beside those of tables and directories may make accounts, unmount a file system or
// change the flags of an inode: the scripts of packages do, and commands.
func mayBring(cs []resource.Change, beside iter.Seq[resource.Change]) bool {
	asks := func(c resource.Change) bool {
		return c.Kind != nil && (c.Kind.Name == "cron" || c.Kind.Name == resources.TypeDirectory)
	}
	if beside == nil || !slices.ContainsFunc(cs, asks) { // the usual case
		return false
	}
	for c := range beside {
		if c.Kind != nil && c.Kind.Opaque && c.Action != resource.Delete {
			return true
		}
	}
	return false
}

// refuseUsers refuses a job of a user that does not exist: cron leaves it out, and says so in its log alone. It does
// not if something of the plan may make that user.
func (t tables) refuseUsers(ctx context.Context, r *request) error {
	if name, err := t.findUnknown(ctx, r); err != nil && !t.brought {
		return fmt.Errorf("cannot write %q: %w", r.path, explainUnknown(err, "user", "user", name))
	}
	return nil
}

// noteUsers notes the user of a job that does not exist yet.
func (t tables) noteUsers(ctx context.Context, r *request) (notes []string) {
	if name, err := t.findUnknown(ctx, r); err != nil && t.brought {
		notes = append(notes, fmt.Sprintf("there is no user %q yet: cron runs no job of that user until something else makes it", name))
	}
	return notes
}

// findUnknown returns the first user of a job that does not exist; err is nil if all do.
func (t tables) findUnknown(ctx context.Context, r *request) (name string, err error) {
	for _, name := range r.Users.Value {
		if name == "root" { // be there a list of accounts yet, or not
			continue
		}
		if _, err := t.access.accounts.UID(ctx, name); errors.Is(err, userdb.ErrUnknown) {
			return name, err
		}
	}
	return "", nil
}

// noteReader notes that no program of the machine reads the folder of a table. A tree needs none yet.
func (t tables) noteReader(r *request) (notes []string) {
	if !r.Users.Set || r.IsAbsent() || t.fs.Root() != "/" || t.hasReader() {
		return nil
	}
	name := "cronie"
	if _, err := t.held.Lstat("/var/lib/dpkg"); err == nil {
		name = "cron"
	}
	return []string{fmt.Sprintf("no cron is here that reads %s, so nothing runs it: package %q {} brings one", path.Dir(r.path), name)}
}

// hasReader reports whether one of the programs is there that read /etc/cron.d: those of Debian's cron, cronie and
// bcron, and the generator that makes timers of it. The crond of busybox does not.
func (t tables) hasReader() bool {
	for _, program := range [...]string{
		"/usr/sbin/cron", "/usr/sbin/crond", "/usr/bin/crond", "/usr/sbin/bcron-start",
		"/usr/lib/systemd/system-generators/systemd-crontab-generator", "/lib/systemd/system-generators/systemd-crontab-generator",
	} {
		if at, _, err := t.held.Resolve(program); err == nil && path.Base(at) != "busybox" {
			return true
		}
	}
	return false
}

// reviewUnchanged returns the notes on a table that is as declared.
func (t tables) reviewUnchanged(c resource.Change, o resource.Outlook) []string {
	if c.Kind == nil || c.Kind.Name != "cron" || o.Pending != resource.NothingPending {
		return nil
	}
	r, err := decodeRequest(c.Want)
	if err != nil {
		return nil
	}
	return t.noteReader(&r)
}
