package repository

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/pgp"
	"converge/internal/resource"
	"converge/resources"
)

// maxText limits the bytes that are read of a package manager's file.
const maxText = 4 << 20

// Observe implements [resource.TypedProvider]. It fails if the declared key cannot sign anything, because that cannot
// become right.
func (r *repositories) Observe(ctx context.Context, want resources.RepositoryWant) (*resources.RepositoryWant, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if want.IsAbsent() {
		r.noteObserved(want, false)
	}
	if want.IsAbsent() || !want.Provider.Set { // the ledger does not record the package manager
		return r.findAny(want)
	}
	have, err := r.read(want)
	if err != nil {
		return nil, fmt.Errorf("cannot look at the repository %s: %w", want.Name, err)
	}
	if data, ok := r.keys.knownKey(want, have); ok && len(data) > 0 && !want.Trusted.Value {
		if _, err := r.keys.usableKeys(want, data); err != nil {
			return nil, fmt.Errorf("cannot use the repository %s: %w", want.Name, err)
		}
	}
	r.noteObserved(want, have != nil)
	return have, nil
}

// noteObserved records a repository for [Provider.CheckSigned].
func (r *repositories) noteObserved(want resources.RepositoryWant, there bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if there {
		r.observed[want.Name] = want
	} else {
		delete(r.observed, want.Name)
	}
}

// findAny finds a repository of any package manager, unless want names one. A defined repository takes precedence over
// the remains of one: dnf and zypper have their keys in files with the same name.
func (r *repositories) findAny(want resources.RepositoryWant) (*resources.RepositoryWant, error) {
	var rest *resources.RepositoryWant
	managers := []string{want.Provider.Value}
	if !want.Provider.Set {
		managers = []string{"apt", "dnf", "zypper", "pacman", "apk"}
	}
	for _, m := range managers {
		one := want
		one.Provider = resource.Some(m)
		have, err := r.read(one)
		switch {
		case err != nil:
			return nil, err
		case have != nil && have.Definition != nil:
			return have, nil
		case have != nil && rest == nil:
			rest = have
		}
	}
	return rest, nil
}

// read returns the present repository; nil if nothing of it exists. A text with the meaning of the wanted one is
// returned as the wanted one.
func (r *repositories) read(want resources.RepositoryWant) (*resources.RepositoryWant, error) {
	have := &resources.RepositoryWant{Name: want.Name, Provider: want.Provider, KeyName: want.KeyName, Ensure: resource.Some("present")}
	text, info, err := r.readFile(want.DefinitionPath())
	if err != nil {
		return nil, err
	}
	found := text != nil
	if want.Provider.Value == "pacman" {
		s := findSection(text, want.Name)
		have.Before = placeOf(text, s, want)
		found, text = s.found, s.text
		if w, ok := contentOf(want.Definition); ok && strings.TrimRight(string(w), "\n") == strings.TrimRight(string(text), "\n") {
			text = w
		}
	} else if found && (info.Mode != 0o644 || want.Mode.Set) {
		have.Mode = resource.Some(strconv.FormatUint(uint64(info.Mode), 8))
	}
	if found {
		have.Definition = resource.BytesBlob(text)
	}
	if at := resources.ApkKeyPath(string(text)); at != "" && want.Provider.Value == "apk" {
		have.KeyName = resource.Some(path.Base(at)) // still the former one after a rotation
	}
	at, err := r.readKeyFile(want, have)
	if err != nil {
		return nil, err
	}
	found = found || at
	for _, f := range besides(want, have) {
		text, err := r.readBeside(f)
		if err != nil {
			return nil, err
		}
		*f.have = resource.BytesBlob(text)
		found = found || text != nil
	}
	if !found && want.IsAbsent() {
		lists, err := r.remains(want)
		if err != nil {
			return nil, err
		}
		found = len(lists) > 0
	}
	if !found {
		return nil, nil
	}
	return have, nil
}

// beside is a file of apt beside the definition: the priorities or the password.
type beside struct {
	path string
	mode uint32
	want *resource.Blob
	have **resource.Blob
}

func besides(want resources.RepositoryWant, have *resources.RepositoryWant) []beside {
	if want.PreferencesPath() == "" {
		return nil
	}
	return []beside{
		{want.PreferencesPath(), 0o644, want.Preferences, &have.Preferences},
		{want.CredentialsPath(), 0o600, want.Credentials, &have.Credentials},
	}
}

// readBeside reads such a file; nil if it does not exist. If none is wanted, one that converge did not write belongs
// to an administrator and does not count.
func (r *tree) readBeside(f beside) ([]byte, error) {
	text, _, err := r.readFile(f.path)
	if isEmpty(f.want) && !resources.IsWritten(text) {
		text = nil
	}
	return text, err
}

// isEmpty reports whether a content is missing or empty.
func isEmpty(b *resource.Blob) bool {
	if b == nil || b.Size >= 0 {
		return b == nil || b.Size == 0
	}
	digest, err := b.Digest() // an earlier run's; only its digest is known
	return err == nil && digest == digestOf(nil)
}

// placeOf returns the section that follows the repository's: the wanted one if the order is right, otherwise the very
// next, "" for none.
func placeOf(text []byte, s section, want resources.RepositoryWant) resource.Opt[string] {
	switch {
	case !s.found || !want.Before.Set:
		return resource.NonEmpty(s.next)
	case isBefore(text, want.Name, want.Before.Value):
		return want.Before
	}
	return resource.Some(s.next)
}

// readKeyFile reads the file of the signing key, and reports whether it exists. A file that others use does not belong
// to a repository that wants no key.
func (r *repositories) readKeyFile(want resources.RepositoryWant, have *resources.RepositoryWant) (found bool, err error) {
	file := have.KeyPath()
	if file == "" {
		have.SigningKey = resource.BytesBlob(nil)
		return false, nil
	}
	data, _, err := r.readFile(file)
	if err != nil {
		return false, err
	}
	if data != nil && (want.SigningKey == nil || want.SigningKey.Size == 0) {
		used, err := r.othersUseKey(*have)
		if err != nil {
			return false, err
		}
		if used {
			data = nil
		}
	}
	have.SigningKey = resource.BytesBlob(data)
	if want.SigningKey != nil && isArmorOf(data, want.SigningKey) {
		have.SigningKey = want.SigningKey
	}
	return data != nil, nil
}

// isArmorOf reports whether data is the armored form of a binary key.
func isArmorOf(data []byte, key *resource.Blob) bool {
	if !pgp.IsArmored(data) {
		return false
	}
	digest, err := key.Digest()
	if err != nil {
		return false
	}
	binary, err := pgp.Dearmor(data)
	return err == nil && digestOf(binary) == digest
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// readFile reads a file; nil if it is missing. It refuses anything but a file.
func (r *tree) readFile(path string) ([]byte, fsys.Info, error) {
	info, err := r.fs.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fsys.Info{}, nil
	case err != nil:
		return nil, info, err
	case info.Type != fsys.Regular:
		return nil, info, fmt.Errorf("%s is a %s, and not a file: remove it first", path, info.Type)
	}
	text, err := r.fs.ReadFile(path, maxText)
	if text == nil && err == nil {
		text = []byte{}
	}
	return text, info, err
}

// contentOf returns a content that is in memory or on this machine.
func contentOf(b *resource.Blob) ([]byte, bool) {
	if b == nil {
		return nil, false
	}
	if data, ok := b.Bytes(); ok {
		return data, true
	}
	data, err := readBlob(b)
	return data, err == nil
}
