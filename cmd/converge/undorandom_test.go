package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"converge/internal/app/environ"
)

// TestRandomSitesAreUndone draws sites of the kinds that write to files with other owners as well, and applies some of
// them to a tree, one after the other. Each plan without errors is applied; the next plan is empty. Rollbacks then
// restore each former tree, and prune the first one. Content that another program appends meanwhile stays.
func TestRandomSitesAreUndone(t *testing.T) {
	fewer(t, "40")
	rapid.Check(t, func(t *rapid.T) {
		u := newUndone(t)
		defer os.RemoveAll(u.dir)
		trees := []map[string]string{u.tree()}
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			u.apply(u.draw())
			if now := u.tree(); !maps.Equal(now, trees[len(trees)-1]) {
				trees = append(trees, now)
			}
		}
		if rapid.Bool().Draw(t, "rollback") {
			for i := len(trees) - 2; i >= 0; i-- {
				u.must("rollback")
				u.compare(trees[i])
			}
			return
		}
		want := trees[0]
		if rapid.Bool().Draw(t, "edited") {
			want["/etc/hosts"] += "# theirs\n"
			u.write("/etc/hosts", u.tree()["/etc/hosts"]+"# theirs\n")
		}
		u.apply("locals { nothing = true }\n", "--prune")
		u.compare(want)
	})
}

// undone is a tree, with converge's state for it.
type undone struct {
	t   *rapid.T
	dir string
}

// givenFiles is the tree before converge: files with lines of other owners.
func givenFiles() map[string]string {
	return map[string]string{
		"/etc/passwd":                      "root:x:0:0:root:/root:/bin/sh\n",
		"/etc/ssh/sshd_config":             "# head\n#Port 22\nPermitRootLogin yes\n\nMatch User bob\n  X11Forwarding no\n",
		"/etc/default/grub":                "GRUB_DEFAULT=0\n#GRUB_X=1\nGRUB_CMDLINE=\"quiet\"\n",
		"/etc/app.ini":                     "[a]\nx = 1\ny=2\n; c\n[b]\nz = 3\n",
		"/etc/app.yaml":                    "network:\n  ethernets:\n    eth0:\n      dhcp4: true # c\n",
		"/etc/app.toml":                    "title = \"x\"\n[tool]\nname = \"n\" # c\nlist = [1, 2]",
		"/etc/app.json":                    "{\n  // c\n  \"a\": 1,\n  \"b\": {\"c\": [1,2]}\n}\n",
		"/etc/crlf.conf":                   "a=1\r\nb=2\r\n",
		"/etc/hosts":                       "127.0.0.1 localhost\n127.0.1.1 old\n",
		"/etc/hostname":                    "old\n",
		"/etc/fstab":                       "# fstab\nUUID=1 / ext4 defaults 0 1\ntmpfs /dev/shm tmpfs defaults 0 0\n",
		"/etc/timezone":                    "Etc/UTC\n",
		"/usr/share/zoneinfo/Europe/Paris": "TZif2",
		"/usr/share/zoneinfo/Asia/Tokyo":   "TZif2",
		"/bin/true":                        "",
		"/etc/cron.d/.placeholder":         "",
		"/etc/sysctl.d/README":             "",
		"/etc/modprobe.d/README":           "",
		"/etc/modules-load.d/README":       "",
		"/etc/systemd/system/README":       "",
		"/mnt/README":                      "",
		"/srv/README":                      "",
	}
}

func newUndone(t *rapid.T) *undone {
	dir, err := os.MkdirTemp("", "undone")
	if err != nil {
		t.Fatal(err)
	}
	u := &undone{t, dir}
	for name, text := range givenFiles() {
		u.write(name, text)
	}
	return u
}

func (u *undone) check(err error) {
	u.t.Helper()
	if err != nil {
		u.t.Fatal(err)
	}
}

func (u *undone) write(name, text string) {
	at := filepath.Join(u.dir, "root", name)
	u.check(os.MkdirAll(filepath.Dir(at), 0o755))
	u.check(os.WriteFile(at, []byte(text), 0o755))
}

