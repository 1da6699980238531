package main

import (
	"archive/tar"
	"bytes"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"converge/internal/app/kinds"
)

// attack is another site's declaration against a protected resource: one resource, by a kind.
type attack struct {
	kind, block string
	beside      string // a file in the folder "bad" beside the manifest; "": none
}

// protectedFiles returns the files that the resources of [protectCases] consist of or are parts of: removing or
// replacing them would undo the resource.
func protectedFiles() map[string][]string {
	const units = "/etc/systemd/system/"
	return map[string][]string{
		"file": {"/etc/x"}, "template": {"/etc/x"}, "directory": {"/etc/x"}, "link": {"/etc/x"},
		"setting": {"/etc/x.conf"}, "line": {"/etc/x.conf"}, "block": {"/etc/x.conf"}, "authorized_key": {"/etc/x.conf"}, "known_host": {"/etc/x.conf"},
		"sysctl": {"/etc/sysctl.d/60-converge.conf"}, "kernel_module": {"/etc/modprobe.d/zz-converge.conf"},
		"mount": {"/etc/fstab"}, "swap": {"/etc/fstab"}, "hostname": {"/etc/hostname"}, "timezone": {"/etc/localtime"},
		"unit": {units + "u.service"}, "timer": {units + "t.timer", units + "t.service"},
		"cron": {"/etc/cron.d/c"}, "repository": {"/etc/apt/sources.list.d/r.sources"},
		"archive": {"/srv/app/sub/two"}, "tree": {"/srv/app/sub/two"},
	}
}

// attackFile returns the removals and replacements of a file by the kinds of paths.
func attackFile(file string) []attack {
	as := []attack{
		{"file", `file "` + file + `" { ensure = "absent" }`, ""},
		{"link", `link "` + file + "\" {\ntarget = \"/nowhere\"\nforce = true\n}", ""},
		{"tree", "tree \"" + path.Dir(file) + "\" {\nsource = \"bad\"\nforce = true\n}", path.Base(file)},
	}
	if dir := path.Dir(file); dir != "/etc" && dir != "/srv" {
		as = append(as, attack{"directory", `directory "` + dir + "\" {\nensure = \"absent\"\npurge = true\n}", ""})
	}
	return as
}

