package store_test

import (
	"os"
	"strings"
	"testing"

	"converge/internal/resource/resourcetest"
	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
)

// held is foo/1.0, stowed by holder.
func held(holder string) string {
	return foo + `
		usr/bin -> stow/foo/1.0/bin
		usr/stow/foo/:installed -> 1.0
		usr/stow/foo/:managed-by -> ` + holder + "\n" + pm
}

const record = "usr/stow/foo/:control/stow2/:unstowed"

func TestHolder(t *testing.T) {
	for _, c := range []struct {
		name, before, cmd string
		exit              int
		after             string
		says              string
	}{
		{name: "unstow", before: held("/sbin/apt"), cmd: "-D foo", exit: 3, says: "managed by /sbin/apt (--act-for /sbin/apt acts for it, --force"},
		{name: "unstow what is not stowed", before: held("/sbin/apt"), cmd: "-D foo/2.0", exit: 3},
		{name: "restow", before: held("/sbin/apt"), cmd: "-R foo", exit: 3, says: "cannot restow foo"},
		{name: "switch", before: held("/sbin/apt"), cmd: "foo/2.0", exit: 3, says: "cannot switch foo"},
		{name: "stow what is stowed", before: held("/sbin/apt"), cmd: "foo/1.0"},
		{
			name: "mend what is stowed", before: held("/sbin/apt") + "\n!usr/bin", cmd: "foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin",
		},
		{name: "as the holder", before: held("/sbin/apt"), cmd: "--as=/sbin/apt -D foo", after: remove(stowed("/sbin/apt"))},
		{
			name: "as the holder: switch", before: held("../pm/:installed/bin/pm"), cmd: "--as=$ROOT/usr/stow/pm/7/bin/pm foo/2.0",
			after: "!usr/bin -> stow/foo/1.0/bin\nusr/bin -> stow/foo/2.0/bin\n!usr/stow/foo/:installed -> 1.0\nusr/stow/foo/:installed -> 2.0",
		},
		{
			name: "forced unstow", before: held("/sbin/apt"), cmd: "--force -D foo",
			after: remove(stowed("/sbin/apt")) + record,
		},
		{
			name: "forced switch", before: held("/sbin/apt"), cmd: "--force foo/2.0",
			after: remove(stowed("/sbin/apt")) + record + `
				usr/bin -> stow/foo/2.0/bin
				usr/stow/foo/:installed -> 2.0
				usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2`,
		},
		{
			name: "taken over", before: held("/sbin/apt"), cmd: "--force foo/1.0",
			after: "!usr/stow/foo/:managed-by -> /sbin/apt\n" + record + "\nusr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2",
		},
		{
			name: "force, unneeded", before: held("../stow2/:installed/bin/stow2"), cmd: "--force -D foo",
			after: remove(stowed("../stow2/:installed/bin/stow2")),
		},
		{
			name: "nobody holds it any more", before: strings.Replace(held("x"), "usr/stow/foo/:managed-by -> x", "", 1), cmd: "foo/1.0",
			after: "usr/stow/foo/:managed-by -> ../stow2/:installed/bin/stow2",
		},
		{
			name: "held before it is stowed", before: foo + "\nusr/stow/foo/:managed-by -> /sbin/apt", cmd: "foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0",
		},
		{
			name: "a manager outside", before: foo, cmd: "--as=/usr/sbin/../sbin/apt foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> /usr/sbin/apt",
		},
		{
			name: "a manager by its own name", before: foo, cmd: "--as=/home/u/pm-linux-amd64 --called=pm foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> /home/u/pm",
		},
		{
			name: "a manager in a package by its own name", before: foo + pm, cmd: "--as=$ROOT/usr/stow/pm/7/bin/pm-7 --called=pm foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> ../pm/:installed/bin/pm",
		},
		{
			name: "a manager in a naive package", before: foo + "\nusr/stow/apt-1/bin/apt = x", cmd: "--as=$ROOT/usr/stow/apt-1/bin/apt foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> $ROOT/usr/stow/apt-1/bin/apt",
		},
		{
			name: "a manager by a link to its directory", before: foo + pm + "\nother -> usr/stow/pm", cmd: "--as=$ROOT/other/7/bin/pm foo/1.0",
			after: "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> ../pm/:installed/bin/pm",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := storetest.New(t, c.before)
			before := w.Show()
			_, err := w.Run(c.cmd)
			if store.ExitCode(err) != c.exit || c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Errorf("exit %d: %v", store.ExitCode(err), err)
			}
			if got, want := w.Show(), want(before, c.after); got != want {
				t.Errorf("left\n%s\n\nwant\n%s", got, want)
			}
			if c.exit == 0 {
				again(t, w, c.cmd, 0)
			}
		})
	}
}

