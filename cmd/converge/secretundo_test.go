package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secretCase is an attribute of one kind that may contain a secret.
type secretCase struct {
	name   string
	given  map[string]string // files of the tree
	block  string            // VALUE is replaced by the value, sensitive or not
	values [2]string         // two values, each an expression
	echoed bool              // with --root the live value is reported as wanted, and kept as the original
	absent string            // what declares the thing absent; "": it cannot be declared so
}

const (
	accounts = "root:x:0:0:root:/root:/bin/sh\n"
	fstab    = "# by hand\ntmpfs /tmp tmpfs nosuid 0 0\n"
)

func secretCases() []secretCase {
	q := [2]string{`"canary-one"`, `"canary-two"`}
	return []secretCase{
		{name: "file content", block: `file "/etc/x" { content = VALUE }`, values: q, absent: `file "/etc/x" { ensure = "absent" }`},
		{name: "template vars", block: `template "/etc/x" {
  inline = "a {{.a}}\n"
  vars   = { a = VALUE }
}`, values: q, absent: `template "/etc/x" { ensure = "absent" }`},
		{name: "link target", block: `link "/etc/x" { target = VALUE }`, values: q, absent: `link "/etc/x" { ensure = "absent" }`},
		{
			name: "setting of a new file", block: `setting "KEY" {
  path   = "/etc/x.conf"
  format = "keyvalue"
  create = true
  value  = VALUE
}`, values: q, absent: `setting "KEY" {
  path   = "/etc/x.conf"
  format = "keyvalue"
  ensure = "absent"
}`,
		},
		{
			name: "setting", given: map[string]string{"etc/x.conf": "# a\nKEY=old # b\nOTHER=1\n"}, values: q,
			block: "setting \"KEY\" {\n  path   = \"/etc/x.conf\"\n  format = \"keyvalue\"\n  value = VALUE\n}", absent: "setting \"KEY\" {\n  path   = \"/etc/x.conf\"\n  format = \"keyvalue\"\n  ensure = \"absent\"\n}",
		},
		{
			name: "setting of toml", given: map[string]string{"etc/x.toml": "# a\nkey = 1979-05-27 # b\nother = 1\n"}, values: q,
			block: "setting \"key\" {\n  path  = \"/etc/x.toml\"\n  value = VALUE\n}", absent: "setting \"key\" {\n  path   = \"/etc/x.toml\"\n  ensure = \"absent\"\n}",
		},
		{
			name: "line", given: map[string]string{"etc/x.conf": "# a\nkey old\nother\n"}, values: [2]string{`"key canary-one"`, `"key canary-two"`},
			block: "line \"k\" {\n  path  = \"/etc/x.conf\"\n  match = \"^key \"\n  line  = VALUE\n}", absent: "line \"k\" {\n  path   = \"/etc/x.conf\"\n  match  = \"^key \"\n  ensure = \"absent\"\n}",
		},
		{
			name: "block", given: map[string]string{"etc/x.conf": "# a\nother\n"}, values: [2]string{`"canary-one\n"`, `"canary-two\n"`},
			block: "block \"b\" {\n  path    = \"/etc/x.conf\"\n  content = VALUE\n}", absent: "block \"b\" {\n  path   = \"/etc/x.conf\"\n  ensure = \"absent\"\n}",
		},
		{
			name: "sysctl value", echoed: true, given: map[string]string{"etc/sysctl.d/60-converge.conf": "# a\nkernel.core_pattern = old\n"}, values: q,
			block: `sysctl "kernel.core_pattern" { value = VALUE }`, absent: `sysctl "kernel.core_pattern" { ensure = "absent" }`,
		},
		{
			name: "kernel_module options", given: map[string]string{"etc/modprobe.d/zz-converge.conf": "# a\noptions dummy a=old\n", "etc/modules-load.d/x.conf": ""}, values: q,
			block: `kernel_module "dummy" { options = { a = VALUE } }`, absent: `kernel_module "dummy" { ensure = "absent" }`,
		},
		{
			name: "mount options", echoed: true, given: map[string]string{"etc/fstab": fstab + "tmpfs /x tmpfs noexec,mode=old 0 0\n"}, values: [2]string{`["mode=canary-one"]`, `["mode=canary-two"]`},
			block: "mount \"/x\" {\n  device  = \"tmpfs\"\n  type    = \"tmpfs\"\n  options = VALUE\n}", absent: `mount "/x" { ensure = "absent" }`,
		},
		{
			name: "mount device", echoed: true, given: map[string]string{"etc/fstab": fstab}, values: [2]string{`"//h/canary-one"`, `"//h/canary-two"`},
			block: "mount \"/x\" {\n  device = VALUE\n  type   = \"cifs\"\n}", absent: `mount "/x" { ensure = "absent" }`,
		},
		{
			name: "cron env", given: map[string]string{"etc/cron.d/.keep": "", "etc/passwd": accounts}, values: q,
			block: "cron \"c\" {\n  schedule = \"@daily\"\n  command  = \"true\"\n  env      = { A = VALUE }\n}", absent: `cron "c" { ensure = "absent" }`,
		},
		{
			name: "mount type", given: map[string]string{"etc/fstab": fstab}, values: q,
			block: "mount \"/x\" {\n  device = \"tmpfs\"\n  type   = VALUE\n  state  = \"saved\"\n}", absent: `mount "/x" { ensure = "absent" }`,
		},
		{
			name: "comment of a key", given: map[string]string{"etc/keys": ""},
			values: [2]string{`"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ canary-one"`, `"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ canary-two"`},
			block:  "authorized_key \"/etc/keys\" { key = VALUE }", absent: "authorized_key \"/etc/keys\" {\n  key    = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ\"\n  ensure = \"absent\"\n}",
		},
		{
			name: "unit section", given: map[string]string{"etc/systemd/system/.keep": "", "bin/true": "#!/bin/sh\n"}, values: [2]string{`"A=canary-one"`, `"A=canary-two"`},
			block: "unit \"u.service\" {\n  sections = { Service = { ExecStart = \"/bin/true\", Environment = VALUE } }\n}", absent: `unit "u.service" { ensure = "absent" }`,
		},
		{
			name: "timer env", given: map[string]string{"etc/systemd/system/timers.target.wants/.keep": "", "bin/true": "#!/bin/sh\n", "etc/passwd": accounts}, values: q,
			block: "timer \"t\" {\n  calendar = \"daily\"\n  command  = [\"/bin/true\"]\n  env      = { A = VALUE }\n}", absent: `timer "t" { ensure = "absent" }`,
		},
	}
}