// attackOtherwise returns the attacks of other kinds than those of paths.
func attackOtherwise(kind string) []attack {
	all := map[string][][2]string{
		"block": {
			{"line", removeLine("/etc/x.conf", "^b$")}, {"line", removeLine("/etc/x.conf", "END b")}, {"line", "line \"l\" {\npath = \"/etc/x.conf\"\nmatch = \"^[bc]$\"\nline = \"c\"\n}"},
			{"block", "block \"b\" {\npath = \"/etc/x.conf\"\ncontent = \"c\\n\"\n}"},
		},
		"known_host": {{"line", removeLine("/etc/x.conf", "h[.]example")}},
		"timer": {
			{"service", `service "t.timer" { enabled = false }`},
			{"link", `link "/etc/systemd/system/timers.target.wants/t.timer" { ensure = "absent" }`},
			{"directory", "directory \"/etc/systemd/system/timers.target.wants\" {\nensure = \"absent\"\npurge = true\n}"},
			{"line", removeLine("/etc/systemd/system/t.timer", "OnCalendar")}, {"line", removeLine("/etc/systemd/system/t.service", "ExecStart")},
			{"unit", `unit "t.timer" { ensure = "absent" }`}, {"unit", "unit \"t.service\" {\nsections = { Service = { ExecStart = \"/bin/other\" } }\nverify = false\n}"},
		},
		"unit": {
			{"line", removeLine("/etc/systemd/system/u.service", "ExecStart")}, {"setting", "setting \"ExecStart\" {\npath = \"/etc/systemd/system/u.service\"\nformat = \"ini\"\nsection = \"Service\"\nvalue = \"/bin/sh\"\n}"}, {"timer", `timer "u" { ensure = "absent" }`}, {"unit", "unit \"u.service\" {\nsections = { Service = { ExecStart = \"/bin/sh\" } }\nverify = false\n}"},
		},
		"package": {
			{"link", `link "/usr/local/bin/tool" { ensure = "absent" }`}, {"file", `file "/usr/local/bin/tool" { ensure = "absent" }`},
			{"link", "link \"/usr/local/bin/tool\" {\ntarget = \"/nowhere\"\nforce = true\n}"},
			{"directory", "directory \"/usr/local/bin\" {\nensure = \"absent\"\npurge = true\n}"}, {"directory", "directory \"/usr/local/stow/app\" {\nensure = \"absent\"\npurge = true\n}"},
			{"file", `file "/usr/local/stow/app/1.0/bin/tool" { content = "y" }`}, {"file", `file "/usr/local/stow/app/1.0/bin/tool" { ensure = "absent" }`},
			{"line", "line \"l\" {\npath = \"/usr/local/stow/app/1.0/bin/tool\"\nline = \"y\"\n}"},
		},
		"service": {
			{"link", `link "/etc/systemd/system/multi-user.target.wants/s.service" { ensure = "absent" }`}, {"file", `file "/etc/systemd/system/multi-user.target.wants/s.service" { ensure = "absent" }`},
			{"link", "link \"/etc/systemd/system/multi-user.target.wants/s.service\" {\ntarget = \"/nowhere\"\nforce = true\n}"},
			{"directory", "directory \"/etc/systemd/system/multi-user.target.wants\" {\nensure = \"absent\"\npurge = true\n}"},
			{"unit", `unit "s.service" { ensure = "absent" }`}, {"timer", `timer "s" { ensure = "absent" }`}, {"file", `file "/etc/systemd/system/s.service" { ensure = "absent" }`},
		},
		"setting":       {{"setting", "setting \"key\" {\npath = \"/etc/x.conf\"\nformat = \"keyvalue\"\nvalue = 2\n}"}},
		"line":          {{"line", "line \"m\" {\npath = \"/etc/x.conf\"\nmatch = \"^a line$\"\nline = \"a line\"\nensure = \"absent\"\n}"}},
		"file":          {{"file", `file "/etc/x" { content = "b" }`}, {"template", `template "/etc/x" { inline = "b" }`}},
		"link":          {{"link", `link "/etc/x" { target = "/usr" }`}},
		"sysctl":        {{"sysctl", "sysctl \"vm.swappiness\" {\nvalue = 2\n}"}, {"line", removeLine("/etc/sysctl.d/60-converge.conf", "swappiness")}, {"setting", "setting \"vm.swappiness\" {\npath = \"/etc/sysctl.d/60-converge.conf\"\nformat = \"keyvalue\"\nensure = \"absent\"\n}"}},
		"kernel_module": {{"line", removeLine("/etc/modules-load.d/60-converge.conf", "dummy")}},
		"mount":         {{"line", removeLine("/etc/fstab", " /x ")}, {"line", "line \"l\" {\npath = \"/etc/fstab\"\nmatch = \"^tmpfs\"\nline = \"tmpfs /y tmpfs defaults 0 0\"\n}"}},
		"swap":          {{"line", removeLine("/etc/fstab", "vdb")}},
		"hostname":      {{"line", removeLine("/etc/hostname", "web1")}},
		"cron":          {{"line", removeLine("/etc/cron.d/c", "true")}},
		"repository":    {{"line", removeLine("/etc/apt/sources.list.d/r.sources", "URIs")}},
		"archive": {
			{"line", "line \"l\" {\npath = \"/srv/app/one\"\nline = \"x\"\n}"}, {"file", `file "/srv/app/one" { mode = "0600" }`},
			{"file", `file "/srv/app/one" { content = "x" }`}, {"directory", "directory \"/srv/app\" {\nensure = \"absent\"\npurge = true\n}"},
			{"directory", "directory \"/srv/app\" { purge = true }"}, {"directory", "directory \"/srv/app/sub\" { purge = true }"},
		},
		"tree": {{"file", `file "/srv/app/one" { content = "x" }`}},
	}
	var as []attack
	if kind == "archive" {
		as = append(as, attack{"tree", "tree \"/srv/app\" {\nsource = \"bad\"\npurge = true\n}", "other"})
	}
	for _, a := range all[kind] {
		as = append(as, attack{a[0], a[1], ""})
	}
	return as
}

// removeLine removes a line of a file, as another site.
func removeLine(file, match string) string {
	return "line \"l\" {\npath = \"" + file + "\"\nmatch = \"" + match + "\"\nensure = \"absent\"\n}"
}

// cannotAttack returns the kinds that can take nothing from a resource of another kind, with reasons.
func cannotAttack() map[string]string {
	const part, own = "it edits its own part of a file, and the whole of that is left", "it is about accounts, and makes no thing of another kind"
	return map[string]string{
		"archive": "it takes along what other sites declare below its path", "check": "it changes nothing", "reboot": "it changes nothing that is kept", "exec": "what a command does is not known",
		"package": "see TestPackageTakesWhatIsProtected, and TestPackageTakes of the engine", "authorized_key": part, "known_host": part, "mount": part, "swap": part,
		"hostname": part, "timezone": "it makes /etc/localtime alone", "locale": part, "kernel_module": part, "debconf": "it makes no file",
		"user": "see TestProtectedFromOthersLive", "group": own, "sudoers": "it makes a file in its own folder", "cron": "it makes a file in its own folder", "repository": "it makes files in the folders of managers",
	}
}

