package accounts_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

// TestRealAccounts takes a user and a group through their lives on a machine
// that is one, where PAM, processes and the C library have a say.
func TestRealAccounts(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	a := open(t, "/", accounts.Options{})
	users, groups := a.Users(), a.Groups()
	user := func(pairs ...any) *resource.Resource { return build(t, resources.User, users, pairs...) }
	group := func(pairs ...any) *resource.Resource { return build(t, resources.Group, groups, pairs...) }

	resourcetest.Converge(t, group("name", "crew", "gid", 4000))
	ann := []any{"name", "ann", "uid", 4001, "group", "crew", "groups", set("adm", "mail"), "shell", "/bin/sh", "comment", "Ann", "locked", true, "password", hash}
	resourcetest.Converge(t, user(ann...))
	equal(t, "id ann", "uid=4001(ann) gid=4000(crew) groups=4000(crew),4(adm),8(mail)\n")
	equal(t, "su ann -c 'echo $HOME; stat -c %U:%G $HOME'", "/home/ann\nann:crew\n")
	equal(t, "passwd -S ann | cut -d' ' -f1-2", "ann L\n")

	resourcetest.Converge(t, group("name", "crew", "members", set("ann"), "append", true))
	equal(t, "getent group crew", "crew:x:4000:ann\n")
	if ch := resourcetest.Plan(t, user(ann...)); resourcetest.Names(ch) != "groups" { // crew is one of them now
		t.Errorf("the plan changes %q", resourcetest.Names(ch))
	}

	busy := exec.Command("su", "ann", "-c", "echo up; exec sleep 987")
	up, err := busy.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := up.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*resource.Resource{user("name", "ann", "uid", 4002), user("name", "ann", "ensure", "absent")} {
		err := users.Apply(t.Context(), resourcetest.Plan(t, r))
		if err == nil || !strings.Contains(err.Error(), "user ann is currently used by process") {
			t.Errorf("a user with a running process: %v", err)
		}
	}
	exec.Command("pkill", "-KILL", "-u", "ann").Run()
	busy.Wait()

	resourcetest.Converge(t, user("name", "ann", "uid", 4002))
	equal(t, "stat -c %u /home/ann", "4002\n")
	resourcetest.Converge(t, user("name", "ann", "ensure", "absent", "remove_home", true))
	resourcetest.Converge(t, group("name", "crew", "ensure", "absent"))
	equal(t, "getent passwd ann; getent group crew; ls /home", "")
}

func equal(t *testing.T, script, want string) {
	t.Helper()
	out, _ := exec.Command("sh", "-c", script).CombinedOutput()
	if string(out) != want {
		t.Errorf("%s: got %q, want %q", script, out, want)
	}
}

// TestRemoteAccounts: what comes from a name service is there, and not ours.
func TestRemoteAccounts(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	bin := t.TempDir()
	script := "#!/bin/sh\ncase $1:$2 in\npasswd:remoteann) echo 'remoteann:*:70000:70000:Ann:/home/ann:/bin/sh';;\n" +
		"group:remotecrew) echo 'remotecrew:*:70000:remoteann';;\n*) exit 2;;\nesac\n"
	resourcetest.WriteProgram(t, filepath.Join(bin, "getent"), script)
	if err := os.WriteFile("/etc/nsswitch.conf", []byte("passwd: files ldap\ngroup: files ldap\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	a := open(t, "/", accounts.Options{})
	right := []*resource.Resource{
		build(t, resources.User, a.Users(), "name", "remoteann", "uid", 70000, "shell", "/bin/sh", "group", "remotecrew"),
		build(t, resources.Group, a.Groups(), "name", "remotecrew", "gid", 70000, "members", set("remoteann")),
	}
	for _, r := range right {
		if ch := resourcetest.Plan(t, r); !ch.Empty() {
			t.Errorf("%s would be changed: %s", r.Addr, resourcetest.Names(ch))
		}
	}
	wrong := []*resource.Resource{
		build(t, resources.User, a.Users(), "name", "remoteann", "shell", "/bin/false"),
		build(t, resources.User, a.Users(), "name", "remoteann", "ensure", "absent"),
		build(t, resources.Group, a.Groups(), "name", "remotecrew", "gid", 1),
		build(t, resources.Group, a.Groups(), "name", "remotecrew", "ensure", "absent"),
	}
	for _, r := range wrong {
		err := r.Provider().Apply(t.Context(), resourcetest.Plan(t, r))
		file := map[string]string{"user": "/etc/passwd", "group": "/etc/group"}[r.Kind.Name]
		want := fmt.Sprintf("cannot change %s %q: it is not in %s but comes from a name service", r.Kind.Name, resource.StringAttr(r.Want, "name"), file)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
