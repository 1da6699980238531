package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/internal/userdb"
	"converge/resources"
)

// needTools skips where the shadow tools cannot be run on a tree.
func needTools(t testing.TB) {
	t.Helper()
	why := ""
	if os.Geteuid() != 0 {
		why = "only root can change into a tree"
	} else if _, err := os.Stat("/usr/sbin/useradd"); err != nil {
		why = "there is no useradd"
	}
	if why != "" {
		testhost.Cannot(t, why)
	}
}

// newTree is an image to be: nothing but the files of accounts.
func newTree(t testing.TB) string {
	t.Helper()
	needTools(t)
	root := t.TempDir()
	for name, content := range map[string]string{
		"etc/passwd":     "root:x:0:0:root:/root:/bin/sh\n",
		"etc/group":      "root:x:0:\nadm:x:4:\ncrew:x:300:\nstaff:x:50:\n",
		"etc/shadow":     "root:*:19000:0:99999:7:::\n",
		"etc/gshadow":    "root:*::\nadm:*::\ncrew:!::\nstaff:*::\n",
		"etc/login.defs": "UID_MIN 1000\nSYS_UID_MIN 100\nSYS_UID_MAX 999\nUSERGROUPS_ENAB yes\n",
		"etc/skel/.rc":   "from skel\n",
		"dev/null":       "",
	} {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func open(t testing.TB, root string, o accounts.Options) *accounts.Accounts {
	t.Helper()
	fs, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fs.Close() })
	return accounts.New(fs, userdb.New(root), o)
}

func world(provider func(*accounts.Accounts) resource.Provider) func(testing.TB) *resourcetest.World {
	return func(t testing.TB) *resourcetest.World {
		root := newTree(t)
		a := open(t, root, accounts.Options{})
		return &resourcetest.World{
			Provider: provider(a), Dir: root, Beside: []*resource.Kind{resources.User(a.Users()), resources.Group(a.Groups())},
			Fingerprint: func(t testing.TB) string { return fingerprint(t, root) },
			State:       func(t testing.TB) string { return databases(t, root) },
		}
	}
}

// databases is what the files of accounts say, in an order of its own, and which
// homes there are. gshadow says once more what group does.
func databases(t testing.TB, root string) string {
	t.Helper()
	var out []string
	for _, name := range []string{"passwd", "shadow", "group"} {
		text, err := os.ReadFile(filepath.Join(root, "etc", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			out = append(out, name+" "+line)
		}
	}
	homes, err := filepath.Glob(filepath.Join(root, "home/*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(append(out, homes...), "\n")
}

// fingerprint changes whenever one of the files of accounts is written, or a
// home is.
func fingerprint(t testing.TB, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(root, func(p string, _ os.FileInfo, err error) error {
		var st unix.Stat_t
		if err == nil {
			err = unix.Lstat(p, &st)
		}
		if !strings.HasSuffix(p, ".pwd.lock") {
			fmt.Fprintf(&b, "%s %d %o %d:%d %d %v\n", p, st.Ino, st.Mode, st.Uid, st.Gid, st.Size, st.Mtim)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// line fails unless a file of the tree has the line.
func line(t testing.TB, root, file, want string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil || !strings.Contains("\n"+string(b), "\n"+want+"\n") {
		t.Errorf("%s lacks %q: %v\n%s", file, want, err, b)
	}
}

// shadow returns the fields of a user's entry but the day of the last change.
func shadow(t testing.TB, root, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "etc/shadow"))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSpace(l), ":"); f[0] == name {
			return f[1] + " " + f[7]
		}
	}
	return "none"
}

// edit replaces text in a file of the tree, by rename as the tools do.
func edit(file, old, replacement string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		p := filepath.Join(w.Dir, file)
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), old) {
			t.Fatalf("%s has no %q to replace:\n%s", file, old, b)
		}
		if err := os.WriteFile(p+".edit", []byte(strings.Replace(string(b), old, replacement, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p+".edit", p); err != nil {
			t.Fatal(err)
		}
	}
}

func set(names ...string) cty.Value {
	if len(names) == 0 {
		return cty.SetValEmpty(cty.String)
	}
	var vs []cty.Value
	for _, n := range names {
		vs = append(vs, cty.StringVal(n))
	}
	return cty.SetVal(vs)
}

const (
	hash  = "$6$salt$ZoE.7BXRqLcYsbPpUXkFzTqQtXQvYkYBxHLvkzWqQpXKyTq0gqZ9sV1aW2eR3tY4uI5oP6aS7dF8gH9jK0lZx1"
	other = "$y$j9T$other$hash"
)

func build(t testing.TB, kind func(resource.Provider) *resource.Kind, p resource.Provider, pairs ...any) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(kind(p), &resourcetest.World{Provider: p}, "it", resourcetest.Attrs(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
