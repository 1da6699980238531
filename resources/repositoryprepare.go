package resources

import (
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
)

// prepareRepository makes the native texts of a declared repository.
func prepareRepository(in resource.Input, w *RepositoryWant) error {
	if w.Provider.Value == "auto" {
		w.Provider = resource.NonEmpty(managerOfNode(in.Node("")))
	}
	if w.IsAbsent() {
		*w = RepositoryWant{Name: w.Name, Ensure: w.Ensure, Provider: w.Provider, KeyName: w.KeyName}
		return nil
	}
	w.Ensure = resource.Opt[string]{} // a declaration implies it
	f, ok := repositoryFormats()[w.Provider.Value]
	if !ok {
		return attrError("provider", "this machine has no package manager that converge knows; name the one that is meant")
	}
	if err := w.refuseForeign(f); err != nil {
		return err
	}
	if err := w.readKey(in); err != nil {
		return err
	}
	text, err := f.define(w)
	if err != nil {
		return err
	}
	w.Definition = resource.BytesBlob(text)
	if w.Provider.Value != "pacman" && hasPassword(text) { // everybody can read pacman.conf
		w.Mode = resource.Some("600")
	}
	if f.prefer != nil {
		text, err := f.prefer(w)
		if err != nil {
			return err
		}
		w.Preferences = resource.BytesBlob(text)
	}
	w.Key, w.KeySHA256 = resource.Opt[string]{}, resource.Opt[string]{}
	return nil
}

// managerOfNode returns the machine's own package manager; "" if the machine is not known.
func managerOfNode(node any) string {
	if facts, ok := node.(map[string]any); !ok || facts["package_managers"] == nil {
		return ""
	}
	return ownManager(node)
}

// refuseForeign refuses attributes that the format cannot express: such an attribute would do nothing, and promise
// more.
func (w *RepositoryWant) refuseForeign(f repositoryFormat) error {
	for _, a := range []option{
		{"suites", w.Suites.Set}, {"components", w.Components.Set}, {"architectures", w.Architectures.Set},
		{"pin", w.Pin.Set}, {"pin_release", w.PinRelease.Set}, {"priority", w.Priority.Set}, {"before", w.Before.Set},
		{"key_name", w.KeyName.Set}, {"enabled", w.Enabled.Set},
	} {
		if a.set && !slices.Contains(f.takes, a.name) {
			return attrError(a.name, "%s has no such thing%s", w.Provider.Value, adviceInstead(w.Provider.Value, a.name))
		}
	}
	return nil
}

// adviceInstead returns the alternative to an attribute for a package manager.
func adviceInstead(manager, attr string) string {
	switch manager + " " + attr {
	case "zypper pin":
		return ": it ranks whole repositories only (priority); put the packages into a repository of their own, or name the version at the package"
	case "pacman pin":
		return ": it takes each package from the first section that has it (before); hold keeps a package at its version"
	case "pacman priority":
		return ": it takes each package from the first section that has it, see before"
	case "apk priority":
		return ": it takes the newest version that any repository has"
	}
	if attr == "enabled" {
		return "; set when = false at the resource, or ensure = \"absent\""
	}
	return ""
}

