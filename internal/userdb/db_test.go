package userdb

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"converge/internal/resource/resourcetest"
)

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
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

func TestPipe(t *testing.T) {
	root := tree(t, map[string]string{"etc/group": ""})
	if err := syscall.Mkfifo(filepath.Join(root, "etc/passwd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(root).User(t.Context(), "root"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestParsePasswd(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []User
	}{
		{"entry", "a:x:1:2:A,,,:/home/a:/bin/sh\n", []User{{Name: "a", UID: 1, GID: 2, Comment: "A,,,", Home: "/home/a", Shell: "/bin/sh"}}},
		{"no newline at the end", "a:x:1:2:::", []User{{Name: "a", UID: 1, GID: 2}}},
		{"a short line is not root", "a\na:x\na:x:0\n", nil},
		{"no number is not root", "a:x::0:::\na:x:zero:0:::\na:x:0:-1:::\n", nil},
		{"the number that means none", "a:x:4294967295:0:::\n", nil},
		{"too large", "a:x:4294967296:0:::\n", nil},
		{"NIS and comments", "+::::::\n-bob::0:0:::\n#a:x:0:0:::\n", nil},
		{"no name", ":x:0:0:::\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParsePasswd(strings.NewReader(tt.in))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseGroup(t *testing.T) {
	got, err := ParseGroup(strings.NewReader("a:x:1:\nb:x:2:u, v ,,w\nc:x:\n"))
	want := []Group{{Name: "a", GID: 1}, {Name: "b", GID: 2, Members: []string{"u", "v", "w"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestParseDebian(t *testing.T) {
	read := func(name string) *bytes.Reader {
		b, err := os.ReadFile(filepath.Join("testdata", name+".debian12"))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(b)
	}
	users, err := ParsePasswd(read("passwd"))
	if err != nil || len(users) < 18 || users[0] != (User{Name: "root", Comment: "root", Home: "/root", Shell: "/bin/bash"}) {
		t.Errorf("passwd: %+v, %v", users, err)
	}
	groups, err := ParseGroup(read("group"))
	if err != nil || len(groups) < 38 || groups[1].Name != "daemon" || groups[1].GID != 1 {
		t.Errorf("group: %+v, %v", groups, err)
	}
	shadow, err := ParseShadow(read("shadow"))
	if err != nil || len(shadow) != len(users) || shadow[0].Password != "*" {
		t.Errorf("shadow: %+v, %v", shadow, err)
	}
}

func TestLineTooLong(t *testing.T) {
	if _, err := ParsePasswd(strings.NewReader(strings.Repeat("a", maxLine+1))); err == nil {
		t.Error("a line without end was accepted")
	}
}

func TestLookup(t *testing.T) {
	ctx := t.Context()
	db := New(tree(t, map[string]string{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nann:x:1:1:::\n",
		"etc/group":  "root:x:0:\nann:x:1000:\nadm:x:4:ann,root\nsudo:x:27:ann\n",
		"etc/shadow": "ann:$y$h:19000:0:99999:7::20000:\n",
	}))
	if u, err := db.User(ctx, "ann"); err != nil || u.UID != 1000 || u.Remote {
		t.Errorf("User: %+v, %v", u, err)
	}
	if u, err := db.UserByID(ctx, 1000); err != nil || u.Name != "ann" {
		t.Errorf("UserByID: %+v, %v", u, err)
	}
	if g, err := db.Group(ctx, "adm"); err != nil || g.GID != 4 {
		t.Errorf("Group: %+v, %v", g, err)
	}
	if g, err := db.GroupByID(ctx, 27); err != nil || g.Name != "sudo" {
		t.Errorf("GroupByID: %+v, %v", g, err)
	}
	if gs, err := db.MemberOf("ann"); err != nil || len(gs) != 2 || gs[0].Name != "adm" || gs[1].Name != "sudo" {
		t.Errorf("MemberOf: %+v, %v", gs, err)
	}
	if us, err := db.Primary(1000); err != nil || len(us) != 1 || us[0].Name != "ann" {
		t.Errorf("Primary: %+v, %v", us, err)
	}
	if s, err := db.Shadow("ann"); err != nil || s != (Shadow{Name: "ann", Password: "$y$h", Expire: "20000", Min: "0", Max: "99999", Warn: "7"}) {
		t.Errorf("Shadow: %+v, %v", s, err)
	}
	if gids, err := db.Groups(ctx, User{Name: "ann", GID: 1000}); err != nil || !reflect.DeepEqual(gids, []uint32{1000, 4, 27}) {
		t.Errorf("Groups: %v, %v", gids, err)
	}
	for what, err := range unknowns(ctx, db) {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func unknowns(ctx context.Context, db *DB) map[string]error {
	m := map[string]error{}
	_, m["user"] = db.User(ctx, "bob")
	_, m["number"] = db.User(ctx, "1000")
	_, m["uid"] = db.UserByID(ctx, 7)
	_, m["group"] = db.Group(ctx, "bob")
	_, m["gid"] = db.GroupByID(ctx, 7)
	_, m["shadow"] = db.Shadow("bob")
	return m
}

func TestLookupSeesChanges(t *testing.T) {
	root := tree(t, nil)
	db := New(root)
	if _, err := db.User(t.Context(), "ann"); !errors.Is(err, ErrUnknown) {
		t.Fatalf("in an empty tree: %v", err)
	}
	for _, uid := range []uint32{1000, 1001} {
		line := strings.Replace("ann:x:N:1::/:/bin/sh\n", "N", map[uint32]string{1000: "1000", 1001: "1001"}[uid], 1)
		p := filepath.Join(root, "etc/passwd")
		os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.WriteFile(p+".new", []byte(line), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p+".new", p); err != nil { // as the shadow tools do
			t.Fatal(err)
		}
		if u, err := db.User(t.Context(), "ann"); err != nil || u.UID != uid {
			t.Errorf("got %+v, %v; want uid %d", u, err, uid)
		}
	}
}

func TestTreeIsNotLeft(t *testing.T) {
	outside := tree(t, map[string]string{"passwd": "ann:x:0:0:::\n"})
	root := tree(t, map[string]string{"etc/group": ""})
	if err := os.Symlink(filepath.Join(outside, "passwd"), filepath.Join(root, "etc/passwd")); err != nil {
		t.Fatal(err)
	}
	if u, err := New(root).User(t.Context(), "ann"); err == nil {
		t.Errorf("a link out of the tree was followed: %+v", u)
	}
}

func TestRemote(t *testing.T) {
	bin := t.TempDir()
	resourcetest.WriteProgram(t, filepath.Join(bin, "getent"), "#!/bin/sh\n"+
		"echo \"$@\" >>\"$0.log\"\n"+
		"case $* in 'passwd ldapann') echo ldapann:*:70000:70000:Ann:/home/ann:/bin/sh;; 'group ldapadm') echo ldapadm:*:70001:ldapann;; 'initgroups ldapann') echo 'ldapann 70001 70002';; *) exit 2;; esac\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	db := New("/")
	db.nss.conf, db.nss.said = hostConf(t), map[string][]byte{} // instead of this machine's
	if u, err := db.User(t.Context(), "ldapann"); err != nil || u.UID != 70000 || !u.Remote {
		t.Errorf("got %+v, %v", u, err)
	}
	for range 2 {
		if uid, err := db.UID(t.Context(), "ldapann"); err != nil || uid != 70000 {
			t.Errorf("UID: %d, %v", uid, err)
		}
	}
	if name := db.UserName(70000); name != "70000" { // no process is started for display
		t.Errorf("UserName: %s", name)
	}
	if g, err := db.Group(t.Context(), "ldapadm"); err != nil || g.GID != 70001 || !g.Remote {
		t.Errorf("got %+v, %v", g, err)
	}
	if gids, err := db.Groups(t.Context(), User{Name: "ldapann", GID: 70000}); err != nil || !reflect.DeepEqual(gids, []uint32{70000, 70001, 70002}) {
		t.Errorf("Groups: %v, %v", gids, err)
	}
	for range 2 {
		if _, err := db.User(t.Context(), "no-such-user"); !errors.Is(err, ErrUnknown) {
			t.Errorf("got %v", err)
		}
	}
	db.Forget()
	if _, err := db.User(t.Context(), "no-such-user"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
	log, err := os.ReadFile(filepath.Join(bin, "getent.log"))
	if want := "passwd ldapann\ngroup ldapadm\ninitgroups ldapann\npasswd no-such-user\npasswd no-such-user\n"; err != nil || string(log) != want {
		t.Errorf("getent was asked %q, %v; want %q", log, err, want)
	}
}

// Name services answer in parallel: two questions that wait for each other are both answered. A question of several
// callers is asked once.
func TestRemoteSideBySide(t *testing.T) {
	bin := t.TempDir()
	resourcetest.WriteProgram(t, filepath.Join(bin, "getent"), "#!/bin/sh\n"+
		"cd "+bin+"; echo $2 >>log; touch met-$2\n"+
		"for i in $(seq 2000); do [ -e met-ann ] && [ -e met-ben ] && { echo $2:*:70000:70000:::; exit 0; }; sleep .01; done\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	db := New("/")
	db.nss.conf, db.nss.said = hostConf(t), map[string][]byte{}
	var all sync.WaitGroup
	for range 3 {
		for _, name := range []string{"ann", "ben"} {
			all.Go(func() {
				if u, err := db.User(t.Context(), name); err != nil || u.Name != name {
					t.Errorf("%s: %+v, %v", name, u, err)
				}
			})
		}
	}
	all.Wait()
	if log, err := os.ReadFile(filepath.Join(bin, "log")); string(log) != "ann\nben\n" && string(log) != "ben\nann\n" {
		t.Errorf("getent was asked %q, %v", log, err)
	}
}

// hostConf makes a DB assume that it has read nsswitch.conf already.
func hostConf(t *testing.T) stamp {
	t.Helper()
	var n nss
	if err := n.refreshConfig(); err != nil {
		t.Fatal(err)
	}
	return n.conf
}

func TestLocalOnly(t *testing.T) {
	got := localOnly("# c\npasswd:   files # all\ngroup: files systemd\nshadow:\tfiles\nhosts: files dns\n")
	if !reflect.DeepEqual(got, map[string]bool{"passwd": true, "shadow": true}) {
		t.Errorf("got %v", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"passwd", "group", "shadow"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".debian12"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash\n+nis::::::\nbroken\n::\nx:y:99999999999999999999:1\n"))
	f.Add([]byte("root:x:0:\nadm:x:4:syslog,me\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		users, _ := ParsePasswd(bytes.NewReader(b))
		for _, u := range users {
			if u.Name == "" || u.UID == 1<<32-1 || strings.ContainsAny(u.Name+u.Home+u.Shell+u.Comment, ":\n") {
				t.Errorf("%+v", u)
			}
		}
		groups, _ := ParseGroup(bytes.NewReader(b))
		for _, g := range groups {
			if g.Name == "" || strings.ContainsAny(g.Name, ":\n") || strings.ContainsAny(strings.Join(g.Members, ""), ":,\n") {
				t.Errorf("%+v", g)
			}
		}
		shadow, _ := ParseShadow(bytes.NewReader(b))
		for _, s := range shadow {
			if s.Name == "" || strings.ContainsAny(s.Name+s.Password, ":\n") {
				t.Errorf("%+v", s)
			}
		}
	})
}
