package userdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"syscall"

	"converge/internal/process"
)

// maxAnswer is the size in bytes of the largest answer of a name service for one key: a group may have many members.
const maxAnswer = 16 << 20

// nss caches getent's answers, as long as nsswitch.conf is unchanged.
type nss struct {
	conf  stamp
	local map[string]bool   // databases that only the local files answer
	said  map[string][]byte // by question, "passwd alice"; nil: unknown

	asking map[string]chan struct{} // questions in progress; closed when answered
}

// findRemoteName asks the name services for an account by name. What looks like a number they would
// take for one, and cut it down to 32 bits: 4294967296 would be root.
func findRemoteName[T any](ctx context.Context, db *DB, t *table[T], name string) (none T, err error) {
	if isNumber(name) {
		return none, fmt.Errorf("cannot find %s %q: %w", t.what, name, ErrUnknown)
	}
	return findRemote(ctx, db, t, name)
}

// findRemote looks up an account, by name or number, in the name services.
func findRemote[T any](ctx context.Context, db *DB, t *table[T], key string) (none T, err error) {
	out, err := db.runGetent(ctx, path.Base(t.file), key)
	if err != nil {
		return none, fmt.Errorf("cannot find %s %q: %w", t.what, key, err)
	}
	found, err := t.parse(bytes.NewReader(out))
	if err != nil || len(found) == 0 {
		return none, fmt.Errorf("cannot find %s %q: getent said %q", t.what, key, out)
	}
	t.remote(&found[0])
	return found[0], nil
}

// remoteGroups looks up memberships; the answer is "NAME GID GID …".
func (db *DB) remoteGroups(ctx context.Context, name string) ([]uint32, error) {
	if err := db.nss.refreshConfig(); err != nil || db.root != "/" || db.nss.local["group"] {
		return nil, err
	}
	out, err := db.runGetent(ctx, "initgroups", name)
	if errors.Is(err, ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot find the groups of %q: %w", name, err)
	}
	var gids []uint32
	for i, f := range strings.Fields(string(out)) {
		if gid, ok := parseID(f); ok && i > 0 {
			gids = append(gids, gid)
		}
	}
	return gids, nil
}

// runGetent asks the name services; [ErrUnknown] if they do not know the key. It is called with the lock held, and
// releases it while getent runs: a directory may take seconds to answer, and only callers with the same question wait.
func (db *DB) runGetent(ctx context.Context, database, key string) ([]byte, error) {
	if db.root != "/" || key == "" || strings.HasPrefix(key, "-") {
		return nil, ErrUnknown
	}
	question := database + " " + key
	for {
		if err := db.nss.refreshConfig(); err != nil {
			return nil, err
		}
		said, asked := db.nss.said[question]
		switch {
		case db.nss.local[database], asked && said == nil:
			return nil, ErrUnknown
		case asked:
			return said, nil
		}
		others, isAsked := db.nss.asking[question]
		if !isAsked {
			break
		}
		db.mu.Unlock()
		<-others // it may have failed; then this caller asks again
		db.mu.Lock()
	}
	return db.askGetent(ctx, database, key)
}

// askGetent runs getent for a question that is not in progress.
func (db *DB) askGetent(ctx context.Context, database, key string) ([]byte, error) {
	question, said, done := database+" "+key, db.nss.said, make(chan struct{})
	if db.nss.asking == nil {
		db.nss.asking = map[string]chan struct{}{}
	}
	db.nss.asking[question] = done
	db.mu.Unlock()
	r, err := process.Run(ctx, process.Command{Argv: []string{"getent", database, key}, Split: true, Output: maxAnswer, Head: true})
	db.mu.Lock()
	delete(db.nss.asking, question)
	close(done)
	out := []byte(r.Stdout)
	switch {
	case errors.Is(err, process.ErrNotFound): // musl has neither getent nor name services
		return nil, ErrUnknown
	case err != nil:
		return nil, fmt.Errorf("getent %s: %w", question, err)
	case r.OK() && len(out) > 0:
		said[question] = out // if the cache was dropped meanwhile, this answer is dropped, too
		return out, nil
	case r.OK():
		return out, nil
	case r.Status == 2: // getent(1): one or more keys not found
		said[question] = nil
		return nil, ErrUnknown
	}
	return nil, fmt.Errorf("getent %s: %s: %s", question, r.How(), strings.TrimSpace(r.Stderr))
}

// refreshConfig reads nsswitch.conf(5) if it has changed.
func (n *nss) refreshConfig() error {
	const name = "/etc/nsswitch.conf"
	now := stamp{missing: true}
	var st syscall.Stat_t
	if err := syscall.Stat(name, &st); err == nil {
		now = stampOf(&st)
	}
	if now == n.conf {
		return nil
	}
	conf, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	n.conf, n.said, n.local = now, map[string][]byte{}, localOnly(string(conf))
	return nil
}

// localOnly returns the databases that nsswitch.conf reads only from files, so that no process is started to read them
// again.
func localOnly(conf string) map[string]bool {
	local := map[string]bool{}
	for line := range strings.Lines(conf) {
		line, _, _ = strings.Cut(line, "#")
		database, sources, ok := strings.Cut(line, ":")
		if ok && strings.Join(strings.Fields(sources), " ") == "files" {
			local[strings.TrimSpace(database)] = true
		}
	}
	return local
}