// readKey reads the signing key, or uses the digest of a key that has to be fetched.
func (w *RepositoryWant) readKey(in resource.Input) error {
	set := w.Key.Set || w.KeySource.Set
	switch {
	case w.Key.Set && w.KeySource.Set:
		return attrError("key_source", "cannot stand beside key")
	case !w.KeySource.Set && w.KeySHA256.Set:
		return attrError("key_sha256", "is of no use without key_source")
	case set && w.Trusted.Value:
		return attrError("trusted", "cannot stand beside a key: trusted means that no signature is checked")
	case !set && !w.Trusted.Value && !w.namesKey():
		return attrError("key", "is needed, or key_source: what signs the repository; trusted = true installs its packages unchecked")
	case w.Key.Set && !strings.Contains(w.Key.Value, "-----BEGIN ") && strings.Contains(w.Key.Value, "://"):
		return attrError("key", "takes the key itself, and not its URL: write key_source = %q, and its digest as key_sha256", w.Key.Value)
	case w.Key.Set && !strings.Contains(w.Key.Value, "-----BEGIN ") && isPathOfKey(w.Key.Value):
		return attrError("key", "takes the key itself, and not its path: write key_source = %q", strings.TrimPrefix(w.Key.Value, "@"))
	case w.Key.Set && !strings.Contains(w.Key.Value, "-----BEGIN "):
		return attrError("key", "takes the key itself, in ASCII armor (-----BEGIN PGP PUBLIC KEY BLOCK-----; for apk -----BEGIN PUBLIC KEY-----), and not its id, its path or its URL; key_source reads it from a file or a URL")
	case w.Key.Set:
		w.SigningKey = resource.BytesBlob([]byte(strings.TrimRight(w.Key.Value, "\n") + "\n"))
	case !set:
		w.SigningKey = resource.BytesBlob(nil)
	default:
		if err := w.readKeySource(in); err != nil {
			return err
		}
		if w.SigningKey.Size == 0 {
			return attrError("key_source", "is empty: it holds no key")
		}
	}
	if w.KeyName.Set && !set {
		return attrError("key_name", "is of no use without key or key_source: it names the file of a key that this repository brings")
	}
	if w.Provider.Value == "apk" && !w.KeyName.Set && set {
		w.KeyName = resource.Some(w.nameOfKey())
	}
	if !strings.Contains(w.KeySource.Value, "://") {
		w.KeySource = resource.Opt[string]{} // only a URL remains to be fetched
	}
	return nil
}

// isPathOfKey reports whether a text names the file of a key; a path in a home folder cannot.
func isPathOfKey(text string) bool {
	return !strings.ContainsAny(text, " \n~$") && (strings.Contains(text, "/") || slices.Contains([]string{".asc", ".gpg", ".key", ".pub", ".pem", ".rsa"}, path.Ext(text)))
}

// namesKey reports whether the options name a key that is on the machine already.
func (w *RepositoryWant) namesKey() bool {
	for name := range w.Options.Value {
		switch strings.ToLower(name) {
		case "signed-by", "gpgkey", "siglevel":
			return true
		}
	}
	return w.Provider.Value == "apk" // its keys serve all repositories
}

func (w *RepositoryWant) readKeySource(in resource.Input) error {
	src, sum := w.KeySource.Value, strings.ToLower(w.KeySHA256.Value)
	if scheme, _, ok := strings.Cut(src, "://"); ok {
		switch {
		case scheme != "http" && scheme != "https":
			return attrError("key_source", "cannot fetch by %q: only http and https%s", scheme, meantSource(scheme))
		case sum == "":
			return attrError("key_source", "a URL needs key_sha256, the digest of what is there")
		}
		w.SigningKey = resource.DigestBlob(sum, -1, func() (io.ReadCloser, error) {
			return nil, errors.New("cannot read what key_source names: it is fetched when it is needed")
		})
		return nil
	}
	b, err := in.Source(src)
	if err != nil {
		return &resource.AttrError{Attr: "key_source", Err: err}
	}
	if sum != "" {
		got, err := b.Digest()
		if err != nil {
			return &resource.AttrError{Attr: "key_source", Err: err}
		}
		if got != sum {
			return attrError("key_sha256", "is not the digest of %q, which is %s", src, got)
		}
		b = b.Pinned(sum)
	}
	w.SigningKey = b
	return nil
}

// nameOfKey is the name of a key's file without another name.
func (w *RepositoryWant) nameOfKey() string {
	if base := path.Base(w.KeySource.Value); w.KeySource.Set && isWord(base, "+._@-") {
		return base
	}
	return w.Name + ".rsa.pub"
}
