package debconf

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/fsys"
)

func openTree(t testing.TB, root string) fsys.Files {
	t.Helper()
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

// realLibrary runs the script with debconf's own library on the files of a root, without
// chroot. It skips where there is none.
func realLibrary(t *testing.T) func(ctx context.Context, root, stdin string) (output string, err error) {
	t.Helper()
	if err := exec.CommandContext(t.Context(), "perl", "-MDebconf::Db", "-e", "1").Run(); err != nil {
		t.Skipf("this machine has no debconf: %v", err)
	}
	return func(ctx context.Context, root, stdin string) (string, error) {
		config := filepath.Join(root, "debconf.conf")
		err := os.WriteFile(config, []byte(strings.ReplaceAll(configuration, "Filename: ", "Filename: "+root)), 0o644)
		if err != nil {
			return "", err
		}
		cmd := exec.CommandContext(ctx, "perl", "-e", script)
		cmd.Env, cmd.Stdin = []string{"DEBCONF_SYSTEMRC=" + config, "LC_ALL=C", "PATH=" + os.Getenv("PATH"), "DEBIAN_FRONTEND=noninteractive"}, strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// The stand-in of the tests does what the real library does, and taking back what was done
// restores every byte of the answers.
func TestRealLibrary(t *testing.T) {
	run := realLibrary(t)
	const rounds = 12
	made := 0
	rapid.Check(t, func(rt *rapid.T) {
		if made++; made > rounds { // each starts perl
			return
		}
		_, l, _ := machine(t)
		start := dump(t, l.root, false)
		real := t.TempDir()
		copyDatabase(t, l.root, real)
		var steps, back []step
		db, err := readDatabase(openTree(t, l.root))
		if err != nil {
			rt.Fatal(err)
		}
		names := []string{"other/q", "shared/list", "new/a", "new/b"}
		types := map[string]string{"other/q": "string", "shared/list": "multiselect", "new/a": "password", "new/b": "text"}
		for _, name := range names[:rapid.IntRange(1, len(names)).Draw(rt, "questions")] {
			q, registered := db.questions[name]
			owner := rapid.SampledFrom([]string{"other", "mine"}).Draw(rt, "owner")
			value := rapid.SampledFrom([]string{"", "x", " a\\", "one\ntwo", "\xff\t#"}).Draw(rt, "value")
			steps = append(steps, step{owner: owner, question: name, typ: types[name], registered: true, owned: true, seen: true, value: &value})
			back = append(back, step{owner: owner, question: name, typ: types[name], registered: registered, owned: q.isOwnedBy(owner), seen: q.seen, value: q.value})
		}
		for i, stdin := range []string{input(steps), strings.TrimSuffix(input(back), "end\n"), input(back)} {
			out, realErr := run(t.Context(), real, stdin)
			res, err := l.Run(t.Context(), toolCommand(stdin))
			if (realErr == nil) != (res.Status == 0) || err != nil || realErr == nil && out != "" {
				rt.Fatalf("%d: %s %v, want %d %v", i, out, realErr, res.Status, err)
			}
			if d := cmp.Diff(withoutText(dump(t, l.root, false)), withoutText(dump(t, real, false))); d != "" {
				rt.Fatalf("%d: the real library does otherwise (+):\n%s", i, d)
			}
		}
		if d := cmp.Diff(withoutText(start), withoutText(dump(t, real, false))); d != "" {
			rt.Fatalf("it is not as it was (+):\n%s", d)
		}
	})
	fmt.Printf("compared with debconf's library: %d rounds of three runs\n", rounds)
}

func TestRealLibraryRefuses(t *testing.T) {
	run := realLibrary(t)
	_, l, _ := machine(t)
	real := t.TempDir()
	copyDatabase(t, l.root, real)
	was := dump(t, real, true)
	value := "x"
	steps := []step{
		{owner: "a", question: "a/q", typ: "string", registered: true, owned: true, seen: true, value: &value},
		{owner: "other", question: "other/q", typ: "password", registered: true, owned: true, seen: true, value: &value},
	}
	if out, err := run(t.Context(), real, input(steps)); err == nil || out != "the question other/q is of the type string, and not password\n" {
		t.Errorf("%s %v", out, err)
	}
	// Cut at any byte, as by a kill, the input changes nothing.
	whole := input(steps[:1])
	for _, n := range []int{0, 1, len(whole) / 2, len(whole) - len("end\n"), len(whole) - 2} {
		if out, err := run(t.Context(), real, whole[:n]); err == nil {
			t.Errorf("%d bytes: %s", n, out)
		}
	}
	if d := cmp.Diff(was, dump(t, real, true)); d != "" {
		t.Error(d)
	}
	// A standin of another type is made again, in the file for its type.
	steps = append(steps[:1], step{owner: "b", question: "a/q", typ: "password", registered: true, owned: true, seen: true, value: &value})
	if out, err := run(t.Context(), real, input(steps)); err != nil || out != "" {
		t.Fatal(out, err)
	}
	if got := dump(t, real, false); !strings.Contains(got, "passwords:\nName: a/q\nTemplate: a/q\nValue: x\nOwners: a, b\nFlags: seen\n") || strings.Count(got, "Name: a/q") != 2 {
		t.Error(got)
	}
}

func copyDatabase(t *testing.T, from, to string) {
	t.Helper()
	for _, file := range []string{"config", "passwords", "templates"} {
		at := "var/cache/debconf/" + file + ".dat"
		data, err := os.ReadFile(filepath.Join(from, at))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(to, at), string(data))
	}
}

// withoutText leaves out what only people read of a template.
func withoutText(dump string) string {
	var out []string
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, "Extended_description: ") && !(strings.HasPrefix(line, "Owners: ") && strings.Contains(strings.Join(out, ""), "templates:")) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}
