package pacman

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/pack"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// TestPackageSuite runs the suite of all package managers with the real pacman.
func TestPackageSuite(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "pacman"}) {
		return
	}
	configure(t)
	w := world()
	packagestest.Run(t, w)
	t.Run("order of sections", func(t *testing.T) {
		shell(t, "mkdir -p /srv/older; cp /srv/repo/"+packagestest.Prefix+"many-1.1-* /srv/older; cd /srv/older; repo-add -q older.db.tar.gz *.zst >/dev/null")
		conf, err := os.ReadFile(confFile)
		if err != nil {
			t.Fatal(err)
		}
		older := packagestest.Definition(t, resourcetest.Attrs("name", "older", "provider", "pacman", "url", "file:///srv/older", "trusted", true, "before", "suite"))
		packagestest.CheckSelection(t, w, packagestest.Selection{
			File: confFile, Text: strings.Replace(string(conf), definition, older+definition, 1), Without: "2.0", With: "1.1",
			Upgrade: func(t testing.TB) { shell(t, "pacman -Syu --noconfirm >/dev/null") },
		})
	})
}

// BenchmarkNoOpOnHost needs a host of its own: see packagestest.
func BenchmarkNoOpOnHost(b *testing.B) {
	if testhost.BenchOnHost(b, testhost.Options{Image: "pacman"}) {
		configure(b)
		packagestest.BenchmarkNoOp(b, world())
	}
}

const definition = "[suite]\nSigLevel = Never\nServer = file:///srv/repo\n"

// configure makes /srv/repo the only repository.
func configure(t testing.TB) {
	shell(t, `mkdir -p /srv/repo
		printf '%s' '`+definition+`' >>/etc/pacman.conf
		sed -i 's/^#LocalFileSigLevel.*/LocalFileSigLevel = Never/' /etc/pacman.conf`)
}

// TestKilledWhileItWritesFiles: pacman is killed before it has described the package; any later pacman refuses to
// continue.
func TestKilledWhileItWritesFiles(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "pacman"}) {
		return
	}
	configure(t)
	big := pack.Package{Name: packagestest.Prefix + "big", Arch: "all", Summary: "many files", Maintainer: "Suite <suite@example.org>", License: "MIT"}
	for i := range 1500 {
		big.Files = append(big.Files, pack.File{Path: "/usr/share/" + big.Name + "/" + strconv.Itoa(i), Content: []byte("x")})
	}
	for _, v := range []string{"1.0", "2.0"} { // an installation, and an upgrade
		big.Version = v
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, big.Name+"-"+v+"-1-any.pkg.tar.zst"))
		if err == nil {
			err = errors.Join(pack.Build(t.Context(), big, pack.Arch, f), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		publish(t, dir)
		w := world()
		p := w.New(t, packages.Options{})
		k := resources.Package(nil, resources.NamedProvider{Name: "pacman", Provider: p})
		want := packagestest.Want(t, k, "pacman", big.Name, "version", v+"-1")
		change := resource.Diff(want, observe(t, p, want))
		done := make(chan error, 1)
		go func() { done <- p.Apply(t.Context(), change) }()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			if _, err := os.Stat(filepath.Join(localDir, big.Name+"-"+v+"-1")); err == nil {
				break
			}
		}
		w.Kill(t)
		t.Logf("killed: %v", <-done)
		p = w.New(t, packages.Options{Notice: func(s string) { t.Log(s) }}) // the next run
		if change = resource.Diff(want, observe(t, p, want)); !change.Empty() {
			if err := p.Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if c := resource.Diff(want, observe(t, p, want)); !c.Empty() || w.Installed(t, big.Name) != v+"-1" {
			t.Error("not right:", c.Attrs)
		}
		if n := shell(t, "ls /usr/share/"+big.Name+" | wc -l; pacman -Dk >/dev/null"); n != "1500" {
			t.Errorf("%s files", n)
		}
	}
}

func observe(t *testing.T, p packagestest.Provider, r *resource.Resource) cty.Value {
	t.Helper()
	have, err := p.Observe(t.Context(), r.Want)
	if err != nil {
		t.Fatal(err)
	}
	return have
}