func stowed(holder string) string {
	return "usr/bin -> stow/foo/1.0/bin\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> " + holder
}

func TestForceIsRecorded(t *testing.T) {
	w := storetest.New(t, held("/sbin/apt"))
	if _, err := w.Run("--force -D foo"); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(w.Root + "/" + record)
	want := "Unstowed-At: 2011-09-21T21:17:00Z\nBy-User: 0\nVersion: 1.0\nManaged-By: /sbin/apt\n"
	if os.Getuid() == 0 && string(got) != want {
		t.Errorf("record %q, want %q", got, want)
	}
}

// Whether two texts of :managed-by in usr/stow/foo name the same manager.
func TestSameHolder(t *testing.T) {
	const there = foo + pm + `
		usr/stow/pm/8/bin/pm = #!
		sbin/apt = x
		sbin/aptitude -> apt
		opt/stow/dpkg/1/bin/dpkg = x
		opt/stow/dpkg/2/bin/dpkg = x
		opt/stow/dpkg/:installed -> 2
		usr/bin/pm -> ../stow/pm/7/bin/pm`
	for _, c := range []struct {
		holder, actor string
		same          bool
	}{
		{"/home/u/pm", "/opt/c2 --called=pm", true},
		{"/home/u/c1", "/opt/c1 --called=pm", true}, // an older text
		{"/home/u/c1", "/opt/c2 --called=pm", false},
		{"$ROOT/usr/stow/pm/8/bin/pm-8", "$ROOT/usr/stow/pm/7/bin/pm-7 --called=p", true},
		{"$ROOT/sbin/apt", "$ROOT/sbin/aptitude --called=pm", true},
		{"$ROOT/sbin/apt", "$ROOT/sbin/apt", true},
		{"$ROOT/sbin/apt", "$ROOT/sbin/aptitude", true},
		{"$ROOT/sbin/gone", "$ROOT/sbin/gone", true},
		{"$ROOT/sbin/gone", "$ROOT/sbin/apt", false},
		{"../pm/:installed/bin/pm", "$ROOT/usr/stow/pm/7/bin/pm", true},
		{"../pm/:installed/bin/pm", "$ROOT/usr/stow/pm/8/bin/pm", true},
		{"$ROOT/usr/stow/pm/6/bin/gone", "$ROOT/usr/stow/pm/8/bin/pm", true},
		{"../pm/:installed/bin/pm", "$ROOT/usr/bin/pm", true},
		{"../pm/:installed/bin/pm", "$ROOT/sbin/apt", false},
		{"../pm/:installed/bin/pm", "$ROOT/usr/stow/stow2/2.1/bin/stow2", false},
		{"$ROOT/opt/stow/dpkg/1/bin/dpkg", "$ROOT/opt/stow/dpkg/2/bin/dpkg", true},
		{"$ROOT/opt/stow/dpkg/1/bin/dpkg", "$ROOT/sbin/apt", false},
	} {
		w := storetest.New(t, there+"\nusr/stow/foo/:installed -> 1.0\nusr/stow/foo/:managed-by -> "+c.holder)
		_, err := w.Run("--as=" + c.actor + " -D foo")
		if got := err == nil; got != c.same || !got && store.ExitCode(err) != 3 {
			t.Errorf("%s is %s: %v, want %v (%v)", c.actor, c.holder, got, c.same, err)
		}
	}
}

func TestNotify(t *testing.T) {
	for _, c := range []struct {
		name string
		mode os.FileMode
		told bool
	}{{"trusted", 0o755, true}, {"group may write", 0o775, false}, {"not executable", 0o644, false}} {
		w := storetest.New(t, held("$ROOT/sbin/apt")+"\nsbin/apt = #!/bin/sh\n")
		script := "#!/bin/sh\necho \"$@\" >" + w.Root + "/told\n"
		resourcetest.WriteProgram(t, w.Root+"/sbin/apt", script)
		if err := os.Chmod(w.Root+"/sbin/apt", c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Run("--notify --force -D foo"); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(w.Root + "/told")
		if (string(got) == "--stow-forced foo/1.0\n") != c.told || c.told == (len(w.Warnings) > 0) {
			t.Errorf("%s: told %q, warned %q", c.name, got, w.Warnings)
		}
	}
}
