package main

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kindCase is a kind with many resources, numbered, for the benchmark.
type kindCase struct {
	name string
	text func(i int) string
}

// kindCases are the kinds that read something of the machine that other resources also read, or that have files of their
// own.
func kindCases() []kindCase {
	part := func(kind, label, path, rest string) string {
		return fmt.Sprintf("%s %q {\n  path = %q\n%s  create = true\n}\n", kind, label, path, rest)
	}
	typed := func(ext string) func(i int) string {
		return func(i int) string {
			return part("setting", fmt.Sprint(ext, i), fmt.Sprintf("/etc/app%d.%s", i%3, ext), fmt.Sprintf("  section = \"a.b\"\n  key = \"key%d\"\n  value = %d\n", i, i))
		}
	}
	return []kindCase{
		{"keyvalue", func(i int) string {
			return part("setting", fmt.Sprint("KEY_", i), "/etc/default/app", fmt.Sprintf("  value = %d\n", i))
		}},
		{"space", func(i int) string {
			return part("setting", fmt.Sprint("Key", i), "/etc/ssh/sshd_config.d/app.conf", fmt.Sprintf("  value = %d\n", i))
		}},
		{"ini", func(i int) string {
			return part("setting", fmt.Sprint("ini", i), fmt.Sprintf("/etc/app%d.ini", i%3), fmt.Sprintf("  section = \"main\"\n  key = \"key%d\"\n  value = %d\n", i, i))
		}},
		{"toml", typed("toml")},
		{"yaml", typed("yaml")},
		{"json", typed("json")},
		{"line", func(i int) string {
			return part("line", fmt.Sprint("l", i), "/etc/lines", fmt.Sprintf("  line = \"line %d\"\n", i))
		}},
		{"block", func(i int) string {
			return part("block", fmt.Sprint("b", i), "/etc/blocks", fmt.Sprintf("  content = \"block %d\\n\"\n", i))
		}},
		{"sysctl", func(i int) string { return fmt.Sprintf("sysctl \"net.x.key%d\" {\n  value = %d\n}\n", i, i) }},
		{"kernel_module", func(i int) string { return fmt.Sprintf("kernel_module \"module%d\" {}\n", i) }},
		{"mount", func(i int) string {
			return fmt.Sprintf("mount \"/mnt/m%d\" {\n  device = \"tmpfs\"\n  type = \"tmpfs\"\n  options = [\"size=%dM\"]\n}\n", i, i+1)
		}},
		{"swap", func(i int) string { return fmt.Sprintf("swap \"/dev/disk/swap%d\" {\n  priority = %d\n}\n", i, i) }},
		{"unit", func(i int) string {
			return fmt.Sprintf("unit \"u%d.service\" {\n  verify = false\n  sections = { Service = { ExecStart = \"/usr/bin/true %d\" } }\n}\n", i, i)
		}},
		{"timer", func(i int) string {
			return fmt.Sprintf("timer \"t%d\" {\n  command = [\"/usr/bin/true\", \"%d\"]\n  calendar = \"daily\"\n}\n", i, i)
		}},
		{"cron", func(i int) string {
			return fmt.Sprintf("cron \"c%d\" {\n  schedule = \"30 2 * * *\"\n  user = \"root\"\n  command = [\"/usr/bin/true\", \"%d\"]\n}\n", i, i)
		}},
		{"sudoers", func(i int) string {
			return fmt.Sprintf("sudoers \"s%d\" {\n  content = \"# %d\\n\"\n}\n", i, i)
		}},
		{"authorized_key", func(i int) string {
			return fmt.Sprintf("authorized_key \"k%d\" {\n  user = \"u%d\"\n  key = %q\n}\n", i, i%5, benchKey(i))
		}},
		{"known_host", func(i int) string {
			return fmt.Sprintf("known_host \"h%d.example.com\" {\n  keys = [%q]\n}\n", i, benchKey(i))
		}},
		{"user", func(i int) string {
			return fmt.Sprintf("user \"u%d\" {\n  max_days = 90\n  min_days = 1\n  warn_days = 7\n}\n", i)
		}},
		{"debconf", func(i int) string {
			return fmt.Sprintf("debconf \"p%d\" {\n  answers = { \"p%d/q\" = { type = \"string\", value = \"v\" } }\n}\n", i, i)
		}},
		{"file", func(i int) string {
			return fmt.Sprintf("file \"/srv/f%d\" {\n  content = \"file %d\\n\"\n  mode = \"0644\"\n}\n", i, i)
		}},
		{"check", func(i int) string {
			return fmt.Sprintf("check \"c%d\" {\n  tcp = \"127.0.0.1:1\"\n  depends_on = [sysctl[\"net.x.key%d\"]]\n}\n", i, i)
		}},
		{"exec", func(i int) string {
			return fmt.Sprintf("exec \"e%d\" {\n  command = [\"/usr/bin/converge\", \"version\"]\n  triggers = { n = \"%d\" }\n}\n", i, i)
		}},
	}
}

