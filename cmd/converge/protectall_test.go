package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/app/kinds"
	"converge/internal/resource"
)

// protectCase is a resource of one kind that a run makes in a tree.
type protectCase struct {
	given  map[string]string // files of the tree
	beside map[string]string // files beside the manifest
	block  string            // PROTECT is replaced by the mark
	leaves string            // an empty folder that stays once the thing is gone; "": none does
	absent string            // what declares the thing absent, or without one of its sides; "": nothing does
}

// withoutTrees returns the kinds that [protectCases] cannot show, with the reasons.
func withoutTrees() map[string]string {
	const live = "see TestProtectedFromOthersLive"
	return map[string]string{
		"check": "it makes nothing", "exec": "it makes nothing that is known", "reboot": "it makes nothing",
		"debconf": "a tree needs its perl: " + live, "locale": "a tree needs its localedef: " + live,
		"user": "a tree needs its tools: " + live, "group": "a tree needs its tools: " + live, "sudoers": "a tree needs its visudo: " + live,
	}
}

func protectCases() map[string][]protectCase {
	file := func(kind, attrs string) protectCase {
		return protectCase{block: kind + ` "/etc/x" {` + "\n" + attrs + "\nPROTECT\n}", absent: kind + ` "/etc/x" { ensure = "absent" }`}
	}
	part := func(kind, name, attrs, own string) protectCase {
		head := kind + ` "` + name + `" {` + "\n" + attrs + "\n"
		return protectCase{given: map[string]string{"etc/x.conf": "# a\nother=1\n"}, block: head + own + "\nPROTECT\n}", absent: head + "ensure = \"absent\"\n}"}
	}
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsABgH5C9okWi0dh2l9GKJl"
	swapSpace := strings.Repeat("\x00", 4086) + "SWAPSPACE2"
	units := map[string]string{"etc/systemd/system/.keep": "", "bin/true": "#!/bin/sh\n", "usr/lib/systemd/systemd": "", "etc/passwd": accounts}
	return map[string][]protectCase{
		"file":           {file("file", `content = "a"`)},
		"template":       {file("template", `inline = "a"`)},
		"directory":      {file("directory", ``)},
		"link":           {file("link", `target = "/etc"`)},
		"setting":        {part("setting", "key", "path = \"/etc/x.conf\"\nformat = \"keyvalue\"", "value = 1")},
		"line":           {part("line", "l", "path = \"/etc/x.conf\"\nline = \"a line\"", "")},
		"block":          {part("block", "b", `path = "/etc/x.conf"`, "content = \"b\\n\"")},
		"authorized_key": {part("authorized_key", "k", "path = \"/etc/x.conf\"\nkey = \""+key+"\"", "")},
		"known_host":     {part("known_host", "h.example.org", "path = \"/etc/x.conf\"", "keys = [\""+key+"\"]")},
		"sysctl": {
			{given: map[string]string{"etc/sysctl.d/.keep": ""}, block: "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}", absent: `sysctl "vm.swappiness" { ensure = "absent" }`},
			{given: map[string]string{"etc/sysctl.d/60-converge.conf": "# a\nvm.other=1\n"}, block: "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}", absent: `sysctl "vm.swappiness" { ensure = "absent" }`},
		},
		"kernel_module": {
			{given: map[string]string{"etc/modprobe.d/.keep": "", "etc/modules-load.d/.keep": ""}, block: "kernel_module \"dummy\" {\noptions = { a = 1 }\nPROTECT\n}", absent: `kernel_module "dummy" { ensure = "absent" }`},
			{given: map[string]string{"etc/modprobe.d/zz-converge.conf": "options dummy b=1\n", "etc/modules-load.d/.keep": ""}, block: "kernel_module \"dummy\" { PROTECT }", absent: `kernel_module "dummy" { ensure = "absent" }`},
		},
		"mount": {{given: map[string]string{"etc/fstab": fstab, "x/.keep": ""}, block: "mount \"/x\" {\ndevice = \"tmpfs\"\ntype = \"tmpfs\"\nPROTECT\n}", absent: `mount "/x" { ensure = "absent" }`}},
		"swap": {
			{given: map[string]string{"etc/fstab": fstab, "dev/vdb": swapSpace}, block: `swap "/dev/vdb" { PROTECT }`, absent: `swap "/dev/vdb" { ensure = "absent" }`},
			{given: map[string]string{"etc/fstab": fstab, "dev/vdb": swapSpace}, block: `swap "/dev/vdb" { PROTECT }`, absent: `swap "*" { ensure = "absent" }`},
		},
		"archive": {{
			given: map[string]string{"srv/.keep": ""}, beside: map[string]string{"app.tar": tarOf("one", "two")},
			block: "archive \"/srv/app\" {\nsource = \"app.tar\"\nPROTECT\n}", absent: "archive \"/srv/app\" {\nsource = \"app.tar\"\nensure = \"absent\"\n}",
		}},
		"tree": {{
			given: map[string]string{"srv/.keep": ""}, beside: map[string]string{"app/one": "one", "app/sub/two": "two"},
			block: "tree \"/srv/app\" {\nsource = \"app\"\nPROTECT\n}", absent: `file "/srv/app/sub/two" { ensure = "absent" }`,
		}},
		"hostname": {{given: map[string]string{"etc/hosts": "127.0.0.1 localhost\n"}, block: `hostname "web1" { PROTECT }`}},
		"timezone": {{given: map[string]string{"usr/share/zoneinfo/Etc/UTC": "TZif2"}, block: `timezone "Etc/UTC" { PROTECT }`}},
		"unit":     {{given: units, block: "unit \"u.service\" {\nsections = { Service = { ExecStart = \"/bin/true\" } }\nPROTECT\n}", absent: `unit "u.service" { ensure = "absent" }`}},
		"timer":    {{given: units, block: "timer \"t\" {\ncalendar = \"daily\"\ncommand = [\"/bin/true\"]\nPROTECT\n}", absent: `timer "t" { ensure = "absent" }`}},
		"cron":     {{given: map[string]string{"etc/cron.d/.keep": "", "etc/passwd": accounts}, block: "cron \"c\" {\nschedule = \"@daily\"\ncommand = \"true\"\nPROTECT\n}", absent: `cron "c" { ensure = "absent" }`}},
		"package": {{
			given:  map[string]string{"usr/local/stow/app/1.0/bin/tool": "x", "usr/local/bin/.keep": ""},
			leaves: "usr/local/stow/app/:config",
			block:  "package \"app\" {\nprovider = \"stow2\"\nPROTECT\n}", absent: "package \"app\" {\nprovider = \"stow2\"\nensure = \"absent\"\n}",
		}},
		"service":    {{given: map[string]string{"usr/lib/systemd/systemd": "", "etc/systemd/system/s.service": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"}, block: "service \"s\" {\nenabled = true\nPROTECT\n}", absent: `service "s" { enabled = false }`}},
		"repository": {{given: map[string]string{"etc/apt/sources.list.d/.keep": "", "etc/apt/keyrings/.keep": "", "var/lib/dpkg/status": "", "usr/bin/apt-get": ""}, block: "repository \"r\" {\nprovider = \"apt\"\nurl = \"file:///srv/r\"\nsuites = [\"./\"]\ntrusted = true\nPROTECT\n}", absent: "repository \"r\" {\nprovider = \"apt\"\nensure = \"absent\"\n}"}},
	}
}

// TestProtectedThingsStay: a protected resource of any kind is neither pruned, nor removed by another site, nor undone
// by a rollback. The refusal names the place.
func TestProtectedThingsStay(t *testing.T) {
	t.Parallel()
	cases, without := protectCases(), withoutTrees()
	for _, k := range kinds.New().All() {
		if (len(cases[k.Name]) > 0) == (without[k.Name] != "") {
			t.Errorf("the kind %s needs a row, or a reason why it has none", k.Name)
		}
	}
	for kind, rows := range cases {
		for _, c := range rows {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				c.check(t)
			})
		}
	}
}

