package secrets

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// world is a folder with a manifest's folder, and a machine's keys and programs.
type world struct {
	*Reader
	dir string
}

func newWorld(t *testing.T, env ...string) *world {
	t.Helper()
	dir := t.TempDir()
	env = append(env, "CREDENTIALS_DIRECTORY="+filepath.Join(dir, "passed"))
	return &world{New(Options{Open: resource.OpenRegular, Env: env, Root: filepath.Join(dir, "host")}), dir}
}

func (w *world) write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) source(from, value string) Source {
	return Source{Name: "db", From: from, Value: value, Dir: w.dir}
}

func encrypt(t *testing.T, text string, armored bool, to ...age.Recipient) string {
	t.Helper()
	var b bytes.Buffer
	a := armor.NewWriter(&b)
	var cipher io.Writer = &b
	if armored {
		cipher = a
	}
	out, err := age.Encrypt(cipher, to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if armored {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func newKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestLineBreak: a single line loses its line break, as with $(…) in a shell.
func TestLineBreak(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"x": "x", "x\n": "x", "x\r\n": "x", "x\n\n": "x\n\n", "a\nb\n": "a\nb\n", " x ": " x ", "\xff\x00\n": "\xff\x00",
	} {
		if got, err := checkText(in); got != want || err != nil {
			t.Errorf("%q becomes %q (%v), want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "\n"} {
		if got, err := checkText(in); err == nil {
			t.Errorf("%q becomes %q, want an error", in, got)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(t, "db.txt", "hunter2\n", 0o600)
	w.write(t, "large", strings.Repeat("x", maxSize+1), 0o600)
	for value, want := range map[string]string{
		"db.txt": "hunter2", filepath.Join(w.dir, "db.txt"): "hunter2",
		"none":  `error: cannot read "DIR/none": no such file or directory`,
		"large": `error: cannot read "DIR/large": it is larger than 1 MiB, which no secret is`,
		".":     `error: cannot read "DIR": not a regular file`,
	} {
		w.expect(t, w.source("file", value), want)
	}
}

// expect compares the result of a source, "error: …" for an error.
func (w *world) expect(t *testing.T, s Source, want string) {
	t.Helper()
	got, err := w.Read(t.Context(), s)
	if err != nil {
		got = "error: " + strings.ReplaceAll(err.Error(), w.dir, "DIR")
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s %.40q: %s", s.From, s.Value, d)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, other, foreign := newKey(t), newKey(t), newKey(t)
	private, recipient := newHostKey(t)
	w.write(t, "host/etc/converge/age.key", "# made by hand\n"+own.String()+"\n", 0o600)
	w.write(t, "host/etc/ssh/ssh_host_ed25519_key", private, 0o600)
	w.write(t, "other.key", other.String(), 0o600)
	w.write(t, "open.key", other.String(), 0o644)
	w.write(t, "no.key", "hunter2", 0o600)
	w.write(t, "own.age", encrypt(t, "hunter2\n", false, own.Recipient()), 0o644)
	w.write(t, "armored.age", "\n"+encrypt(t, "hunter2\n", true, own.Recipient()), 0o644)
	w.write(t, "ssh.age", encrypt(t, "by the host", true, foreign.Recipient(), recipient), 0o644)
	w.write(t, "other.age", encrypt(t, "other", true, other.Recipient()), 0o644)
	w.write(t, "foreign.age", encrypt(t, "hunter2", false, foreign.Recipient()), 0o644)
	whole := encrypt(t, strings.Repeat("hunter2", 1000), false, own.Recipient())
	w.write(t, "torn.age", whole[:len(whole)-5], 0o644)
	w.write(t, "plain.age", "hunter2", 0o644)
	for value, want := range map[string]string{
		"own.age": "hunter2", "armored.age": "hunter2", "ssh.age": "by the host",
		encrypt(t, "in the manifest", true, own.Recipient()): "in the manifest",
		"other.age":   "error: other.age is encrypted for other keys than those of DIR/host/etc/converge/age.key and DIR/host/etc/ssh/ssh_host_ed25519_key",
		"foreign.age": "error: foreign.age is encrypted for other keys than those of DIR/host/etc/converge/age.key and DIR/host/etc/ssh/ssh_host_ed25519_key",
		"torn.age":    "error: torn.age cannot be decrypted with age: it is damaged",
	} {
		w.expect(t, w.source("age", value), want)
	}
	s := w.source("age", "other.age")
	s.Identity = "other.key"
	w.expect(t, s, "other")
	for key, want := range map[string]string{
		"open.key": "error: cannot use the key DIR/open.key: others than its owner can read it; chmod 600 DIR/open.key",
		"no.key":   "error: cannot use the key DIR/no.key: it is no file of keys for age, which begin with AGE-SECRET-KEY-1",
	} {
		s := w.source("age", "own.age")
		s.Identity = key
		w.expect(t, s, want)
	}
	if _, err := w.Read(t.Context(), w.source("age", "plain.age")); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("no ciphertext: %v", err)
	}
	none := newWorld(t)
	none.write(t, "own.age", whole, 0o644)
	none.expect(t, none.source("age", "own.age"), "error: there is no key to decrypt it with: neither DIR/host/etc/converge/age.key nor DIR/host/etc/ssh/ssh_host_ed25519_key nor DIR/host/etc/ssh/ssh_host_rsa_key exists")
}

func newHostKey(t *testing.T) (private string, recipient age.Recipient) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "host")
	if err != nil {
		t.Fatal(err)
	}
	known, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err = agessh.NewEd25519Recipient(known)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), recipient
}

func TestCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(t, "db.txt", "hunter2", 0o600)
	sh := func(text string) []string { return []string{"/bin/sh", "-c", text} }
	for name, c := range map[string]struct {
		source Source
		want   string
	}{
		"prints":         {Source{Command: []string{"cat", "db.txt"}}, "hunter2"},
		"env":            {Source{Command: sh(`echo "$A$B"`), Env: map[string]string{"B": "2", "A": "1"}}, "12"},
		"nothing":        {Source{Command: sh("true")}, "error: it is empty"},
		"fails":          {Source{Command: sh("echo hunter2; echo hunter2 is locked >&2; exit 3")}, "error: /bin/sh: exit status 3; what it wrote on its standard error is not shown, as it may hold a secret: run it by hand to read that"},
		"fails silently": {Source{Command: sh("echo hunter2; exit 3")}, "error: /bin/sh: exit status 3"},
		"hangs":          {Source{Command: sh("echo hunter2; exec sleep 1000"), Timeout: time.Millisecond}, "error: /bin/sh: it took longer than 1ms and was ended"},
		"is not there":   {Source{Command: []string{"no-such-program"}}, `error: no-such-program: cannot find program "no-such-program" on the PATH`},
		"too much":       {Source{Command: sh("head -c 1048577 /dev/zero")}, "error: /bin/sh prints more than 1 MiB, which no secret is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.source.From, c.source.Dir = "command", w.dir
			w.expect(t, c.source, c.want)
		})
	}
}

// TestOnce: a source is read once, regardless of later changes; changed files are reported.
func TestOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.write(t, "db.txt", "hunter2", 0o600)
	count := Source{From: "command", Command: []string{"/bin/sh", "-c", "echo x >>runs; cat runs | wc -l"}, Dir: w.dir}
	for range 2 {
		w.expect(t, w.source("file", "db.txt"), "hunter2")
		w.expect(t, count, "1")
		if got := w.ListAltered(); got != nil {
			t.Errorf("altered %q, want none", got)
		}
	}
	w.write(t, "db.txt", "hunter3", 0o600)
	w.expect(t, w.source("file", "db.txt"), "hunter2")
	if got := w.ListAltered(); !slices.Equal(got, []string{path}) {
		t.Errorf("altered %q", got)
	}
}

