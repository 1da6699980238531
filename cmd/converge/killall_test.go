package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"converge/internal/breakpoint"
)

// everyCall lists the system calls by which a run, or a program that it starts, changes anything.
const everyCall = "write pwrite64 copy_file_range renameat renameat2 linkat unlinkat mkdirat symlinkat fchmod fchmodat fchown fchownat " +
	"utimensat fsetxattr setxattr ftruncate fallocate fdatasync fsync syncfs mount umount2 move_mount mount_setattr fsconfig sethostname sendmsg"

// liveSite has resources that take effect at once: see [treeSite] for those of the whole machine.
const liveSite = `
settings {
  name = "all"
  data = ["data.hcl"]
}
variable "trigger" { type = string }
variable "option" { type = string }
secret "pw" { file = "/srv/pw" }

setting "PASS_MAX_DAYS" {
  path  = "/etc/login.defs"
  value = 60
}
setting "option" {
  path    = "/etc/app.ini"
  section = "main"
  value   = var.option
}
line "app" {
  path = "/etc/app.ini"
  line = "; by converge"
}
block "app" {
  path    = "/etc/allow"
  content = "one\ntwo\n"
}
sysctl "net.ipv4.ip_forward" { value = 1 }
kernel_module "dummy" {
  live    = false
  options = { numdummies = "2" }
}
mount "/mnt/data" {
  device     = "tmpfs"
  type       = "tmpfs"
  options    = ["nosuid", "mode=0750"]
}
unit "app.service" {
  verify   = false
  sections = { Service = { ExecStart = "/usr/bin/true" } }
}
unit "other.service" {
  verify   = false
  drop_in  = "limits"
  sections = { Service = { LimitNOFILE = "4096" } }
}
hostname "new" {}
timezone "Europe/Berlin" {}
locale "de_DE.UTF-8" { default = true }
file "/etc/secret" {
  content   = "password=${secret.pw}\n"
  mode      = "0600"
}
exec "once" {
  command  = ["/bin/sh", "-c", "echo ${var.trigger} >>/var/log/ran"]
  triggers = { value = var.trigger }
}
authorized_key "ann" {
  user = "root"
  key  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsABgH5C9okWi0dh2l9GKJl ann"
}
check "works" {
  command    = ["/bin/sh", "-c", "exit 0"]
  depends_on = [exec.once]
}
`

// treeSite is applied to a tree: swap space and modules belong to the whole machine, and a timer needs systemd.
const treeSite = `
settings {
  name = "tree"
  data = ["data.hcl"]
}
variable "option" { type = string }
swap "/swap" { size = "64K" }
sysctl "kernel.panic" { value = 10 }
kernel_module "dummy" { disabled = true }
timer "night" {
  command  = ["/usr/bin/true"]
  calendar = "daily"
}
repository "acme" {
  provider    = "apt"
  url         = "file:///srv/acme"
  suites      = ["./"]
  trusted     = true
  priority    = 400
  pin_release = "o=acme"
}
setting "PASS_MAX_DAYS" {
  path  = "/etc/login.defs"
  value = var.option
}
`

// commonFiles exist before, with lines of other owners.
func commonFiles() map[string]string {
	return map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n", "etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n", "etc/debian_version": "12\n",
		"etc/login.defs": "# others\nPASS_MAX_DAYS\t99999\nUMASK 022\n", "etc/app.ini": "; others\n[main]\noption = old\nmore = 1\n", "etc/allow": "zero\n",
		"etc/fstab": "# others\nproc /proc proc defaults 0 0\n", "etc/hostname": "old\n", "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 old.example.org old\n",
		"etc/timezone": "Etc/UTC\n", "etc/default/locale": "LANG=C.UTF-8\nLC_TIME=x\n", "etc/locale.gen": "# de_DE.UTF-8 UTF-8\n# en_US.UTF-8 UTF-8\n",
		"etc/systemd/system/others.service": "[Service]\nExecStart=/usr/bin/true\n", "etc/systemd/system/other.service": "[Service]\nExecStart=/usr/bin/true\n",
		"etc/sysctl.d/10-others.conf": "kernel.panic = 5\n", "etc/modprobe.d/others.conf": "options loop max_loop=8\n", "etc/modules-load.d/others.conf": "loop\n",
		"mnt/data/hidden": "below the mount\n", "root/others": "others\n", "srv/pw": "hunter2",
	}
}

// TestNoKillTearsOrLosesAnything kills a run of a site with many kinds before its changing system calls. Then no file is
// torn and nothing of other owners is lost, the journal is readable, the next run converges and its plan is empty, and
// the rollbacks of both runs restore every byte and live value. So does the rollback of a killed run without a later
// one.
func TestNoKillTearsOrLosesAnything(t *testing.T) {
	if !inWorld(t) {
		return
	}
	for _, w := range []struct {
		name, site, root string
	}{{"live", liveSite, ""}, {"tree", treeSite, "/tree"}} {
		t.Run(w.name, func(t *testing.T) { killEverywhere(t, openWorld(t, w.site, w.root)) })
	}
}

