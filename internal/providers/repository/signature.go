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

	"converge/internal/fetch"
	"converge/internal/pgp"
	"converge/resources"
)

// verdict is the result of a check of a repository's signature.
type verdict struct {
	err  error  // why it is refused
	note string // why it could not be checked; the package manager will
}

// verifier checks the signatures of repositories.
type verifier struct {
	*tree
	now      func() time.Time
	client   *http.Client
	patience time.Duration // the time limit of one fetch

	mu      sync.Mutex
	checked map[string]verdict // by the checked data
}

// checkSignature checks that the keys of data have signed the repository, if that can be determined: the package
// manager may still fetch a file that converge cannot fetch (by a proxy of its own), and it checks the signature, too.
// A missing repository is refused, regardless of its signature.
func (r *verifier) checkSignature(ctx context.Context, want resources.RepositoryWant, data []byte) verdict {
	what := subjectOf(want, data)
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

// subjectOf returns all parts of a declaration on which a verdict depends.
func subjectOf(want resources.RepositoryWant, data []byte) string {
	return fmt.Sprintf("%q", []string{
		want.Provider.Value, want.Name, want.URL.Value, strings.Join(want.Suites.Value, " "), digestOf(data),
		fmt.Sprint(want.IndexCheck(), ignoresExpiry(want), want.Trusted.Value),
	})
}

func (r *verifier) judge(ctx context.Context, want resources.RepositoryWant, data []byte) verdict {
	checked := !want.Trusted.Value && len(data) > 0 && want.IndexCheck() != resources.IndexUnchecked
	var err error
	if checked {
		err = r.checkIndex(ctx, want, data)
	} else {
		err = r.checkThere(ctx, want)
	}
	manager := want.Provider.Value
	var u unknown
	switch {
	case err == nil || !checked && errors.As(err, &u):
		return verdict{}
	case errors.Is(err, errUnsigned):
		return verdict{note: "its index is not signed; " + describePackageCheck(manager)}
	case errors.As(err, &u) && want.IndexCheck() == resources.IndexOptional:
		return verdict{note: fmt.Sprintf("its index could not be checked here (%v); %s", u.error, describePackageCheck(manager))}
	case errors.As(err, &u):
		return verdict{note: fmt.Sprintf("its signature could not be checked here (%v); %s checks it before it takes anything from it", u.error, manager)}
	}
	return verdict{err: err}
}

// describePackageCheck describes the check of packages if the index need not be signed.
func describePackageCheck(manager string) string {
	if manager == "pacman" {
		return "pacman checks each of its packages as SigLevel says"
	}
	return manager + " checks each of its packages with the key"
}

// errUnsigned reports an index without a signature that needs none.
var errUnsigned = errors.New("it is not signed")

// unknown is an error that proves nothing about a signature.
type unknown struct{ error }

// checkIndex checks the signed index of the repository.
func (r *verifier) checkIndex(ctx context.Context, want resources.RepositoryWant, data []byte) error {
	if !want.URL.Set {
		return unknown{errors.New("no url says where it is")}
	}
	if want.Provider.Value == "apk" {
		return r.checkApkIndex(ctx, want, data)
	}
	ring, err := pgp.Read(data)
	if err != nil {
		return err
	}
	c := indexChecker{r, ring, want}
	switch want.Provider.Value {
	case "apt":
		for _, suite := range want.Suites.Value {
			if err := c.checkRelease(ctx, resources.AptSource{URI: want.URL.Value, Suite: suite}.Base()); err != nil {
				return err
			}
		}
	case "dnf", "zypper":
		index := r.indexOf(want)
		return c.checkBeside(ctx, index, index+".asc", want.IndexCheck())
	case "pacman":
		index := r.indexOf(want)
		return c.checkBeside(ctx, index, index+".sig", want.IndexCheck())
	}
	return nil
}

// machineName returns pacman's and apk's name for the architecture.
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
	want resources.RepositoryWant
}

// checkRelease checks the Release file of a suite of apt in that folder: InRelease, or Release with Release.gpg.
func (c indexChecker) checkRelease(ctx context.Context, base string) error {
	file := base + "InRelease"
	signed, err := c.get(ctx, file)
	switch {
	case err == nil:
		text, err := c.ring.CheckClearsigned(signed, c.now())
		if err == nil {
			err = checkValidUntil(c.want, text, c.now())
		}
		return about(file, err)
	case !errors.Is(err, fs.ErrNotExist):
		return unknown{err}
	}
	file = base + "Release"
	if err = c.checkBeside(ctx, file, file+".gpg", resources.IndexRequired); err != nil {
		return err
	}
	if signed, err = c.get(ctx, file); err != nil {
		return unknown{err}
	}
	return about(file, checkValidUntil(c.want, signed, c.now()))
}

// checkValidUntil refuses a Release file that has expired, as apt does: an attacker that cannot sign could present an
// old one for ever. apt judges an unreadable date.
func checkValidUntil(want resources.RepositoryWant, release []byte, now time.Time) error {
	if ignoresExpiry(want) {
		return nil
	}
	for line := range strings.Lines(string(release)) {
		value, ok := strings.CutPrefix(line, "Valid-Until:")
		if !ok {
			continue
		}
		until, err := time.Parse("Mon, _2 Jan 2006 15:04:05 MST", strings.TrimSpace(value))
		if err == nil && until.Before(now) {
			return fmt.Errorf("it has expired at %s; have it signed anew, or let apt take it with options = { \"Check-Valid-Until\" = \"no\" }", until.UTC().Format("2006-01-02 15:04"))
		}
	}
	return nil
}

func ignoresExpiry(want resources.RepositoryWant) bool {
	for name, value := range want.Options.Value {
		if strings.EqualFold(name, "Check-Valid-Until") && resources.IsOff(value) {
			return true
		}
	}
	return false
}

// checkBeside checks an index with its signature in a separate file, as strictly as the package manager.
func (c indexChecker) checkBeside(ctx context.Context, index, signature string, check resources.IndexCheck) error {
	signed, err := c.get(ctx, index)
	if err != nil {
		return c.explainFetch(ctx, c.want, err)
	}
	sig, err := c.get(ctx, signature)
	switch {
	case err == nil:
		return about(index, c.ring.CheckDetached(signed, sig, c.now()))
	case !errors.Is(err, fs.ErrNotExist):
		return unknown{err}
	case check == resources.IndexRequired:
		return fmt.Errorf("%s is not signed, and should be by the key %s; trusted = true would install from it unchecked%s", fetch.HideSecrets(index), strings.Join(c.ring.Fingerprints(), " or "), c.adviseUnsigned())
	}
	return errUnsigned
}

// adviseUnsigned returns advice on declaring a repository with signed packages and an unsigned index.
func (c indexChecker) adviseUnsigned() string {
	option := "repo_gpgcheck = 0"
	switch c.want.Provider.Value {
	case "apt":
		return ""
	case "pacman":
		option = `SigLevel = "Required DatabaseOptional"`
	}
	return ", and options = { " + option + " } where each package is signed"
}

// about adds the name of the file to an error.
func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is refused: %w", fetch.HideSecrets(what), err)
}