// TestProtectedFromOthers: whatever another site declares against a protected resource is refused, the refusal names the
// protecting site, and nothing is changed. Every kind either attacks or has a reason why it cannot.
func TestProtectedFromOthers(t *testing.T) {
	t.Parallel()
	cases, files, attackers := protectCases(), protectedFiles(), map[string]bool{}
	for _, kind := range slices.Sorted(maps.Keys(cases)) {
		attacks := attackOtherwise(kind)
		for _, file := range files[kind] {
			attacks = append(attacks, attackFile(file)...)
		}
		if len(attacks) == 0 {
			t.Errorf("nothing is tried against a %s", kind)
		}
		for _, a := range attacks {
			attackers[a.kind] = true
		}
		row := cases[kind][len(cases[kind])-1]
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			row.attack(t, attacks)
		})
	}
	for _, k := range kinds.New().All() {
		if why := cannotAttack()[k.Name]; attackers[k.Name] == (why != "") {
			t.Errorf("%s needs something that it tries, or a reason why it cannot", k.Name)
		}
	}
}

func (c protectCase) attack(t *testing.T, attacks []attack) {
	h := newSecretHost(t, secretCase{given: c.given})
	for name, text := range c.beside {
		h.write(name, text)
	}
	h.apply(strings.ReplaceAll(c.block, "PROTECT", "protect = true"))
	before := h.tree()
	for i, a := range attacks {
		dir := filepath.Join("others", strconv.Itoa(i))
		h.write(dir+"/site.hcl", "settings { name = \"other\" }\n"+a.block+"\n")
		if a.beside != "" {
			h.write(filepath.Join(dir, "bad", a.beside), "other")
		}
		out, err := h.run("apply", filepath.Join(h.dir, dir, "site.hcl"))
		isOther := strings.Contains(out, "cannot manage ") // no kind replaces a folder, or without force a link
		if err == nil || !isOther && !strings.Contains(out, "protected by ") {
			t.Errorf("%s\n%v: %s", a.block, err, out)
		}
		h.want(before, out)
	}
}

// TestPackageTakesWhatIsProtected: a package of a symlink farm stays in its target if its removal would remove a link
// that another site protects.
func TestPackageTakesWhatIsProtected(t *testing.T) {
	t.Parallel()
	h := newSecretHost(t, secretCase{given: map[string]string{"usr/local/stow/app/1.0/bin/tool": "x", "usr/local/bin/.keep": ""}})
	h.apply("package \"app\" { provider = \"stow2\" }\nlink \"/usr/local/bin/tool\" {\ntarget = \"../stow/app/1.0/bin/tool\"\nprotect = true\ndepends_on = [package.app]\n}")
	before := h.tree()
	h.write("other.hcl", "settings { name = \"other\" }\npackage \"app\" {\nprovider = \"stow2\"\nensure = \"absent\"\n}\n")
	out, err := h.run("apply", filepath.Join(h.dir, "other.hcl"))
	if err == nil || !strings.Contains(out, "it would remove /usr/local/bin/tool, which is protected by ") {
		t.Errorf("%v: %s", err, out)
	}
	h.want(before, out)
}

// TestSecretsOfProtectedThings: another site may not give another value to a resource that is protected with a secret
// one, of which the ledger contains only the digest. The same value is no change.
func TestSecretsOfProtectedThings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, block string }{
		{"setting", "setting \"key\" {\npath = \"/etc/x.conf\"\nformat = \"keyvalue\"\nvalue = VALUE\nPROTECT\n}"},
		{"sysctl", "sysctl \"vm.swappiness\" {\nvalue = VALUE\nPROTECT\n}"},
		{"block", "block \"b\" {\npath = \"/etc/x.conf\"\ncontent = \"${VALUE}\\n\"\nPROTECT\n}"},
		{"file", "file \"/etc/y\" {\ncontent = VALUE\nPROTECT\n}"},
		{"kernel_module", "kernel_module \"dummy\" {\noptions = { a = VALUE }\nPROTECT\n}"},
		{"mount", "mount \"/x\" {\ndevice = \"tmpfs\"\ntype = \"tmpfs\"\noptions = [\"size=${VALUE}\"]\nPROTECT\n}"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			h := newSecretHost(t, secretCase{given: map[string]string{"etc/x.conf": "# a\nother=1\n", "etc/sysctl.d/.keep": "", "etc/modprobe.d/.keep": "", "etc/modules-load.d/.keep": "", "etc/fstab": fstab, "x/.keep": ""}})
			put := func(protect, value string) string {
				return strings.NewReplacer("VALUE", value, "PROTECT", protect).Replace(c.block)
			}
			h.apply(put("protect = true", `sensitive("41")`))
			before := h.tree()
			for _, value := range []string{`sensitive("42")`, `"42"`, `sensitive("41")`} {
				h.write("other.hcl", "settings { name = \"other\" }\n"+put("", value)+"\n")
				out, err := h.run("apply", filepath.Join(h.dir, "other.hcl"))
				if same := strings.Contains(value, "41"); same != (err == nil) || !same && !strings.Contains(out, "protected by ") {
					t.Errorf("%s: %v: %s", value, err, out)
				}
				// The test's folder has a random number in its name, which may contain these digits.
				if strings.Contains(strings.ReplaceAll(out, h.dir, ""), "41") {
					t.Errorf("the secret is shown: %s", out)
				}
				h.want(before, out)
			}
		})
	}
}

