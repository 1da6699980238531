package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// DefaultPath is the PATH of a root shell on Debian, used if converge was started without one.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Environment returns the environment of all programs: PATH, home and temporary folder, the user, the time zone, and the
// proxy settings. It leaves out everything else: CONVERGE_VAR_* may be secret, the sockets of NOTIFY_SOCKET and
// LISTEN_FDS are converge's own, and the variables of a user's shell must not influence the state of a host. The
// language is always C, because output is parsed.
func Environment() []string { return environmentFrom(os.LookupEnv) }

func environmentFrom(get func(string) (string, bool)) []string {
	env := []string{"LC_ALL=C", "LANG=C"}
	for _, name := range [...]string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ",
		"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
		"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
		"SSL_CERT_FILE", "SSL_CERT_DIR",
		"XDG_RUNTIME_DIR", "DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS",
	} {
		value, ok := get(name)
		if name == "PATH" && value == "" {
			value, ok = DefaultPath, true
		}
		if ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// With returns env with each of set, "NAME=value", replacing earlier values.
func With(env []string, set ...string) []string {
	out := make([]string, 0, len(env)+len(set))
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if _, again := findVariable(set, name); !again {
			out = append(out, kv)
		}
	}
	return append(out, set...)
}

func valueOf(env []string, name string) string {
	value, _ := findVariable(env, name)
	return value
}

func findVariable(env []string, name string) (string, bool) {
	for _, kv := range env {
		if n, value, _ := strings.Cut(kv, "="); n == name {
			return value, true
		}
	}
	return "", false
}

// Find returns the file of a program in the absolute folders of a PATH: a user with write access to the working
// directory must not choose the program. The error is [ErrNotFound] if there is none.
func Find(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for dir := range strings.SplitSeq(path, ":") {
		if !filepath.IsAbs(dir) {
			continue
		}
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", &notFound{name: name}
}

// Seek returns [ErrNotFound] where no program of a name could be started with an environment: it
// only looks.
func Seek(name string, env []string) error {
	file, err := Find(name, valueOf(env, "PATH"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return &notFound{name: name}
	}
	return nil
}

// ErrNotFound is the cause of an error about a missing program.
var ErrNotFound = errors.New("no such program")

type notFound struct {
	name string
	root string // in which it was looked for; "" or "/": this host's
}

func (e *notFound) Error() string {
	inside := ""
	if e.root != "" && e.root != "/" {
		inside = " inside " + e.root
	}
	if strings.Contains(e.name, "/") {
		return "there is no program " + e.name + inside
	}
	return fmt.Sprintf("cannot find program %q on the PATH%s", e.name, inside)
}

func (e *notFound) Unwrap() error { return ErrNotFound }
