package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/command"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/internal/userdb"
)

// TestIdentity runs commands as others, which takes root and users to be.
func TestIdentity(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	for _, argv := range [][]string{
		{"groupadd", "-g", "3000", "crew"},
		{"useradd", "-m", "-u", "2000", "-U", "-G", "adm,crew", "ann"},
	} {
		sh(t, strings.Join(argv, " "))
	}
	t.Setenv("HOME", "")
	os.Unsetenv("HOME") // as under cloud-init
	t.Setenv("CONVERGE_VAR_password", "hunter2")
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	t.Setenv("https_proxy", "http://proxy:3128")
	for _, tt := range []struct {
		name    string
		command string
		attrs   []any
		want    string
	}{
		{"as converge", "id -u; echo $HOME; pwd", nil, "0\n/root\n/\n"},
		{"user", "id -u; id -g; id -G; echo $HOME $USER $LOGNAME", []any{"user", "ann"}, "2000\n2000\n2000 4 3000\n/home/ann ann ann\n"},
		{"user by number", "id -G; echo $USER", []any{"user", "2000"}, "2000 4 3000\nann\n"},
		{"number without a user", "id -u; id -G; echo $HOME", []any{"user", "4242"}, "4242\n4242\n/\n"},
		{"user and group", "id -g; id -G", []any{"user", "ann", "group", "crew"}, "3000\n3000 4 2000\n"},
		{"group alone", "id -u; id -g", []any{"group", "crew"}, "0\n3000\n"},
		{"cwd", "pwd; echo $PWD", []any{"cwd", "/home/ann", "user", "ann"}, "/home/ann\n/home/ann\n"},
		{"env wins", "echo $HOME $A", []any{"env", cty.MapVal(map[string]cty.Value{"HOME": cty.StringVal("/x"), "A": cty.StringVal("b")})}, "/x b\n"},
		{"what is inherited", "echo ${CONVERGE_VAR_password-kept back} ${NOTIFY_SOCKET-kept back} $https_proxy", nil, "kept back kept back http://proxy:3128\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join("/tmp", "out")
			os.Remove(out)
			p := provider(t)
			r := build(t, p, append([]any{"command", "umask 0; { " + tt.command + "; } >" + out, "always", true}, tt.attrs...)...)
			resourcetest.Converge(t, r)
			if got, err := os.ReadFile(out); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// TestInsideTree runs commands with --root: programs, users, guards and paths
// are the tree's.
func TestInsideTree(t *testing.T) {
	if !testhost.OnHost(t, testhost.Options{}) {
		return
	}
	tree := "/srv/tree"
	sh(t, "mkdir -p /srv/tree/etc /srv/tree/opt && cp -a /usr /bin /lib /lib64 /srv/tree/ && "+
		"echo bob:x:7:8::/home/bob:/bin/sh >/srv/tree/etc/passwd && : >/srv/tree/etc/group && "+
		"ln -s /usr/bin/id /srv/tree/opt/whoami")
	fs, err := fsys.Open(tree)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	p := command.New(fs, userdb.New(tree), command.Now)
	for _, tt := range []struct {
		name  string
		attrs []any
		need  bool
	}{
		{"paths are the tree's", []any{"creates", "/srv/tree"}, true},
		{"a path in the tree", []any{"creates", "/etc/passwd"}, false},
		{"guards run inside", []any{"unless", "test ! -e /srv/tree"}, false},
		{"users are the tree's", []any{"user", "bob", "unless", `test "$(id -u) $(id -g) $HOME" = "7 8 /home/bob"`}, false},
		{"links are followed inside", []any{"unless", words("/opt/whoami")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := build(t, p, append([]any{"command", "true"}, tt.attrs...)...)
			if ch := resourcetest.Plan(t, r); ch.Empty() == tt.need {
				t.Errorf("planned to %s", ch.Action)
			}
		})
	}
	resourcetest.Converge(t, build(t, p, "command", words("touch", "/etc/made"), "creates", "/etc/made"))
	if _, err := os.Stat("/srv/tree/etc/made"); err != nil {
		t.Error(err)
	}
	os.Remove("/srv/tree/etc/passwd")
	if _, err := p.Observe(t.Context(), build(t, p, "command", "true", "user", "ann", "unless", "true").Want); err == nil {
		t.Error("a user of the machine was taken for one of the tree")
	}
}

func sh(t *testing.T, script string) {
	t.Helper()
	p := provider(t)
	resourcetest.Converge(t, build(t, p, "command", script, "always", true))
}