func world() *packagestest.World {
	list := func(t testing.TB, option string) []string {
		return strings.Fields(shell(t, "pacman -Qq"+option+" 2>/dev/null || true"))
	}
	return &packagestest.World{
		Manager: "pacman", Named: true, Format: pack.Arch,
		Full: func(v string) string { return v + "-1" },
		New: func(t testing.TB, o packages.Options) packagestest.Provider {
			m, err := New(Options{Options: tool.Options{LockTimeout: time.Minute, Progress: o.Progress, Waiting: o.Notice, Notice: o.Notice}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = m.Close() })
			o.Tree = m.Tree
			return packages.New(m.Parts(), o)
		},
		Publish: publish, Definition: definition, File: confFile,
		Clean: func(t testing.TB) {
			shell(t, `rm -f /var/lib/pacman/db.lck; sed -i '/^IgnorePkg/d' /etc/pacman.conf
				touch -d '1 hour ago' /etc/pacman.conf
				for d in /var/lib/pacman/local/`+packagestest.Prefix+`*; do [ ! -d "$d" ] || [ -e "$d/desc" ] || rm -r "$d"; done
				set -- $(pacman -Qq 2>/dev/null | grep ^`+packagestest.Prefix+` || true)
				[ $# = 0 ] || pacman -Rdd --noconfirm "$@" >/dev/null
				rm -f /etc/`+packagestest.Prefix+`*`)
		},
		Installed: func(t testing.TB, name string) string {
			_, v, _ := strings.Cut(shell(t, "pacman -Q "+name+" 2>/dev/null || true"), " ")
			return v
		},
		List: func(t testing.TB) { shell(t, "pacman -Q >/dev/null") },
		Load: func(t testing.TB, dir string) { shell(t, "pacman -U --noconfirm "+dir+"/*.zst >/dev/null") },
		Dump: func(t testing.TB) string {
			return shell(t, `pacman -Q | grep '^`+packagestest.Prefix+`' || :; echo; pacman -Qqd | grep '^`+packagestest.Prefix+`' || :; pacman-conf IgnorePkg
				find /usr/share/`+packagestest.Prefix+`* -type f -exec sha256sum {} + 2>/dev/null | sort || :`)
		},
		Watched: []string{"/etc", "/usr/share", "/var/lib/pacman", "/var/log/pacman.log", "/tmp"},
		Held:    func(t testing.TB, name string) bool { return strings.Contains(shell(t, "pacman-conf IgnorePkg"), name) },
		Automatic: func(t testing.TB, name string) bool {
			return strings.Contains(" "+strings.Join(list(t, "d"), " ")+" ", " "+name+" ")
		},
		Do: func(t testing.TB, verb string, names ...string) {
			all := strings.Join(names, " ")
			shell(t, map[string]string{
				"install": "pacman -S --noconfirm " + all, "remove": "pacman -R --noconfirm " + all,
				"hold": "sed -i 's/^.options./&\\nIgnorePkg = " + all + "/' /etc/pacman.conf", "auto": "pacman -D --asdeps " + all,
				"release": "sed -i '/^IgnorePkg/d' /etc/pacman.conf; :",
			}[verb]+" >/dev/null")
		},
		Lock: lockDatabase,
		Transactions: func(t testing.TB) int {
			data, err := os.ReadFile(logFile)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			return strings.Count(string(data), "[ALPM] transaction started")
		},
		Kill: func(testing.TB) bool {
			pid := tool.FindRunning("pacman")
			if pid == 0 {
				return false
			}
			for _, p := range tool.FindDescendants(pid) {
				_ = unix.Kill(p, unix.SIGKILL)
			}
			return true
		},
	}
}

// publish makes a repository of package files; the older versions are only in pacman's cache, as on a machine that once
// had them. pacman fetches the database of a repository again only if its time is in a later second.
func publish(t testing.TB, dir string) {
	shell(t, `mkdir -p `+cacheDir+`; for f in `+dir+`/`+packagestest.Prefix+`many-*; do [ ! -e "$f" ] || cp "$f" `+cacheDir+`; done
		cd /srv/repo; was=$(stat -c %Y suite.db.tar.gz 2>/dev/null || echo 0)
		rm -rf /srv/repo/*; cp `+dir+`/*.zst /srv/repo
		repo-add -q suite.db.tar.gz *.zst >/dev/null
		[ $(stat -c %Y suite.db.tar.gz) -gt $was ] || touch -d @$((was + 1)) suite.db.tar.gz`)
}

// lockDatabase holds pacman's lock like another pacman: by a process that keeps it open.
func lockDatabase(t testing.TB) (pid int, release func()) {
	lock, err := os.OpenFile(lockFile, os.O_CREATE|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	cmd := exec.Command("sleep", "600")
	cmd.ExtraFiles = []*os.File{lock}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, func() {
		_ = os.Remove(lockFile)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

func shell(t testing.TB, script string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-ec", script)
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestVersionOrder compares converge's order with that of pacman's own program.
func TestVersionOrder(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{Image: "pacman"}) {
		return
	}
	list := []string{"1.0-1", "1.0-2", "1.0a-1", "1.0.a-1", "1.0rc1-1", "1:0.1-1", "1.0.0-1", "1_0-1", "2-1", "10-1", "1.0+git1-1", "1.0.r3.gabc-1", "1.0--1", "a-1", "1.0b2-1.1"}
	for _, a := range list {
		for _, b := range list {
			want, err := strconv.Atoi(shell(t, "vercmp "+a+" "+b))
			if err != nil {
				t.Fatal(err)
			}
			if got := (&Manager{}).Parts().Compare(a, b); got != want {
				t.Errorf("%s and %s: %d, vercmp says %d", a, b, got, want)
			}
		}
	}
}
