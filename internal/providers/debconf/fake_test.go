package debconf

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// library stands in for debconf's library: it takes the steps of the script in files of
// its format. What it does is compared with the real one in real_test.go.
type library struct {
	root    string
	runs    []string // programs, in order
	refuses int      // how often it finds the database locked before it does not
}

func (l *library) Run(_ context.Context, c tool.Command) (tool.Result, error) {
	l.runs = append(l.runs, strings.Join(append(slices.Clone(c.Argv[:1]), c.Argv[min(len(c.Argv), 3):]...), " "))
	if l.refuses > 0 {
		l.refuses--
		return tool.Result{Status: 1, Stderr: `debconf: DbDriver "config": /var/cache/debconf/config.dat is locked by another process: Resource temporarily unavailable` + "\n"}, nil
	}
	if c.Argv[0] != "perl" {
		return tool.Result{}, nil
	}
	lines := strings.Split(strings.TrimSuffix(c.Stdin, "\n"), "\n")
	if lines[len(lines)-1] != "end" {
		return tool.Result{Status: 1}, nil
	}
	db, err := l.load()
	if err != nil {
		return tool.Result{}, err
	}
	for _, line := range lines[:len(lines)-1] {
		if err := db.take(line); err != nil {
			return tool.Result{Status: 255, Stderr: err.Error()}, nil
		}
	}
	return tool.Result{}, db.save(l.root)
}

// entry is a question with its template.
type entry struct {
	question
	secret    bool // in passwords.dat
	stored    template
	templated bool
}

type entries map[string]*entry

func (l *library) load() (entries, error) {
	out := entries{}
	tree, err := fsys.OpenFiles(l.root)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	at := func(name string) *entry {
		if out[name] == nil {
			out[name] = &entry{}
		}
		return out[name]
	}
	for i, file := range []string{"config", "passwords", "templates"} {
		err := eachRecord(tree, "/var/cache/debconf/"+file+".dat", func(r *record) {
			e := at(r.name)
			if i < 2 {
				e.question, e.secret = r.question, i == 1
			} else {
				e.stored, e.templated = r.text, true
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (db entries) take(line string) error {
	fields := strings.Split(line, " ")
	texts := make([]string, len(fields))
	for i, f := range fields {
		text, err := hex.DecodeString(strings.TrimSuffix(f, "-"))
		if err != nil {
			return err
		}
		texts[i] = string(text)
	}
	owner, name, typ, state := texts[0], texts[1], texts[2], texts[3]
	registered, owned, seen := strings.Contains(state, "r"), strings.Contains(state, "o"), strings.Contains(state, "s")
	value := &texts[4]
	if fields[4] == "-" {
		value = nil
	}
	e := db[name]
	if !registered && e != nil && e.owners != nil && !e.stored.isStandin() {
		registered, owned, seen, value = true, true, false, nil
	}
	if !registered {
		db.drop(name, owner)
		return nil
	}
	if e != nil && e.templated && e.stored.typ != typ {
		if !e.stored.isStandin() {
			return fmt.Errorf("the question %s is of the type %s, and not %s", name, e.stored.typ, typ)
		}
		owners := e.owners
		delete(db, name)
		db.make(name, typ).owners = owners
	}
	e = db.make(name, typ)
	if !e.isOwnedBy(owner) {
		e.owners = append(e.owners, owner)
		slices.Sort(e.owners)
	}
	e.value, e.seen = value, seen
	if !owned {
		db.drop(name, owner)
	}
	return nil
}

// make returns a question, a new one if there is none.
func (db entries) make(name, typ string) *entry {
	if db[name] == nil {
		db[name] = &entry{question: question{template: name}, stored: template{typ, standinDescription}, templated: true, secret: typ == "password"}
	}
	return db[name]
}

func (db entries) drop(name, owner string) {
	if e := db[name]; e != nil {
		e.owners = slices.DeleteFunc(e.owners, func(o string) bool { return o == owner })
		if len(e.owners) == 0 {
			delete(db, name)
		}
	}
}

func (db entries) save(root string) error {
	var files [3]strings.Builder
	for _, name := range slices.Sorted(maps.Keys(db)) {
		e := db[name]
		if e.owners != nil {
			i := 0
			if e.secret {
				i = 1
			}
			files[i].WriteString(e.text(name))
		}
		if e.templated {
			fmt.Fprintf(&files[2], "Name: %s\nDescription: %s\nType: %s\n\n", name, e.stored.description, e.stored.typ)
		}
	}
	for i, file := range []string{"config", "passwords", "templates"} {
		if err := os.WriteFile(filepath.Join(root, "var/cache/debconf", file+".dat"), []byte(files[i].String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) text(name string) string {
	out := "Name: " + name + "\nTemplate: " + e.template + "\n"
	if e.value != nil {
		out += "Value: " + strings.ReplaceAll(*e.value, "\n", `\n`) + "\n"
	}
	out += "Owners: " + strings.Join(e.owners, ", ") + "\n"
	if e.seen {
		out += "Flags: seen\n"
	}
	return out + "\n"
}

// configuration is that of Debian.
const configuration = `# see debconf.conf(5)
Config: configdb
Templates: templatedb

Name: config
Driver: File
Mode: 644
Reject-Type: password
Filename: /var/cache/debconf/config.dat

Name: passwords
Driver: File
Mode: 600
Backup: false
Required: false
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

const (
	someQuestions = "Name: other/q\nTemplate: other/q\nValue: x\nOwners: other\n\nName: shared/list\nTemplate: shared/list\nValue: a, b\nOwners: other\nFlags: seen\n\n"
	someTemplates = "Name: other/q\nDescription: A question?\nType: string\n\nName: shared/list\nDescription: Which?\nType: multiselect\n\n"
)

// machine is a tree with a database, and a library.
func machine(t testing.TB) (*Provider, *library, map[string]bool) {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"etc/debconf.conf": configuration, "var/cache/debconf/config.dat": someQuestions, "var/cache/debconf/passwords.dat": "",
		"var/cache/debconf/templates.dat": someTemplates,
	} {
		put(t, filepath.Join(root, name), text)
	}
	l, installed := &library{root: root}, map[string]bool{}
	p, err := New(Options{
		Options:    tool.Options{Root: root, Runner: l, LockTimeout: time.Minute},
		Configured: func(name string) (time.Time, bool, error) { return time.Time{}, installed[name], nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, l, installed
}

func put(t testing.TB, at, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dump describes the files of the database, with their inodes and times if stat is set.
func dump(t testing.TB, root string, stat bool) string {
	t.Helper()
	var b strings.Builder
	for _, file := range []string{"config", "passwords", "templates"} {
		at := filepath.Join(root, "var/cache/debconf", file+".dat")
		text, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s:\n%s", file, text)
		if info, err := os.Stat(at); err == nil && stat {
			fmt.Fprintln(&b, info.ModTime())
		}
	}
	return b.String()
}

func worldOf(root string, p resource.Provider) *resourcetest.World {
	return &resourcetest.World{
		Provider: p, Root: root,
		Fingerprint: func(t testing.TB) string { return dump(t, root, true) },
		Dump:        func(t testing.TB) string { return dump(t, root, false) },
	}
}
