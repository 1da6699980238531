package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// oldGo answers as the go command of Debian 12 does, which cannot read go.mod.
const oldGo = `#!/bin/sh
case "$PWD $*" in
*" version") echo "go version go1.19.8 linux/amd64" ;;
*" env GOHOSTOS") echo linux ;;
*" env GOHOSTARCH") echo amd64 ;;
"/ mod download -json golang.org/toolchain@v0.0.1-go"*".linux-amd64") printf '{\n\t"Path": "golang.org/toolchain",\n\t"Dir": "%s",\n\t"Sum": "h1:x"\n}\n' "$TOOLCHAIN" ;;
*) echo "go: errors parsing go.mod: invalid go version" >&2; exit 1 ;;
esac
`

// TestOldGo builds with a Go that is too old: make says so, and of the way on it says
// what works.
func TestOldGo(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		testhost.Cannot(t, "there is no make on this machine")
	}
	dir := t.TempDir()
	old, toolchain, dist := filepath.Join(dir, "go"), filepath.Join(dir, "toolchain"), filepath.Join(dir, "dist")
	program(t, old, oldGo)
	program(t, filepath.Join(toolchain, "bin", "go"), "#!/bin/sh\necho go version go1.26.0 linux/amd64\n")
	program(t, filepath.Join(toolchain, "pkg", "tool", "linux_amd64", "compile"), "")
	for _, path := range []string{"bin/go", "pkg/tool/linux_amd64/compile"} { // as modules are unpacked
		if err := os.Chmod(filepath.Join(toolchain, path), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	make := func(words ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "make", append([]string{"-s", "-C", "..", "DIST=" + dist}, words...)...)
		cmd.Env = append(os.Environ(), "TOOLCHAIN="+toolchain)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	said, err := make("build", "GO="+old)
	if err == nil || !strings.Contains(said, "needs Go "+neededGo(t)+" or newer. "+old+" is Go 1.19.8,") {
		t.Fatalf("with an old Go make says, %v:\n%s", err, said)
	}
	way := regexp.MustCompile(`(?m)^    make (.+)$`).FindAllStringSubmatch(said, -1)
	if len(way) != 2 {
		t.Fatalf("the ways on are %q", way)
	}
	if said, err := make(strings.Fields(way[0][1])...); err != nil || said != "go version go1.26.0 linux/amd64\n" {
		t.Errorf("make %s says, %v:\n%s", way[0][1], err, said)
	}
	if said, err := make("-n", strings.Fields(way[1][1])[0], strings.Fields(way[1][1])[1]); err != nil || !strings.Contains(said, dist+"/go/bin/go build") {
		t.Errorf("make %s says, %v:\n%s", way[1][1], err, said)
	}
	if info, err := os.Stat(filepath.Join(dist, "go/pkg/tool/linux_amd64/compile")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("the compiler cannot be run: %v, %v", info, err)
	}
}

// TestGoOfDebian12 does what make says with the real Go of Debian 12, and then builds.
func TestGoOfDebian12(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	dir := t.TempDir()
	dist, root := filepath.Join(dir, "dist"), "./usr/lib/go-1.19/"
	fetch := exec.CommandContext(t.Context(), "sh", "-euc", `apt-get -qq -o APT::Sandbox::User=root download golang-1.19-go
dpkg-deb --fsys-tarfile golang-1.19-go_*.deb | tar -x "$@"`, "sh", root+"bin/go", root+"VERSION")
	fetch.Dir = dir
	if out, err := fetch.CombinedOutput(); err != nil {
		testhost.Cannot(t, fmt.Sprintf("there is no Go 1.19 to be had: %v\n%s", err, out))
	}
	old := filepath.Join(dir, "go") // which is not where it was built for
	program(t, old, "#!/bin/sh\nGOROOT="+filepath.Join(dir, root)+" exec "+filepath.Join(dir, root, "bin/go")+" \"$@\"\n")
	if out, err := exec.CommandContext(t.Context(), "make", "-s", "-C", "..", "build", "GO="+old, "DIST="+dist).CombinedOutput(); err == nil ||
		!strings.Contains(string(out), old+" is Go 1.19.8,") {
		t.Fatalf("with Go 1.19 make says, %v:\n%s", err, out)
	}
	if out := run(t, "make", "-s", "-C", "..", "go", "GO="+old, "DIST="+dist); out != "go version go"+neededGo(t)+" linux/"+runtime.GOARCH+"\n" {
		t.Errorf("make go says\n%s", out)
	}
	run(t, "make", "-s", "-C", "..", "build", "GO="+dist+"/go/bin/go", "DIST="+dist, "PROGRAMS=./cmd/stow2")
	if out := run(t, dist+"/stow2", "--version"); !strings.HasPrefix(out, "stow2") {
		t.Errorf("what it has built says %q", out)
	}
}

// TestGoThatIsNewEnough finds nothing to say of a Go that fetches what it needs.
func TestGoThatIsNewEnough(t *testing.T) {
	for _, version := range []string{"go version go1.21.0 linux/amd64", "go version go1.26.8 linux/amd64", "go version go2.0 linux/amd64", "go version devel go1.27-0123456 Mon Jan 1 linux/amd64"} {
		path := filepath.Join(t.TempDir(), "go")
		program(t, path, "#!/bin/sh\necho "+version+"\n")
		if out, err := exec.CommandContext(t.Context(), "./go.sh", "check", path).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", version, err, out)
		}
	}
}

// neededGo is the Go that go.mod asks for.
func neededGo(t *testing.T) string {
	t.Helper()
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	return string(regexp.MustCompile(`(?m)^go (.+)$`).FindSubmatch(mod)[1])
}

func program(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
