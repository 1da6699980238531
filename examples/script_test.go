package examples

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"converge/internal/testhost"
)

// TestScripts runs each script of testdata: an example from validate to its removal, as an
// operator would try it. A script that begins with "# host: IMAGE" runs on a test host of that
// image, with real systemd and apt; any other one on a tree below $WORK/root. Besides the
// commands of testscript there are converge, the folder $EXAMPLES, and
//
//	serve DIR            serve a folder by HTTP until the script ends; $SERVED is its URL
//	encrypt FILE TEXT    encrypt TEXT with age into FILE; the identity is the file of that name .key
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			image := imageOf(t, script)
			if image == "" {
				runScript(t, script, testhost.Binary(t, "converge/cmd/converge"))
				return
			}
			if testhost.Inside() {
				runScript(t, script, "/usr/local/bin/converge")
				return
			}
			t.Parallel()
			h := start(t, image)
			h.MustExec(t, "ln", "-s", h.converge, "/usr/local/bin/converge")
			testhost.RunInside(t, h.Host, t.Name())
		})
	}
}

// imageOf returns the image that the first line of a script asks for; "": it needs no host.
func imageOf(t *testing.T, script string) string {
	data, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	image, _ := strings.CutPrefix(first, "# host: ")
	if image == first {
		return ""
	}
	return image
}

func runScript(t *testing.T, script, converge string) {
	examples, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files:               []string{script},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"serve": serveFolder, "encrypt": encrypt},
		Setup: func(env *testscript.Env) error {
			bin := filepath.Join(env.WorkDir, "bin")
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			env.Setenv("EXAMPLES", examples)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("NO_COLOR", "1")
			for _, dir := range []string{bin, filepath.Join(env.WorkDir, "root", "etc")} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return err
				}
			}
			return os.Symlink(converge, filepath.Join(bin, "converge"))
		},
	})
}

func serveFolder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve DIR")
	}
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv("SERVED", server.URL)
}

func encrypt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: encrypt FILE TEXT")
	}
	identity, err := age.GenerateX25519Identity()
	ts.Check(err)
	name := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(name+".key", []byte(identity.String()+"\n"), 0o600))
	file, err := os.Create(name)
	ts.Check(err)
	w, err := age.Encrypt(file, identity.Recipient())
	ts.Check(err)
	_, err = w.Write([]byte(args[1]))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(file.Close())
}
