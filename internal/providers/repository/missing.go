package repository

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"converge/internal/fetch"
	"converge/resources"
)

// absentError reports a server's answer that a file does not exist.
type absentError struct{ at, answer string }

func (e *absentError) Error() string {
	return fmt.Sprintf("cannot fetch %s: the server answered %s", fetch.HideSecrets(e.at), e.answer)
}

func (e *absentError) Unwrap() error { return fs.ErrNotExist }

// missingError is the error of a repository that is not in its declared place. A package manager may continue without
// it, so that a run would count as a success.
type missingError struct {
	base string
	*absentError
}

func (e *missingError) Error() string {
	return fmt.Sprintf("there is no repository at %s: the server answered %s for %s", fetch.HideSecrets(e.base), e.answer, fetch.HideSecrets(e.at))
}

// explainFetch returns why an index could not be fetched: because it is missing, or for a reason that proves nothing.
func (r *verifier) explainFetch(ctx context.Context, want resources.RepositoryWant, err error) error {
	var a *absentError
	if !errors.As(err, &a) || !r.knowsPlace(want) || r.hasOtherForm(ctx, want) {
		return unknown{err}
	}
	return &missingError{want.URL.Value, a}
}

// checkThere checks that the index of a repository exists, if its signature does not count. apt accepts a trusted
// repository without any Release file.
func (r *verifier) checkThere(ctx context.Context, want resources.RepositoryWant) error {
	if want.Provider.Value == "apt" || !want.URL.Set {
		return nil
	}
	if _, err := r.get(ctx, r.indexOf(want)); err != nil {
		return r.explainFetch(ctx, want, err)
	}
	return nil
}

// indexOf returns the URL of the index of a repository; not for apt.
func (r *verifier) indexOf(want resources.RepositoryWant) string {
	base := strings.TrimRight(want.URL.Value, "/")
	switch want.Provider.Value {
	case "pacman":
		base = strings.TrimRight(strings.NewReplacer("$repo", want.Name, "$arch", machineName()).Replace(want.URL.Value), "/")
		return base + "/" + want.Name + ".db"
	case "apk":
		return base + "/" + machineName() + "/APKINDEX.tar.gz"
	}
	return strings.TrimRight(r.expand(want.Provider.Value, want.URL.Value), "/") + "/repodata/repomd.xml"
}

// knowsPlace reports whether the package manager would request the same file in the same way, so that it gets the same
// answer: without other values of variables, and without a password or proxy unknown to converge. Some servers answer
// 404 if they want a password.
func (r *verifier) knowsPlace(want resources.RepositoryWant) bool {
	if want.Enabled.Set && !want.Enabled.Value {
		return false // it requests nothing
	}
	for name := range want.Options.Value {
		if slices.ContainsFunc([]string{"user", "password", "sslclient", "proxy", "credentials", "mirrorlist", "metalink", "baseurl", "uris", "server", "type"}, func(s string) bool {
			return strings.HasPrefix(strings.ToLower(name), s)
		}) {
			return false
		}
	}
	switch want.Provider.Value {
	case "apt":
		return !r.hasLogin(want.URL.Value)
	case "pacman":
		return !strings.Contains(want.URL.Value, "$arch") || r.isPlainMachine("/etc/pacman.conf", "Architecture")
	case "apk":
		return !strings.HasSuffix(want.URL.Value, ".adb") && r.isPlainMachine("/etc/apk/arch", "")
	}
	return !strings.ContainsAny(want.URL.Value, "$?")
}

// isPlainMachine reports whether a package manager uses converge's name for the architecture: its file in the tree sets
// no other one.
func (r *tree) isPlainMachine(file, field string) bool {
	text, err := r.readIfFile(file)
	if err != nil || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return false
	}
	for line := range strings.Lines(string(text)) {
		name, value, found := strings.Cut(line, "=")
		if field == "" {
			name, value, found = "", line, true
		}
		value = strings.TrimSpace(value)
		if found && strings.TrimSpace(name) == field && value != "auto" && value != machineName() && value != "" {
			return false
		}
	}
	return true
}

// hasLogin reports whether a file of apt may contain the password for a server.
func (r *tree) hasLogin(at string) bool {
	u, err := url.Parse(at)
	if err != nil {
		return true
	}
	const dir = "/etc/apt/auth.conf.d"
	names, err := r.namesIn(dir)
	if err != nil {
		return true
	}
	for _, file := range append(joinAll(dir, names), "/etc/apt/auth.conf") {
		text, err := r.readIfFile(file)
		if err != nil || strings.Contains(string(text), u.Hostname()) {
			return true
		}
	}
	return false
}

// hasOtherForm reports whether zypper may find a repository in YaST's format there.
func (r *verifier) hasOtherForm(ctx context.Context, want resources.RepositoryWant) bool {
	if want.Provider.Value != "zypper" {
		return false
	}
	_, err := r.get(ctx, strings.TrimRight(want.URL.Value, "/")+"/content")
	return !errors.Is(err, fs.ErrNotExist)
}

// isLocal reports whether a URL leads to this machine, so that an earlier change of the run may create the files there.
func isLocal(at string) bool {
	u, err := url.Parse(at)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "file" || host == "localhost" || net.ParseIP(host).IsLoopback()
}