// tree returns the text of each file, and the target of each link.
func (u *undone) tree() map[string]string {
	out := map[string]string{}
	root := filepath.Join(u.dir, "root")
	u.check(filepath.WalkDir(root, func(at string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(at, root)
		switch {
		case d.IsDir():
			out[name] = "folder"
		case d.Type().IsRegular():
			text, err := os.ReadFile(at)
			out[name] = string(text)
			return err
		default:
			target, err := os.Readlink(at)
			out[name] = "-> " + target
			return err
		}
		return nil
	}))
	return out
}

func (u *undone) compare(want map[string]string) {
	u.t.Helper()
	have := u.tree()
	for _, name := range differing(have, want) {
		u.t.Errorf("%s is %q, and was %q", name, have[name], want[name])
	}
	if u.t.Failed() {
		u.t.FailNow()
	}
}

// apply plans and applies a site. A refused plan is not applied.
func (u *undone) apply(manifest string, more ...string) {
	u.t.Helper()
	site := filepath.Join(u.dir, "site.hcl")
	u.check(os.WriteFile(site, []byte(manifest), 0o644))
	before := u.tree()
	if _, err := u.run(append([]string{"plan", site}, more...)...); err != nil {
		u.compare(before)
		return
	}
	u.compare(before)
	u.must(append([]string{"apply", site}, more...)...)
	if out := u.must(append([]string{"plan", site}, more...)...); !strings.Contains(out, "Nothing to do") {
		u.t.Fatalf("a second plan of\n%s\n%s", manifest, out)
	}
}

