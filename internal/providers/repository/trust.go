package repository

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/pgp"
	"converge/resources"
)

// truster manages the keys that programs keep.
type truster struct {
	*tree
	exec runner
}

// trust adds the key to a program with keys of its own: rpm's database, which zypper uses, or the keyring of pacman.
// It is idempotent. It removes a former key of the repository.
func (r *truster) trust(ctx context.Context, want resources.RepositoryWant, have *resources.RepositoryWant, key []byte) error {
	var tools keeper
	switch want.Provider.Value {
	case "dnf", "zypper":
		tools = rpmKeys{r}
	case "pacman":
		tools = pacmanKeys{r}
	default:
		return nil
	}
	var fingerprints []string
	if len(key) > 0 {
		ring, err := pgp.Read(key)
		if err != nil {
			return err
		}
		fingerprints = ring.Fingerprints()
		if err := r.importKey(ctx, tools, want, key, fingerprints); err != nil {
			return err
		}
	}
	if have == nil {
		return nil
	}
	return r.forget(ctx, tools, *have, fingerprints)
}

// distrust reverses trust, for a repository that is removed.
func (r *truster) distrust(ctx context.Context, have resources.RepositoryWant) error {
	switch have.Provider.Value {
	case "dnf", "zypper":
		return r.forget(ctx, rpmKeys{r}, have, nil)
	case "pacman":
		return r.forget(ctx, pacmanKeys{r}, have, nil)
	}
	return nil
}

// keeper is a program with its own key store.
type keeper interface {
	add(ctx context.Context, file string, fingerprints []string) error
	remove(ctx context.Context, fingerprints []string) error
	folders() []string // folders of other keys, which stay
}

// importKey imports a key from a staged file, which it removes: the permanent file is written with the rest.
func (r *truster) importKey(ctx context.Context, tools keeper, want resources.RepositoryWant, key []byte, fingerprints []string) error {
	txn := r.fs.Begin("repository")
	defer txn.Abort()
	perm, err := txn.Inherited(want.KeyPath())
	if err != nil {
		return err
	}
	perm.Mode = 0o644
	live, err := txn.Look(want.KeyPath())
	if err != nil {
		live = fsys.Info{}
	}
	step := txn.File(want.KeyPath(), live, fsys.File{Perm: perm, Bytes: key})
	if err := step.Err(); err != nil {
		return err
	}
	file := txn.Candidate(step)
	if root := r.fs.Root(); root != "/" {
		file = strings.TrimPrefix(file, root)
	}
	return tools.add(ctx, file, fingerprints)
}

// forget removes the keys of a repository, except those that stay and those that other files name.
func (r *truster) forget(ctx context.Context, tools keeper, have resources.RepositoryWant, stay []string) error {
	old, ok := contentOf(have.SigningKey)
	ring, err := pgp.Read(old)
	if !ok || err != nil {
		return nil // it was no key
	}
	others, err := r.keysOfOthers(tools, have)
	if err != nil {
		return err
	}
	stay = append(stay, others...)
	gone := slices.DeleteFunc(ring.Fingerprints(), func(f string) bool { return slices.Contains(stay, f) })
	if len(gone) == 0 {
		return nil
	}
	return tools.remove(ctx, gone)
}

// keysOfOthers lists the fingerprints of other keys: in files of the same folder, or in files that the definitions of
// other repositories name.
func (r *truster) keysOfOthers(tools keeper, have resources.RepositoryWant) ([]string, error) {
	var files, out []string
	for _, dir := range tools.folders() {
		names, err := r.namesIn(dir)
		if err != nil {
			return nil, err
		}
		files = append(files, joinAll(dir, names)...)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return file == have.KeyPath() })
	definitions, err := r.otherDefinitions(have)
	if err != nil {
		return nil, err
	}
	for _, text := range definitions {
		files = append(files, keyFilesIn(have.Provider.Value, text)...)
	}
	for _, file := range files {
		data, err := r.readIfFile(file)
		if err != nil {
			return nil, err
		}
		if ring, err := pgp.Read(data); err == nil {
			out = append(out, ring.Fingerprints()...)
		}
	}
	return out, nil
}

// rpmKeys manages the keys in the database of rpm.
type rpmKeys struct{ *truster }

func (rpmKeys) folders() []string { return []string{"/etc/pki/rpm-gpg", "/usr/lib/rpm/gnupg/keys"} }

func (k rpmKeys) add(ctx context.Context, file string, _ []string) error {
	_, err := k.runTool(ctx, "rpm", "--import", file)
	if errors.Is(err, errNoProgram) {
		return nil // a tree without rpm; dnf imports the key when it needs it
	}
	return err
}

// remove finds the pseudo-packages in which rpm has the keys: their version is the end of a key's fingerprint, or all
// of it from rpm 4.20 on.
func (k rpmKeys) remove(ctx context.Context, fingerprints []string) error {
	out, err := k.runTool(ctx, "rpm", "-q", "--qf", "%{NAME}-%{VERSION}-%{RELEASE} %{VERSION}\n", "gpg-pubkey")
	if errors.Is(err, errNoProgram) || err != nil && strings.Contains(out, "is not installed") {
		return nil
	}
	if err != nil {
		return err
	}
	var gone []string
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) == 2 && len(f[1]) >= 8 && slices.ContainsFunc(fingerprints, func(fp string) bool { return strings.HasSuffix(strings.ToLower(fp), f[1]) }) {
			gone = append(gone, f[0])
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err = k.runTool(ctx, "rpm", append([]string{"-e", "--allmatches", "--"}, gone...)...)
	return err
}

// pacmanKeys are the keys in pacman's own keyring, which trusts those that its own key has signed.
type pacmanKeys struct{ *truster }

func (pacmanKeys) folders() []string { return []string{"/usr/share/pacman/keyrings", "/etc/pacman.d"} }

func (k pacmanKeys) add(ctx context.Context, file string, fingerprints []string) error {
	if _, err := k.fs.Lstat("/etc/pacman.d/gnupg/trustdb.gpg"); err != nil {
		if _, err := k.runTool(ctx, "pacman-key", "--init"); err != nil {
			return err
		}
	}
	if _, err := k.runTool(ctx, "pacman-key", "--add", file); err != nil {
		return err
	}
	for _, f := range fingerprints {
		if _, err := k.runTool(ctx, "pacman-key", "--lsign-key", f); err != nil {
			return err
		}
	}
	return nil
}

func (k pacmanKeys) remove(ctx context.Context, fingerprints []string) error {
	for _, f := range fingerprints {
		out, err := k.runTool(ctx, "pacman-key", "--delete", f)
		if err != nil && !strings.Contains(out, "could not be looked up locally") {
			return fmt.Errorf("cannot take the key %s out of pacman's keyring: %w", f, err)
		}
	}
	return nil
}
