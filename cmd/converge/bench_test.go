package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkProgram compares the whole program, from its start to its exit, with the least that any program must do for
// the same result (internal/floor), in alternation. Ratios count: absolute figures depend more on the machine and its
// load.
//
// The bounds are only printed; exceeding one is not a failure, because a busy machine sometimes does.
func BenchmarkProgram(b *testing.B) {
	var rows []row
	b.Cleanup(func() { removePrograms(b) })
	// Create comes first: after the other benchmarks have removed files, ext4 avoids their inodes for some seconds, and
	// spends ten times the work on finding new ones.
	b.Run("create", func(b *testing.B) { benchCreate(b, &rows) })
	b.Run("undo", func(b *testing.B) { benchUndo(b, &rows, 1000) })
	b.Run("small", func(b *testing.B) { benchSmall(b, &rows) })
	b.Run("packages", func(b *testing.B) { benchPackages(b, &rows) })
	b.Run("noop", func(b *testing.B) { benchNoop(b, &rows) })
	b.Run("dropped", func(b *testing.B) { benchDropped(b, &rows) })
	b.Run("many", func(b *testing.B) { benchMany(b, &rows, "plan") })
	summary(rows)
}

// BenchmarkLarge measures slow cases, as [BenchmarkProgram] does, that show little that is new.
func BenchmarkLarge(b *testing.B) {
	var rows []row
	b.Cleanup(func() { removePrograms(b) })
	b.Run("undo", func(b *testing.B) { benchUndo(b, &rows, 10_000) })
	b.Run("kinds", func(b *testing.B) { benchKinds(b, &rows) })
	b.Run("proof", func(b *testing.B) { benchProof(b, &rows) })
	b.Run("many", func(b *testing.B) { benchMany(b, &rows, "validate") })
	summary(rows)
}

// benchSmall measures the plan of a handful of resources, for which a user waits.
func benchSmall(b *testing.B, rows *[]row) {
	root := b.TempDir()
	manifest := filepath.Join(b.TempDir(), "site.hcl")
	writeFile(b, manifest, `
variable "greeting" { default = "hello" }
directory "/srv/app" { mode = "0755" }
file "/srv/app/motd" {
  content = "${var.greeting} from ${path.module}\n"
  mode    = "0644"
}
template "conf" {
  path   = "/srv/app/app.conf"
  inline = "workers = {{ .workers }}\nname = {{ .name | upper }}\n"
  vars   = { workers = 4, name = "app" }
}
link "/srv/current" { target = "app" }
file "unit" {
  path    = "${directory["/srv/app"].path}/unit"
  content = "[Unit]\nDescription=app\n"
}
`)
	writeFile(b, filepath.Join(root, "srv/app/x"), "")
	launch(b, "converge", "apply", "--root", root, manifest)
	contest{
		what: "plan 5 resources", ours: []string{"plan", "--root", root, manifest}, floor: []string{"parse", manifest},
		bound: 3, n: 5,
	}.run(b, rows)
	contest{
		what: "apply 5 resources, no-op", ours: []string{"apply", "--root", root, manifest}, floor: []string{"parse", manifest},
		bound: 1.7, n: 5,
	}.run(b, rows)
	contest{what: "version", ours: []string{"version"}, floor: []string{"parse", manifest}}.run(b, rows)
}

// benchPackages has 200 packages in a database of realistic size, all installed.
func benchPackages(b *testing.B, rows *[]row) {
	const declared, installed = 200, 600
	root := b.TempDir()
	var status, manifest strings.Builder
	for i := range installed {
		fmt.Fprintf(&status, "%s\n", stanza(i))
		if i%3 == 0 && i/3 < declared {
			fmt.Fprintf(&manifest, "package \"bench-package-%d\" {\n  version = \"1.%d-1\"\n}\n\n", i, i)
		}
	}
	writeFile(b, filepath.Join(root, "var/lib/dpkg/status"), status.String())
	path := filepath.Join(b.TempDir(), "site.hcl")
	writeFile(b, path, manifest.String())
	contest{
		what: "plan 200 packages", ours: []string{"plan", "--root", root, path}, floor: []string{"packages", root, path},
		bound: 1.3, n: declared,
	}.run(b, rows)
}

// stanza returns a package as in dpkg's status file: about 1.2 kB, like most.
func stanza(i int) string {
	return fmt.Sprintf("Package: bench-package-%d\nStatus: install ok installed\nPriority: optional\nSection: utils\n"+
		"Installed-Size: %d\nMaintainer: A Maintainer <maintainer@example.org>\nArchitecture: amd64\nMulti-Arch: foreign\n"+
		"Version: 1.%d-1\nDepends: libc6 (>= 2.34), libsystemd0 (>= 246), libselinux1 (>= 3.1~), zlib1g (>= 1:1.1.4)\n"+
		"Conffiles:\n /etc/bench/%d.conf 0123456789abcdef0123456789abcdef\nDescription: package number %d\n%sHomepage: https://example.org/\n",
		i, i, i, i, i, strings.Repeat(" A line of the description that is as long as such lines usually are.\n", 9))
}