// openWorld makes the files of a site, and records its state before and after a run.
func openWorld(t *testing.T, site, root string) *world {
	t.Helper()
	w := &world{root: root, site: "/srv/" + filepath.Base(t.Name()) + "/site.hcl", taken: map[string]bool{}}
	for name, text := range commonFiles() {
		writeIn(t, filepath.Join(root, "/", name), text)
	}
	if root != "" {
		for _, program := range []string{"/usr/bin/true", "/usr/bin/apt-get"} {
			writeIn(t, root+program, "")
			if err := os.Chmod(root+program, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		writeIn(t, root+"/var/lib/dpkg/status", "")
	}
	if err := os.MkdirAll(root+"/var/log", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/usr/share/zoneinfo/Etc/UTC", root+"/etc/localtime"); err != nil {
		t.Fatal(err)
	}
	writeIn(t, w.site, site)
	w.before = w.look(t)
	w.declare(t, "first")
	w.run(t, "first", 0, "apply", w.site)
	w.after = w.look(t)
	w.takeBack(t, "first")
	return w
}

func writeIn(t *testing.T, at, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// declare writes the data layer of the site.
func (w *world) declare(t *testing.T, trigger string) {
	t.Helper()
	text := "option = \"77\"\n"
	if w.root == "" {
		text += fmt.Sprintf("trigger = %q\n", trigger)
	}
	writeIn(t, filepath.Join(filepath.Dir(w.site), "data.hcl"), text)
}

// takeBack rolls back the runs that were not rolled back yet, the last first, and requires the former state.
func (w *world) takeBack(t *testing.T, when string) {
	t.Helper()
	for _, id := range w.newRuns(t) {
		w.run(t, when, 0, "rollback", id)
	}
	w.newRuns(t)
	w.compare(t, when+": taken back", w.before)
}

// newRuns returns the new runs in the journal, the last first.
func (w *world) newRuns(t *testing.T) (out []string) {
	t.Helper()
	listed, err := w.converge("history").Output()
	if err != nil {
		t.Fatalf("the journal cannot be read: %v", err)
	}
	w.runs++
	for _, id := range regexp.MustCompile(`(?m)^\d{8}T\S+`).FindAllString(string(listed), -1) {
		if !w.taken[id] {
			out = append(out, id)
		}
		w.taken[id] = true
	}
	return out
}

func (w *world) compare(t *testing.T, when string, want map[string]string) {
	t.Helper()
	got := w.look(t)
	for _, at := range slices.Sorted(maps.Keys(want)) {
		if got[at] != want[at] {
			t.Errorf("%s: %s is %s, want %s", when, at, got[at], want[at])
		}
		delete(got, at)
	}
	for at, text := range got {
		t.Errorf("%s: left behind: %s %s", when, at, text)
	}
}

// checkWhole requires that every file is as before the site was applied, or as after it.
func (w *world) checkWhole(t *testing.T, when string) {
	t.Helper()
	got := w.look(t)
	for at, old := range w.before {
		now, there := got[at]
		final, stays := w.after[at] // entries below a mount are hidden
		if now != old && (now != final || there != stays) {
			t.Errorf("%s: torn or lost: %s is %s, was %s, and is to be %s", when, at, now, old, final)
		}
	}
	for at, final := range w.after {
		if _, old := w.before[at]; !old && got[at] != "" && got[at] != final {
			t.Errorf("%s: torn: %s is %s, and is to be %s", when, at, got[at], final)
		}
	}
}

// maxPoints limits the points at which a run of a site is killed; CONVERGE_TEST_ROUNDS sets another limit. If there are
// more, every second or third one is used.
const maxPoints = 60

func killEverywhere(t *testing.T, w *world) {
	limit := maxPoints
	if n, err := strconv.Atoi(os.Getenv("CONVERGE_TEST_ROUNDS")); err == nil {
		limit = n
	}
	w.declare(t, "counted")
	total, _, _ := w.killAt(t, 0, "apply", w.site)
	w.takeBack(t, "counted")
	step := (total + limit - 1) / limit
	points := 0
	for n := 1; ; n += step {
		when := fmt.Sprintf("killed before call %d", n)
		w.declare(t, fmt.Sprint("call-", n))
		_, name, killed := w.killAt(t, n, "apply", w.site)
		if !killed {
			w.takeBack(t, "not killed")
			break
		}
		points++
		when += ", " + name
		w.checkWhole(t, when)
		w.run(t, when, 0, "apply", w.site)
		w.compare(t, when+": applied", w.after)
		w.run(t, when, 0, "plan", "--detailed-exitcode", w.site)
		w.checkRan(t, when, n)
		w.takeBack(t, when)
		w.killAt(t, n, "apply", w.site)
		w.takeBack(t, when+", and taken back at once")
		if t.Failed() {
			t.FailNow()
		}
	}
	// A point at which anything is torn or lost ends the test.
	t.Logf("killed at %d of %d points: 0 torn, 0 lost; %d runs of converge", points, total, w.runs)
	if total < 40 {
		t.Errorf("only %d points: the list of system calls does not fit the program", total)
	}
}

// checkRan requires that the command has run with its trigger.
func (w *world) checkRan(t *testing.T, when string, n int) {
	t.Helper()
	if w.root == "" && !strings.Contains(read(t, "/var/log/ran"), fmt.Sprintf("call-%d\n", n)) {
		t.Errorf("%s: lost: the command has not run", when)
	}
}

// killAt runs converge and kills it before its nth changing call. It returns the number of calls until then, and the
// name of the last one.
func (w *world) killAt(t *testing.T, n int, args ...string) (count int, name string, killed bool) {
	t.Helper()
	w.runs++
	killed, out, err := breakpoint.Run(w.converge(args...), strings.Fields(everyCall), func(c breakpoint.Call) breakpoint.Answer {
		if count++; count != n {
			return breakpoint.Proceed
		}
		if name = c.Name; c.Child {
			name += " of a program that it has started"
		}
		return breakpoint.Kill
	})
	if err != nil {
		t.Fatalf("to be killed at call %d: %v\n%s", n, err, out)
	}
	return count, name, killed
}
