// Package apktest is a stand-in for the program apk, for tests: no apk program is available on the machines that build
// and test converge.
//
// Start with [Program]. It is a [tool.Runner] that works on the files of a root as apk-tools 2.14 does: it reads
// world, repositories, APKINDEX.tar.gz and .apk files (solve.go, archive.go), extracts packages, runs their scripts
// (install.go), writes the database of installed packages (database.go), takes apk's lock, and prints what apk prints
// (report.go). The texts come from the sources and the published output of apk-tools.
//
// It does not prove that apk does the same. Its solver is a plain search; instead of verifying signatures it only
// checks that a key with that name exists; it knows apk's commands add, del, fix and update.
package apktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/providers/packages/tool"
)

// Program is apk in a root.
type Program struct {
	Root string

	// Mirror is the folder that replaces a repository's URL; nil: there is no network.
	Mirror func(url string) string

	// Before, if set, is called before each package is changed, with how many were
	// already. An error ends the program there, as a kill does.
	Before func(done int) error

	// Direct, if set, receives the output while it is printed, and not only at the end.
	Direct io.Writer
}

// Main is the program as a process, which works on this machine; it returns the exit
// status.
func Main(args []string, out, errs io.Writer) int {
	p := &Program{Root: "/", Direct: out}
	r, err := p.Run(context.Background(), tool.Command{Argv: args})
	fmt.Fprint(errs, r.Stderr)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return min(r.Status, 255)
}

// call is one call of the program.
type call struct {
	*Program
	out, err bytes.Buffer

	command            string
	args               []string
	simulate           bool
	untrusted, upgrade bool
	cacheDir           string
	sources            string // a file instead of the machine's own sources
	keysDir            string
}

// Run implements [tool.Runner].
func (p *Program) Run(ctx context.Context, c tool.Command) (tool.Result, error) {
	if err := ctx.Err(); err != nil && !c.Keep {
		return tool.Result{Status: -1}, context.Cause(ctx)
	}
	k := &call{Program: p, cacheDir: "/var/cache/apk", keysDir: "/etc/apk/keys"}
	k.parseArgs(c.Argv[1:])
	status, err := k.run()
	r := tool.Result{Status: status, Stdout: k.out.String(), Stderr: k.err.String()}
	if c.Keep {
		r.Stdout, r.Stderr = r.Stdout+r.Stderr, ""
	}
	if c.Line != nil {
		for line := range strings.Lines(r.Stdout) {
			c.Line(strings.TrimSuffix(line, "\n"))
		}
	}
	return r, err
}

func (k *call) parseArgs(args []string) {
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		switch {
		case name == "--simulate":
			k.simulate = true
		case name == "--allow-untrusted":
			k.untrusted = true
		case name == "--upgrade":
			k.upgrade = true
		case name == "--cache-dir":
			k.cacheDir = value
		case name == "--repositories-file":
			k.sources = value
		case name == "--keys-dir":
			k.keysDir = value
		case strings.HasPrefix(a, "--"):
		case k.command == "":
			k.command = a
		default:
			k.args = append(k.args, a)
		}
	}
}

// errUsage is the status with which apk ends when it could not begin.
const errUsage = 99

func (k *call) run() (status int, err error) {
	if !k.simulate {
		unlock, ok := k.lock()
		if !ok {
			k.complain("Unable to lock database: temporary error (try again later)")
			k.complain("Failed to open apk database: temporary error (try again later)")
			return errUsage, nil
		}
		defer unlock()
	}
	if k.command == "update" {
		return k.update()
	}
	w, err := k.open()
	if err != nil {
		return -1, err
	}
	switch k.command {
	case "add":
		if !k.addArgs(w) {
			return errUsage, nil
		}
	case "del":
		for _, name := range k.args {
			w.world = dropDep(w.world, name)
		}
	case "fix":
		k.markFix(w)
	default:
		return -1, fmt.Errorf("apktest knows no command %q", k.command)
	}
	if !w.solve() {
		k.reportProblems(w)
		return len(w.world), nil
	}
	return k.commit(w)
}

// lock takes apk's lock.
func (k *call) lock() (unlock func(), ok bool) {
	path := k.at("/lib/apk/db/lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		_ = f.Close()
		return nil, false
	}
	return func() { _ = f.Close() }, true
}

func (k *call) at(path string) string { return filepath.Join(k.Root, path) }

func (k *call) say(format string, args ...any) { k.print(fmt.Sprintf(format+"\n", args...)) }

func (k *call) print(text string) {
	k.out.WriteString(text)
	if k.Direct != nil {
		fmt.Fprint(k.Direct, text)
	}
}

func (k *call) complain(format string, args ...any) {
	fmt.Fprintf(&k.err, "ERROR: "+format+"\n", args...)
}

// addArgs adds the arguments of `apk add` to the world.
func (k *call) addArgs(w *state) bool {
	for _, arg := range k.args {
		if !strings.HasSuffix(arg, ".apk") {
			d, ok := parseDep(arg)
			if !ok {
				k.complain("'%s' is not a valid world dependency, format is name(@tag)([<>~=]version)", arg)
				return false
			}
			w.world = setDep(w.world, d)
			continue
		}
		p, key, err := readPackage(arg)
		if err != nil {
			k.complain("%s: %v", arg, err)
			return false
		}
		if _, err := os.Stat(k.at(k.keysDir + "/" + key)); (key == "" || err != nil) && !k.untrusted {
			k.complain("%s: UNTRUSTED signature", arg)
			return false
		}
		p.file = arg
		w.offers = append(w.offers, p)
		w.world = setDep(w.world, dep{name: p.name, op: "><", version: p.checksum})
	}
	if k.upgrade {
		w.newest = true
	}
	return true
}

// markFix marks the packages that `apk fix` installs again.
func (k *call) markFix(w *state) {
	w.again = map[string]bool{}
	for _, p := range w.installed {
		if len(k.args) == 0 && p.flags != "" {
			w.again[p.name] = true
		}
	}
	for _, name := range k.args {
		w.again[name] = true
	}
}

// update fetches the indexes of the repositories that are not local.
func (k *call) update() (status int, err error) {
	list, err := k.repositories()
	if err != nil {
		return -1, err
	}
	failed := 0
	for _, r := range list {
		if r.local() != "" {
			continue
		}
		k.say("fetch %s/%s/APKINDEX.tar.gz", r.url, Arch)
		if err := k.fetch(r); err != nil {
			fmt.Fprintf(&k.err, "WARNING: updating and opening %s: temporary error (try again later)\n", r.url)
			failed++
		}
	}
	w, err := k.open()
	if err != nil {
		return -1, err
	}
	names := map[string]bool{}
	for _, p := range w.offers {
		names[p.name+p.version] = true
	}
	if failed > 0 {
		k.say("%d unavailable, 0 stale; %d distinct packages available", failed, len(names))
		return failed, nil
	}
	k.say("OK: %d distinct packages available", len(names))
	return 0, nil
}

func (k *call) fetch(r repository) error {
	if k.Mirror == nil || k.Mirror(r.url) == "" {
		return errors.New("no network")
	}
	data, err := os.ReadFile(filepath.Join(k.Mirror(r.url), Arch, "APKINDEX.tar.gz"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.at(k.cacheDir), 0o755); err != nil {
		return err
	}
	return writeFile(k.at(k.cacheDir+"/"+r.cacheName()), data, 0o644)
}