func (c protectCase) check(t *testing.T) {
	h := newSecretHost(t, secretCase{given: c.given})
	for name, text := range c.beside {
		h.write(name, text)
	}
	found := h.tree()
	h.apply(strings.ReplaceAll(c.block, "PROTECT", "protect = true"))
	before := h.tree()
	refused := func(status int, args ...string) {
		t.Helper()
		out, err := h.run(args...)
		if (status == 0) != (err == nil) || !strings.Contains(out, "protected by ") || !strings.Contains(out, "site.hcl:2)") {
			t.Errorf("converge %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		h.want(before, out)
	}
	refused(1, "rollback")
	refused(1, "rollback", "--force")
	if c.absent != "" {
		other := filepath.Join(h.dir, "other.hcl")
		h.write("other.hcl", "settings { name = \"other\" }\n"+c.absent+"\n")
		refused(1, "plan", other)
		refused(1, "apply", other)
		h.write("other.hcl", "settings { name = \"other\" }\n")
		h.must("apply", other)
	}
	site := filepath.Join(h.dir, "site.hcl")
	open := strings.ReplaceAll(c.block, "PROTECT", "")
	if k := kindNamed(strings.Fields(c.block)[0]); k.Restores || hasEnsure(k) {
		h.write("site.hcl", "settings { name = \"s\" }\n")
		refused(0, "plan", "--prune", site)
		h.must("apply", "--prune", site)
		h.want(before, "")
		h.apply(open)
		h.apply("", "--prune")
		if c.leaves != "" {
			if err := os.Remove(filepath.Join(h.dir, "root", c.leaves)); err != nil {
				t.Error(err)
			}
		}
		h.want(found, "prune once it is not protected")
		return
	}
	h.apply(open)
	h.want(found, h.must("rollback"))
}

func kindNamed(name string) *resource.Kind { return kinds.New().Find(name) }

func hasEnsure(k *resource.Kind) bool {
	return slices.ContainsFunc(k.Attrs, func(a resource.Attr) bool { return a.Name == "ensure" })
}