// TestPlacedBesideProtectedBlock: another site's content that is placed by a line of a protected block goes beside it.
// The lines of the block stay, and a removal of that content removes nothing of the block.
func TestPlacedBesideProtectedBlock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ part, want string }{
		"line":  {"line \"l\" {\npath = \"/etc/x.conf\"\nafter = \"^b$\"\nline = \"beside\"\n}", "# a\n# BEGIN b\nb\n# END b\nbeside\n"},
		"block": {"block \"c\" {\npath = \"/etc/x.conf\"\nbefore = \"^b$\"\ncontent = \"beside\\n\"\n}", "# a\n# BEGIN c\nbeside\n# END c\n# BEGIN b\nb\n# END b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSecretHost(t, secretCase{given: map[string]string{"etc/x.conf": "# a\n"}})
			h.apply("block \"b\" {\npath = \"/etc/x.conf\"\ncontent = \"b\\n\"\nprotect = true\n}")
			before := h.tree()
			h.write("other.hcl", "settings { name = \"other\" }\n"+c.part+"\n")
			h.must("apply", filepath.Join(h.dir, "other.hcl"))
			if text, err := os.ReadFile(filepath.Join(h.dir, "root/etc/x.conf")); err != nil || string(text) != c.want {
				t.Errorf("the file is %q, %v", text, err)
			}
			h.write("other.hcl", "settings { name = \"other\" }\n")
			h.want(before, h.must("apply", "--prune", filepath.Join(h.dir, "other.hcl")))
		})
	}
}

// TestPartsOfProtectedSecrets: declarations of another site in the file of a protected secret part must not remove or
// change it; content placed by a line of it goes beside it.
func TestPartsOfProtectedSecrets(t *testing.T) {
	t.Parallel()
	at := func(attrs string) string { return "line \"l\" {\npath = \"/etc/x.conf\"\n" + attrs + "\n}" }
	for name, c := range map[string]struct {
		block   string
		attacks []string
	}{
		"block": {
			"block \"b\" {\npath = \"/etc/x.conf\"\ncontent = sensitive(\"one\\ntwo\\n\")\nPROTECT\n}",
			[]string{removeLine("/etc/x.conf", "^one$"), removeLine("/etc/x.conf", "BEGIN b"), at("after = \"^one$\"\nline = \"beside\""), at("match = \"^two$|^three$\"\nline = \"three\"")},
		},
		"line": {
			at("match = \"^one \"\nline = sensitive(\"one 1\")\nPROTECT"),
			[]string{removeLine("/etc/x.conf", "^one"), at("match = \"1$|^three$\"\nline = \"three\"")},
		},
		"setting": {
			"setting \"key\" {\npath = \"/etc/x.conf\"\nformat = \"keyvalue\"\nvalue = sensitive(\"one\")\nPROTECT\n}",
			[]string{removeLine("/etc/x.conf", "^key"), at("match = \"^key\"\nline = \"key=2\"")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSecretHost(t, secretCase{given: map[string]string{"etc/x.conf": "# a\nother=1\n"}})
			h.apply(strings.ReplaceAll(c.block, "PROTECT", "protect = true"))
			before := h.tree()
			for _, a := range append(c.attacks, at("match = \"^other\"\nline = \"other=2\"")) {
				h.write("other.hcl", "settings { name = \"other\" }\n"+a+"\n")
				out, err := h.run("plan", filepath.Join(h.dir, "other.hcl"))
				spares := strings.Contains(a, "other=2") || strings.Contains(a, "beside") // placed after the block
				if spares != (err == nil) || !spares && !strings.Contains(out, "protected by ") || strings.Contains(out, "one 1") {
					t.Errorf("%s\n%v: %s", a, err, out)
				}
				h.want(before, out)
			}
		})
	}
}

// tarOf returns an archive with one folder and two files with these texts.
func tarOf(one, two string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range map[string]string{"one": one, "sub/two": two} {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
		_, _ = w.Write([]byte(text))
	}
	_ = w.Close() // into a buffer
	return b.String()
}