// benchNoop measures the run that a timer starts: everything is as declared already.
func benchNoop(b *testing.B, rows *[]row) {
	for _, n := range []int{1000, 10_000} {
		for _, form := range []struct {
			name, text string
			bound      float64
		}{{"literal", literal(0, n), 0.25}, {"for_each", forEach(n), 1}} {
			root := b.TempDir() // a root of its own: the ledger of another site would be compared with this one
			writeTree(b, root, n)
			manifest := filepath.Join(b.TempDir(), "site.hcl")
			writeFile(b, manifest, form.text)
			contest{
				what: fmt.Sprintf("no-op apply %d files, %s", n, form.name), ours: []string{"apply", "--root", root, manifest},
				floor: []string{"noop", root, manifest}, bound: form.bound, twice: true, n: n, says: "othing to do",
			}.run(b, rows)
		}
	}
}

// benchProof measures the cost of changing one of many resources: the proof observes everything once more, so the run
// may take as long as two runs without changes.
func benchProof(b *testing.B, rows *[]row) {
	const n = 10_000
	root := b.TempDir()
	writeTree(b, root, n)
	manifest := filepath.Join(b.TempDir(), "site.hcl")
	writeFile(b, manifest, forEach(n))
	change := []string{"apply", "--root", root, manifest, "--detailed-exitcode=false"}
	contest{
		what: fmt.Sprintf("change 1 of %d files, against a no-op", n), ours: change,
		against: "converge", floor: []string{"apply", "--root", root, manifest}, bound: 2, n: n, says: "Proved",
		before: func(b *testing.B, args []string) {
			if len(args) == len(change) {
				writeFile(b, filepath.Join(root, "srv/d0/f000000"), "edited\n")
			}
		},
	}.run(b, rows)
}

// benchCreate makes files durably. It measures processor time: the disk takes the rest, equally for both.
func benchCreate(b *testing.B, rows *[]row) {
	for _, c := range []struct {
		n     int
		floor string
		bound float64
		most  float64
	}{{n: 1000, floor: "durable"}, {n: 1000, floor: "write", bound: 1.5}, {n: 10_000, floor: "write", bound: 1.5, most: 60}} {
		dir := b.TempDir()
		manifest, root := filepath.Join(dir, "site.hcl"), filepath.Join(dir, "root")
		writeFile(b, manifest, literal(0, c.n))
		used := 0
		contest{
			what: fmt.Sprintf("create %d files, against %s", c.n, c.floor), ours: []string{"apply", "--root", root, manifest},
			floor: []string{c.floor, root, fmt.Sprint(c.n)}, bound: c.bound, most: c.most, byCPU: true, n: c.n,
			before: func(b *testing.B, _ []string) {
				used++
				putAside(b, root, used)
				writeTree(b, root, 0)
			},
		}.run(b, rows)
	}
}

// benchUndo undoes a run that removed files. It may take as long as two runs that create as many: their contents are
// read from the state folder, and the former entries are compared with the present ones.
func benchUndo(b *testing.B, rows *[]row, n int) {
	dir := b.TempDir()
	purge, create := filepath.Join(dir, "purge.hcl"), filepath.Join(dir, "create.hcl")
	writeFile(b, purge, "directory \"/srv\" {\n  purge = true\n}\n")
	writeFile(b, create, literal(0, n))
	root, fresh := filepath.Join(dir, "root"), filepath.Join(dir, "fresh")
	used := 0
	contest{
		what: fmt.Sprintf("take back the removal of %d files, against their creation", n), ours: []string{"rollback", "--root", root},
		against: "converge", floor: []string{"apply", "--root", fresh, create}, bound: 2, n: n, says: "Proved",
		before: func(b *testing.B, args []string) {
			used++
			if args[0] == "rollback" {
				putAside(b, root, used)
				writeTree(b, root, n)
				launch(b, "converge", "apply", "--root", root, purge)
				return
			}
			putAside(b, fresh, used)
			writeTree(b, fresh, 0)
		},
	}.run(b, rows)
}

// putAside renames a tree that a run has used. It is not removed, see [BenchmarkProgram].
func putAside(b *testing.B, root string, used int) {
	b.Helper()
	if err := os.Rename(root, fmt.Sprintf("%s-%d", root, used)); err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
}