func (u *undone) must(args ...string) string {
	u.t.Helper()
	out, err := u.run(args...)
	if err != nil {
		u.t.Fatalf("converge %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// run runs the program in this process, and returns its output.
func (u *undone) run(args ...string) (string, error) {
	var out bytes.Buffer
	env := &environ.Env{Version: testVersion, In: strings.NewReader(""), Out: &out, Err: &out, Vars: []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, UID: 0}
	root := newRootCommand(env)
	root.SetArgs(append(args[:1:1], append([]string{"--root", filepath.Join(u.dir, "root"), "--state", filepath.Join(u.dir, "state")}, args[1:]...)...))
	ctx := context.Background()
	if status := env.Report(ctx, root.ExecuteContext(ctx)); status != 0 {
		return out.String(), fmt.Errorf("exit status %d", status)
	}
	return out.String(), nil
}

// draw returns a manifest of some of the pieces.
func (u *undone) draw() string {
	pieces := drawnPieces()
	var site strings.Builder
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(pieces)-1), 1, 9, rapid.ID[int]).Draw(u.t, "pieces") {
		site.WriteString(rapid.SampledFrom(pieces[i]).Draw(u.t, "piece"))
	}
	return site.String()
}

// drawnPieces returns the pieces of sites, each in some versions. Two pieces never write the same part.
func drawnPieces() [][]string {
	setting := func(label, path, section, key string, values ...string) (out []string) {
		for _, v := range values {
			where := ""
			if section != "" {
				where = fmt.Sprintf("  section = %q\n", section)
			}
			out = append(out, fmt.Sprintf("setting %q {\n  path = %q\n%s  key = %q\n  value = %s\n}\n", label, path, where, key, v))
		}
		return out
	}
	return [][]string{
		setting("root", "/etc/ssh/sshd_config", "", "PermitRootLogin", `"no"`, `"prohibit-password"`),
		setting("port", "/etc/ssh/sshd_config", "", "Port", `"22"`, `"2222"`),
		setting("x11", "/etc/ssh/sshd_config", "Match User bob", "X11Forwarding", `"yes"`),
		setting("grub", "/etc/default/grub", "", "GRUB_X", `"1"`, `"a b"`),
		setting("quiet", "/etc/default/grub", "", "GRUB_CMDLINE", `"quiet splash"`, `""`),
		setting("x", "/etc/app.ini", "a", "x", `"5"`, `"6"`),
		setting("newb", "/etc/app.ini", "b", "new", `"5"`, `"6"`),
		setting("newc", "/etc/app.ini", "c", "new", `"5"`, `"6"`),
		setting("dhcp", "/etc/app.yaml", "network.ethernets.eth0", "dhcp4", "false"),
		setting("mtu", "/etc/app.yaml", "network.ethernets.eth1", "mtu", "1500", "9000"),
		setting("name", "/etc/app.toml", "tool", "name", `"q"`, `"r"`),
		setting("k", "/etc/app.toml", "new.tab", "k", "1", "[1, 2, 3]"),
		setting("ja", "/etc/app.json", "", "a", "2", `"x"`),
		setting("jc", "/etc/app.json", "b", "c", "[3]", "{ d = 1 }"),
		setting("jn", "/etc/app.json", "p.q", "n", "3", "true"),
		{
			"line \"db\" {\n  path = \"/etc/hosts\"\n  match = \" db$\"\n  line = \"10.0.0.1 db\"\n}\n", "line \"db\" {\n  path = \"/etc/hosts\"\n  match = \" db$\"\n  line = \"10.0.0.2 db\"\n}\n",
			"line \"db\" {\n  path = \"/etc/hosts\"\n  match = \" db$\"\n  ensure = \"absent\"\n}\n",
		},
		{"line \"six\" {\n  path = \"/etc/hosts\"\n  line = \"::1 six\"\n}\n", "line \"six\" {\n  path = \"/etc/hosts\"\n  line = \"::1 six\"\n  after = \"localhost\"\n}\n"},
		{"block \"b\" {\n  path = \"/etc/hosts\"\n  content = \"1.1.1.1 a\\n2.2.2.2 b\\n\"\n}\n", "block \"b\" {\n  path = \"/etc/hosts\"\n  content = \"\"\n}\n"},
		{"block \"made\" {\n  path = \"/etc/made.conf\"\n  create = true\n  content = \"p\\n\"\n}\n", "block \"made\" {\n  path = \"/etc/made.conf\"\n  create = true\n  content = \"q\\nr\\n\"\n}\n"},
		{"sysctl \"vm.swappiness\" { value = 10 }\n", "sysctl \"vm.swappiness\" { value = 20 }\n"},
		{"kernel_module \"br_netfilter\" {}\n", "kernel_module \"br_netfilter\" { options = { a = \"1\" } }\n"},
		{"kernel_module \"cramfs\" { disabled = true }\n"},
		{"mount \"/dev/shm\" {\n  type = \"tmpfs\"\n  device = \"tmpfs\"\n  options = [\"nosuid\", \"nodev\"]\n}\n", "mount \"/dev/shm\" {\n  type = \"tmpfs\"\n  device = \"tmpfs\"\n  options = [\"noexec\"]\n}\n"},
		{"mount \"/mnt\" {\n  type = \"ext4\"\n  device = \"/dev/sdb1\"\n}\n"},
		{"hostname \"web1\" {}\n", "hostname \"web2\" {}\n"},
		{"timezone \"Europe/Paris\" {}\n", "timezone \"Asia/Tokyo\" {}\n"},
		{"cron \"job\" {\n  schedule = \"1 2 * * *\"\n  user = \"root\"\n  command = \"echo 50%\"\n}\n", "cron \"job\" {\n  schedule = \"@daily\"\n  user = \"root\"\n  command = \"true\"\n}\n"},
		{"unit \"ssh.service\" {\n  verify = false\n  drop_in = \"start\"\n  sections = { Service = { Nice = [\"1\"] } }\n}\n", "unit \"ssh.service\" {\n  verify = false\n  drop_in = \"start\"\n  sections = { Service = { Nice = [\"2\"] } }\n}\n"},
		{"timer \"bk\" {\n  command = [\"/bin/true\", \"a\"]\n  calendar = \"daily\"\n}\n", "timer \"bk\" {\n  command = [\"/bin/true\", \"b\"]\n  calendar = \"hourly\"\n}\n"},
		{"file \"/etc/new.conf\" { content = \"a\\n\" }\n", "file \"/etc/new.conf\" {\n  content = \"b\\n\"\n  mode = \"0600\"\n}\n"},
		{"directory \"/srv/d\" {}\nfile \"/srv/d/x\" { content = \"1\" }\n", "directory \"/srv/d\" { mode = \"0700\" }\n"},
	}
}
