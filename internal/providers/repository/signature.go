package repository

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"converge/internal/pgp"
	"converge/resources"
)

// verdict is the result of a check of the signature of a repository.
type verdict struct {
	err  error  // it is refused
	note string // why it could not be checked; the package manager will
}

// verifier checks what repositories are signed with.
type verifier struct {
	*tree
	now    func() time.Time
	client *http.Client

	mu      sync.Mutex
	checked map[string]verdict // by what was checked
}

// checkSignature checks that the keys of data have signed the repository, if that
// can be told: what cannot be fetched from here the package manager may still
// fetch (by a proxy of its own), and it checks too.
func (r *verifier) checkSignature(ctx context.Context, want resources.RepositoryWant, data []byte) verdict {
	if want.Trusted.Value || !want.URL.Set || len(data) == 0 {
		return verdict{}
	}
	what := strings.Join([]string{want.Provider.Value, want.URL.Value, strings.Join(want.Suites.Value, " "), digestOf(data)}, "\n")
	r.mu.Lock()
	v, ok := r.checked[what]
	r.mu.Unlock()
	if ok {
		return v
	}
	v = r.judge(ctx, want, data)
	if ctx.Err() == nil {
		r.mu.Lock()
		r.checked[what] = v
		r.mu.Unlock()
	}
	return v
}

func (r *verifier) judge(ctx context.Context, want resources.RepositoryWant, data []byte) verdict {
	err := r.checkIndex(ctx, want, data)
	var u unknown
	switch {
	case err == nil:
		return verdict{}
	case errors.As(err, &u):
		return verdict{note: fmt.Sprintf("its signature could not be checked here (%v); %s checks it before it takes anything from it", u.error, want.Provider.Value)}
	}
	return verdict{err: err}
}

// unknown is an error that tells nothing about a signature.
type unknown struct{ error }

// checkIndex checks the signed index of the repository.
func (r *verifier) checkIndex(ctx context.Context, want resources.RepositoryWant, data []byte) error {
	if want.Provider.Value == "apk" {
		return r.checkApkIndex(ctx, want, data)
	}
	ring, err := pgp.Read(data)
	if err != nil {
		return err
	}
	c := indexChecker{r, ring}
	switch want.Provider.Value {
	case "apt":
		for _, suite := range want.Suites.Value {
			if err := c.checkRelease(ctx, resources.AptSource{URI: want.URL.Value, Suite: suite}.Base()); err != nil {
				return err
			}
		}
	case "dnf", "zypper":
		if want.Options.Value["repo_gpgcheck"] == "0" {
			return nil // its owner says that the packages are signed, and by whom the index is does not matter
		}
		base := strings.TrimRight(want.URL.Value, "/") + "/repodata/repomd.xml"
		return c.checkBeside(ctx, base, base+".asc", want.Options.Value["repo_gpgcheck"] == "1")
	case "pacman":
		url := strings.NewReplacer("$repo", want.Name, "$arch", machineName()).Replace(want.URL.Value)
		base := strings.TrimRight(url, "/") + "/" + want.Name + ".db"
		return c.checkBeside(ctx, base, base+".sig", false) // its packages are signed one by one
	}
	return nil
}

// machineName is the architecture as pacman and apk call it.
func machineName() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "x86"
	}
	return runtime.GOARCH
}

// indexChecker checks indexes against a keyring.
type indexChecker struct {
	*verifier
	ring *pgp.Keyring
}

// checkRelease checks the Release file of a suite of apt in that folder: InRelease,
// or Release with Release.gpg.
func (c indexChecker) checkRelease(ctx context.Context, base string) error {
	signed, err := c.get(ctx, base+"InRelease")
	switch {
	case err == nil:
		_, err = c.ring.CheckClearsigned(signed, c.now())
		return about(base+"InRelease", err)
	case !errors.Is(err, fs.ErrNotExist):
		return unknown{err}
	}
	return c.checkBeside(ctx, base+"Release", base+"Release.gpg", true)
}

// checkBeside checks an index with its signature in a file beside it, which it must
// have where required.
func (c indexChecker) checkBeside(ctx context.Context, index, signature string, required bool) error {
	signed, err := c.get(ctx, index)
	if err != nil {
		return unknown{err}
	}
	sig, err := c.get(ctx, signature)
	switch {
	case err == nil:
		return about(index, c.ring.CheckDetached(signed, sig, c.now()))
	case !errors.Is(err, fs.ErrNotExist):
		return unknown{err}
	case required:
		return fmt.Errorf("%s is not signed, and should be by the key %s; trusted = true would install from it unchecked", index, strings.Join(c.ring.Fingerprints(), " or "))
	}
	return nil
}

// about names the file of an error.
func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is refused: %w", what, err)
}