// benchDropped measures a site with many orphans in the ledger. It may take 5 ms and 2 MB more than the same site
// without them.
func benchDropped(b *testing.B, rows *[]row) {
	const n = 20_000
	dir := b.TempDir()
	manifest, roots := filepath.Join(dir, "site.hcl"), [2]string{filepath.Join(dir, "beside"), filepath.Join(dir, "alone")}
	for i, text := range []string{forEach(n), literal(0, 5)} {
		writeFile(b, manifest, text)
		writeTree(b, roots[i], 0)
		launch(b, "converge", "apply", "--root", roots[i], manifest)
	}
	contest{
		what: fmt.Sprintf("plan beside %d dropped files, against one without", n), ours: []string{"plan", "--root", roots[0], manifest},
		against: "converge", floor: []string{"plan", "--root", roots[1], manifest}, more: true,
	}.run(b, rows)
}

// benchMany measures linearity: a hundred times the resources may take at most 110 times the processor time.
func benchMany(b *testing.B, rows *[]row, command string) {
	const few, many = 1000, 100_000
	full, empty := b.TempDir(), b.TempDir() // everything exists; only the folders exist
	writeTree(b, full, many)
	writeTree(b, empty, 0)
	manifests := map[string][2]string{} // by their form: with few and with many resources
	for _, form := range []string{"for_each", "literal"} {
		var paths [2]string
		for i, n := range []int{few, many} {
			paths[i] = filepath.Join(b.TempDir(), "site.hcl")
			if form == "for_each" {
				writeFile(b, paths[i], forEach(n))
				continue
			}
			paths[i] = filepath.Dir(paths[i])
			for k := range n / 500 {
				writeFile(b, filepath.Join(paths[i], fmt.Sprintf("%04d.hcl", k)), literal(k*500, 500))
			}
		}
		manifests[form] = paths
	}
	for _, c := range []struct {
		what, form, root, command string
		floor                     []string
		bound, most               float64
	}{
		{"plan %d by for_each", "for_each", full, "plan", []string{"noop", full}, 0, 200},
		// Twice the parser: the other work must take less than the parser.
		{"validate %d literal", "literal", full, "validate", []string{"parse"}, 2, 0},
		{"plan %d literal", "literal", full, "plan", []string{"parse"}, 1, 200},
		{"plan the creation of %d literal", "literal", empty, "plan", []string{"parse"}, 1, 200},
	} {
		if c.command != command {
			continue
		}
		paths := manifests[c.form]
		ours := []string{c.command, "--root", c.root, paths[1]}
		what := fmt.Sprintf(c.what, many)
		took := contest{what: what, ours: ours, floor: append(c.floor, paths[1]), bound: c.bound, most: c.most, n: many, single: true}.run(b, rows)
		if c.command == "plan" {
			contest{
				what: what + fmt.Sprintf(", against %d", few), ours: ours, took: took, byCPU: true, n: many, bound: 110,
				against: "converge", floor: []string{c.command, "--root", c.root, paths[0]},
			}.run(b, rows)
		}
	}
}

func benchContent(i int) string {
	return fmt.Sprintf("# file f%06d\n", i) + strings.Repeat("key = value\n", 8)
}

// literal returns n blocks as people write them, numbered from first.
func literal(first, n int) string {
	var b strings.Builder
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "file \"f%d\" {\n  path    = \"/srv/d%d/f%06d\"\n  content = %q\n  mode    = \"0644\"\n}\n\n", i, i%10, i, benchContent(i))
	}
	return b.String()
}

// forEach declares the first n files by one block. It converts no numbers from or to text, which would take most of a
// run in cty.
func forEach(n int) string {
	return fmt.Sprintf("file \"f\" {\n  for_each = { for p in setproduct(%s, %s, %s) : \"f${p[0]}${p[1]}${p[2]}\" => p }\n"+
		"  path     = \"/srv/d${each.value[2]}/${each.key}\"\n"+
		"  content  = \"# file ${each.key}\\n%s\"\n  mode     = \"0644\"\n}\n",
		digits("%03d", n/1000), digits("%02d", 100), digits("%d", 10), strings.Repeat(`key = value\n`, 8))
}

// digits returns a list of the first n numbers in that format.
func digits(form string, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%q", fmt.Sprintf(form, i))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// writeTree makes the first n files as the manifests above declare them.
func writeTree(b *testing.B, root string, n int) {
	b.Helper()
	for i := range 10 {
		if err := os.MkdirAll(filepath.Join(root, fmt.Sprintf("srv/d%d", i)), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(root, fmt.Sprintf("srv/d%d/f%06d", i%10, i)), []byte(benchContent(i)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

func writeFile(b *testing.B, path, content string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}