// benchKey is a key of ssh, a different one for each number.
func benchKey(i int) string {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(i))
	public, _ := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	var blob []byte
	for _, field := range [][]byte{[]byte("ssh-ed25519"), public} {
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(field))), field...)
	}
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

// benchKinds measures 1,000 resources of all kinds that read the machine, including a tree and an archive, all of them
// as declared.
func benchKinds(b *testing.B, rows *[]row) {
	const n = 1000
	root, dir := b.TempDir(), b.TempDir()
	kindsRoot(b, root, n)
	cases := kindCases()
	text := kindsOnce(b, dir)
	for i := range n - strings.Count(text, "\n}\n") - treeSize {
		text += cases[i%len(cases)].text(i / len(cases))
	}
	writeFile(b, filepath.Join(dir, "site.hcl"), text)
	benchRight(b, rows, fmt.Sprintf("no-op apply %d of all kinds", n), root, dir, n)
}

// BenchmarkKinds measures each kind separately.
func BenchmarkKinds(b *testing.B) {
	const n = 1000
	var rows []row
	b.Cleanup(func() { removePrograms(b) })
	for _, c := range kindCases() {
		root, dir := b.TempDir(), b.TempDir()
		kindsRoot(b, root, n)
		var text strings.Builder
		for i := range n {
			if c.name == "check" {
				fmt.Fprintf(&text, "sysctl \"net.x.key%d\" {\n  value = 1\n}\n", i)
			}
			text.WriteString(c.text(i))
		}
		writeFile(b, filepath.Join(dir, "site.hcl"), text.String())
		benchRight(b, &rows, fmt.Sprintf("no-op apply %d %s", n, c.name), root, dir, n)
	}
	summary(rows)
}

// benchRight applies a site, and measures a run without changes.
func benchRight(b *testing.B, rows *[]row, what, root, site string, n int) {
	launch(b, "converge", "apply", "--root", root, site)
	contest{
		what: what, ours: []string{"apply", "--root", root, site},
		floor: []string{"sources", root, site}, bound: 2, n: n, says: "othing to do",
	}.run(b, rows)
}

// treeSize is the number of files in the tree of [kindsOnce].
const treeSize = 40

// kindsOnce returns resources of kinds that a host has once or a few times, with their sources.
func kindsOnce(b *testing.B, dir string) string {
	for i := range treeSize {
		writeFile(b, filepath.Join(dir, fmt.Sprintf("tree/f%d", i)), fmt.Sprintf("file %d\n", i))
	}
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for i := range 40 {
		content := fmt.Sprintf("file %d\n", i)
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("app/f%d", i), Mode: 0o644, Size: int64(len(content))}); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	writeFile(b, filepath.Join(dir, "app.tar"), packed.String())
	return fmt.Sprintf("archive \"/opt/app\" {\n  source = \"app.tar\"\n  sha256 = \"%x\"\n}\n", sha256.Sum256(packed.Bytes())) +
		"tree \"/etc/tree\" {\n  source = \"tree\"\n}\n" +
		"timezone \"Europe/Berlin\" {}\nhostname \"bench\" {}\nlocale \"C.UTF-8\" {\n  default = true\n}\n"
}