// TestAtATime: programs of different secrets run in parallel: here each waits for the other. One that is needed twice
// meanwhile runs once.
func TestAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wait := func(own, other string) Source {
		script := "echo x >>runs-" + own + "; touch " + own + "; while ! [ -e " + other + " ]; do sleep 0.01; done; cat runs-" + own + " | wc -l"
		return Source{From: "command", Command: []string{"/bin/sh", "-c", script}, Dir: w.dir, Timeout: 20 * time.Second}
	}
	var all sync.WaitGroup
	for _, s := range []Source{wait("a", "b"), wait("b", "a"), wait("a", "b"), wait("b", "a")} {
		all.Go(func() { w.expect(t, s, "1") })
	}
	all.Wait()
}

func TestCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(t, "host/etc/credstore/db", "of the store", 0o600)
	w.expect(t, w.source("credential", "db"), "of the store")
	w = newWorld(t)
	w.write(t, "host/etc/credstore/db", "of the store", 0o600)
	w.write(t, "passed/db", "passed\n", 0o400)
	w.expect(t, w.source("credential", "db"), "passed")
	w.expect(t, w.source("credential", "none"), `error: there is no credential "none" in DIR/passed, DIR/host/run/credentials/@system, DIR/host/etc/credstore, `+
		`DIR/host/etc/credstore.encrypted, DIR/host/run/credstore, DIR/host/run/credstore.encrypted, DIR/host/usr/lib/credstore, DIR/host/usr/lib/credstore.encrypted`)
}

// TestPrograms: sops and systemd-creds are called as in their manuals; they get only the environment that they need to
// find keys.
func TestPrograms(t *testing.T) {
	w := newWorld(t, "SOPS_KMS_ARN=arn", "CONVERGE_VAR_x=1", "AWS_PROFILE=ops")
	const show = "#!/bin/sh\necho \"$(basename \"$0\") $*\"\nenv | grep -E '^(SOPS|AWS|CONVERGE)' | sort\n"
	for _, name := range []string{"sops", "systemd-creds"} {
		resourcetest.WriteProgram(t, filepath.Join(w.dir, "bin", name), show)
	}
	t.Setenv("PATH", filepath.Join(w.dir, "bin")+":"+os.Getenv("PATH"))
	w.write(t, "db.yaml", "x", 0o644)
	w.write(t, "db.cred", "x", 0o644)
	w.write(t, "host/run/credstore.encrypted/db", "x", 0o644)
	expect := func(s Source, want string) {
		t.Helper()
		got, err := w.Read(t.Context(), s)
		if d := cmp.Diff(want, strings.ReplaceAll(got, w.dir, "DIR")); d != "" || err != nil {
			t.Error(err, d)
		}
	}
	expect(w.source("sops", "db.yaml"), "sops decrypt DIR/db.yaml\nAWS_PROFILE=ops\nSOPS_KMS_ARN=arn\n")
	keyed := w.source("sops", "db.yaml")
	keyed.Identity = "own.key"
	expect(keyed, "sops decrypt DIR/db.yaml\nAWS_PROFILE=ops\nSOPS_AGE_KEY_FILE=DIR/own.key\nSOPS_KMS_ARN=arn\n")
	expect(w.source("credential", "./db.cred"), "systemd-creds decrypt --newline=no DIR/db.cred -")
	expect(w.source("credential", "db"), "systemd-creds decrypt --newline=no --name=db DIR/host/run/credstore.encrypted/db -")
}