// secretHost runs converge on a tree of its own.
type secretHost struct {
	*testing.T
	dir string
}

func newSecretHost(t *testing.T, c secretCase) *secretHost {
	t.Helper()
	h := &secretHost{t, t.TempDir()}
	h.write("root/etc/.keep", "")
	h.write("root/bin/sh", "")
	for name, text := range c.given {
		h.write("root/"+name, text)
	}
	return h
}

func (h *secretHost) write(name, text string) {
	h.Helper()
	p := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o755); err != nil {
		h.Fatal(err)
	}
}

// run runs converge, and returns what it prints.
func (h *secretHost) run(args ...string) (string, error) {
	h.Helper()
	cmd := exec.Command("converge", append(args[:1:1], append([]string{"--root", filepath.Join(h.dir, "root"), "--state", filepath.Join(h.dir, "state")}, args[1:]...)...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h *secretHost) must(args ...string) string {
	h.Helper()
	out, err := h.run(args...)
	if err != nil {
		h.Fatalf("converge %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (h *secretHost) apply(manifest string, args ...string) {
	h.Helper()
	h.write("site.hcl", "settings { name = \"s\" }\n"+manifest+"\n")
	h.must(append([]string{"apply", filepath.Join(h.dir, "site.hcl")}, args...)...)
}

func (h *secretHost) tree() map[string]string { return treeOf(h.T, filepath.Join(h.dir, "root")) }

func (h *secretHost) want(before map[string]string, out string) {
	h.Helper()
	if d := cmp.Diff(before, h.tree()); d != "" {
		h.Errorf("the tree is not as it was (-before +after):\n%s\n%s", d, out)
	}
}

func (c secretCase) plain(i int) string { return strings.ReplaceAll(c.block, "VALUE", c.values[i]) }

func (c secretCase) secret(i int) string {
	return strings.ReplaceAll(c.block, "VALUE", "sensitive("+c.values[i]+")")
}

// TestSecretsAreTakenBack changes each attribute that may be sensitive and undoes that: the last run by rollback, and
// all runs by prune.
func TestSecretsAreTakenBack(t *testing.T) {
	t.Parallel()
	for _, c := range secretCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			steps := map[string][2]string{
				"secret to secret": {c.secret(0), c.secret(1)},
				"plain to secret":  {c.plain(0), c.secret(1)},
				"secret to plain":  {c.secret(0), c.plain(1)},
			}
			if c.absent != "" {
				steps["secret to absent"] = [2]string{c.secret(0), c.absent}
			}
			for name, step := range steps {
				t.Run(name, func(t *testing.T) {
					h := newSecretHost(t, c)
					h.apply(step[0])
					before := h.tree()
					h.apply(step[1])
					after := h.tree()
					if cmp.Equal(before, after) {
						t.Fatal("the second run has changed nothing")
					}
					h.want(before, h.must("rollback"))
					h.want(after, h.must("rollback", "last")) // of the rollback
				})
			}
			t.Run("found and pruned", func(t *testing.T) {
				h := newSecretHost(t, c)
				before := h.tree()
				h.apply(c.secret(0))
				h.apply(c.secret(1))
				h.apply("", "--prune")
				h.want(before, "")
			})
			t.Run("plain and pruned", func(t *testing.T) {
				h := newSecretHost(t, c)
				before := h.tree()
				h.apply(c.plain(0))
				h.apply(c.secret(1))
				h.apply("", "--prune")
				h.want(before, "")
			})
		})
	}
}