// kindsRoot makes the files that those kinds find on every host.
func kindsRoot(b *testing.B, root string, n int) {
	var passwd, shadow, group strings.Builder
	passwd.WriteString("root:x:0:0:root:/root:/bin/sh\n")
	shadow.WriteString("root:*:19000:0:99999:7:::\n")
	group.WriteString("root:x:0:\n")
	for i := range n {
		fmt.Fprintf(&passwd, "u%d:x:%d:%d::/home/u%d:/bin/sh\n", i, 1000+i, 1000+i, i)
		fmt.Fprintf(&shadow, "u%d:!:19000:1:90:7:::\n", i)
		fmt.Fprintf(&group, "u%d:x:%d:\n", i, 1000+i)
	}
	var answers strings.Builder
	for i := range n {
		fmt.Fprintf(&answers, "Name: p%d/q\nTemplate: p%d/q\nValue: v\nOwners: p%d\nFlags: seen\n\n", i, i, i)
	}
	for path, text := range map[string]string{
		"etc/passwd": passwd.String(), "etc/group": group.String(), "etc/os-release": "ID=debian\nVERSION_ID=12\n",
		"etc/default/x": "", "etc/sysctl.d/x": "", "etc/modules-load.d/x": "", "etc/fstab": "", "etc/cron.d/x": "", "etc/sudoers.d/x": "",
		"etc/ssh/sshd_config.d/x": "", "etc/systemd/system/x": "", "usr/lib/systemd/system/x": "", "usr/lib/systemd/systemd": "",
		"usr/bin/true": "#!/bin/sh\n", "etc/hosts": "127.0.0.1 localhost\n", "usr/share/zoneinfo/Europe/Berlin": "TZif2",
		"etc/debconf.conf": debconfConf, "var/cache/debconf/config.dat": answers.String(), "var/cache/debconf/passwords.dat": "",
		"var/cache/debconf/templates.dat": "", "srv/x": "", "mnt/x": "", "opt/x": "", "dev/disk/x": "", "run/x": "", "var/lib/dpkg/status": "",
	} {
		writeFile(b, filepath.Join(root, path), text)
	}
	writeFile(b, filepath.Join(root, "etc/shadow"), shadow.String())
	ps, err := programs()
	if err != nil {
		b.Fatal(err)
	}
	program, err := os.ReadFile(ps["converge"]) // it must not need a library in the root
	if err != nil {
		b.Fatal(err)
	}
	writeFile(b, filepath.Join(root, "usr/bin/converge"), string(program))
	for _, name := range []string{"true", "converge"} {
		if err := os.Chmod(filepath.Join(root, "usr/bin", name), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	for i := range n { // present already, because not every host has visudo
		path := filepath.Join(root, fmt.Sprintf("etc/sudoers.d/s%d", i))
		writeFile(b, path, fmt.Sprintf("# %d\n", i))
		if err := os.Chmod(path, 0o440); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 5 {
		home := filepath.Join(root, fmt.Sprintf("home/u%d", i))
		if err := os.MkdirAll(home, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.Chown(home, 1000+i, 1000+i); err != nil {
			b.Skipf("needs the right to give files away: %v", err)
		}
	}
}

// debconfConf is Debian's file, shortened.
const debconfConf = `Config: configdb
Templates: templatedb

Name: config
Driver: File
Mode: 644
Reject-Type: password
Filename: /var/cache/debconf/config.dat

Name: passwords
Driver: File
Mode: 600
Accept-Type: password
Filename: /var/cache/debconf/passwords.dat

Name: configdb
Driver: Stack
Stack: config, passwords

Name: templatedb
Driver: File
Mode: 644
Filename: /var/cache/debconf/templates.dat
`
