package apk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/pack"
	"converge/internal/providers/apk"
	"converge/internal/providers/apk/apktest"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/packagestest"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
)

// TestMain runs the tests, or, called as apk, the stand-in.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "apk" {
		os.Exit(apktest.Main(os.Args, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestPackageSuite runs the suite of all package managers, with the stand-in of apk as
// a program on a host. What differs, other tests of this folder show.
func TestPackageSuite(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	if err := apktest.NewRoot("/", "/srv/repo"); err != nil {
		t.Fatal(err)
	}
	sh(t, "install -m 755 "+os.Args[0]+" /sbin/apk; mkdir -p /var/log")
	w := suiteWorld()
	packagestest.Run(t, w)
	t.Run("pins", func(t *testing.T) {
		dir := "/srv/older/" + apktest.Arch
		sh(t, "mkdir -p "+dir+" /etc/apk/repositories.d; cp /srv/repo/"+apktest.Arch+"/"+packagestest.Prefix+"many-1.1-* "+dir)
		if err := apktest.WriteIndex("/srv/older"); err != nil {
			t.Fatal(err)
		}
		packagestest.CheckSelection(t, w, packagestest.Selection{
			File: "/etc/apk/repositories.d/older.list",
			Text: packagestest.Definition(t, resourcetest.Attrs("name", "older", "provider", "apk", "url", "file:///srv/older",
				"pin", map[string]any{packagestest.Prefix + "man*": "*"})),
			Without: "2.0", With: "1.1",
			Upgrade: func(t testing.TB) { sh(t, "apk add --upgrade") },
		})
	})
}

func suiteWorld() *packagestest.World {
	const prefix = packagestest.Prefix
	inWorld := func(t testing.TB, line string) bool {
		return sh(t, "grep -qxF '"+line+"' /etc/apk/world && echo yes || true") == "yes"
	}
	installed := func(t testing.TB, name string) string {
		return sh(t, "awk -F: '/^P:/{n=$2} /^V:/ && n==\""+name+"\"{print $2}' /lib/apk/db/installed")
	}
	return &packagestest.World{
		Manager: "apk", Named: true, StandIn: true, Format: pack.APK,
		Full: func(v string) string { return v + "-r1" },
		New: func(t testing.TB, o packages.Options) packagestest.Provider {
			m, err := apk.New(apk.Options{Options: tool.Options{LockTimeout: time.Minute, Progress: o.Progress, Waiting: o.Notice, Notice: o.Notice}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = m.Close() })
			o.Tree, o.Memory = m.Tree, ""
			return packages.New(m.Parts(), o)
		},
		Publish: func(t testing.TB, dir string) {
			sh(t, "rm -rf /srv/repo; mkdir -p /srv/repo/"+apktest.Arch+"; cp "+dir+"/*.apk /srv/repo/"+apktest.Arch)
			if err := apktest.WriteIndex("/srv/repo"); err != nil {
				t.Fatal(err)
			}
		},
		Definition: "/srv/repo\n", File: "/etc/apk/repositories",
		Clean: func(t testing.TB) {
			sh(t, "rm -f /etc/apk/converge-pending; sed -i '/^!*"+prefix+"/d' /etc/apk/world; apk add >/dev/null; rm -rf /usr/share/"+prefix+"* /etc/"+prefix+"*")
		},
		Dump: func(t testing.TB) string {
			return sh(t, `awk -F: '/^P:`+prefix+`/ {p=1; n=$2} /^V:/ && p {print n, $2} /^$/ {p=0}' /lib/apk/db/installed | sort; grep '`+prefix+`' /etc/apk/world | sort || :
				find /usr/share/`+prefix+`* /etc/`+prefix+`* -type f -exec sha256sum {} + 2>/dev/null | sort || :`)
		},
		Watched:   []string{"/etc", "/usr/share", "/lib/apk/db", "/var/cache/apk", "/tmp"},
		Installed: installed,
		Held:      func(t testing.TB, name string) bool { return inWorld(t, name+"="+installed(t, name)) },
		Automatic: func(t testing.TB, name string) bool {
			return sh(t, "grep -qE '^"+name+"([=<>~@]|$)' /etc/apk/world && echo yes || true") == ""
		},
		Do: func(t testing.TB, verb string, names ...string) {
			all := strings.Join(names, " ")
			switch verb {
			case "install":
				sh(t, "apk add "+all)
			case "remove":
				sh(t, "apk del "+all)
			}
			for _, name := range names {
				switch verb {
				case "hold":
					sh(t, "sed -i 's/^"+name+"$/"+name+"="+installed(t, name)+"/' /etc/apk/world")
				case "release":
					sh(t, "sed -i 's/^"+name+"=.*/"+name+"/' /etc/apk/world")
				case "auto":
					sh(t, "sed -i '/^"+name+"$/d' /etc/apk/world")
				}
			}
		},
		Lock: func(t testing.TB) (int, func()) {
			cmd := exec.Command("flock", "/lib/apk/db/lock", "sleep", "600")
			cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for sh(t, "flock -n /lib/apk/db/lock true && echo free || true") == "free" {
				time.Sleep(10 * time.Millisecond)
			}
			return cmd.Process.Pid, func() {
				_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
				_ = cmd.Wait()
			}
		},
		Transactions: func(t testing.TB) int {
			data, err := os.ReadFile(apktest.LogFile)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			return strings.Count(string(data), "\n")
		},
		Kill: func(testing.TB) bool {
			pid := tool.FindRunning("apk")
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

func sh(t testing.TB, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", script).CombinedOutput() //nolint:gosec // a test's own script
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}
