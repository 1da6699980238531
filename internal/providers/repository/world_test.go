package repository

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// signer is a signing key, made once for all tests.
type signer struct {
	*openpgp.Entity
	armored, binary string
	at              time.Time // when it signs
}

func newSigner(t testing.TB, name string, days int) signer { return newSignerAt(t, name, days, now) }

func newSignerAt(t testing.TB, name string, days int, at time.Time) signer {
	t.Helper()
	e, err := openpgp.NewEntity(name, "", name+"@example.com", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, DefaultHash: crypto.SHA512, KeyLifetimeSecs: uint32(days * 86400),
		Time: func() time.Time { return at.AddDate(0, 0, -1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var binary, text bytes.Buffer
	w, err := armor.Encode(&text, openpgp.PublicKeyType, nil)
	if err == nil {
		err = e.Serialize(&binary)
	}
	if err == nil {
		_, err = w.Write(binary.Bytes())
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{e, text.String() + "\n", binary.String(), at}
}

func (s signer) fingerprint() string { return fmt.Sprintf("%X", s.PrimaryKey.Fingerprint) }

func (s signer) clearsign(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := clearsign.Encode(&b, s.PrivateKey, &packet.Config{Time: func() time.Time { return s.at }})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (s signer) detach(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&b, s.Entity, strings.NewReader(text), &packet.Config{Time: func() time.Time { return s.at }}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// machine is a tree with a provider; it records the programs that the provider runs.
type machine struct {
	*Provider
	t    testing.TB
	root string
	ran  []string
	says map[string]process.Result // results by the beginning of the command line
}

func (m *machine) run(_ context.Context, _ string, argv []string) (process.Result, error) {
	line := strings.Join(argv, " ")
	if at := strings.Index(line, "/.converge-"); at >= 0 { // a staged file: shows its content
		text, err := os.ReadFile(m.root + line[strings.Index(line, " /")+1:])
		if err != nil {
			m.t.Error(err)
		}
		line = line[:strings.Index(line, " /")] + fmt.Sprintf(" (%d bytes)", len(text))
	}
	m.ran = append(m.ran, line)
	for start, r := range m.says {
		if strings.HasPrefix(line, start) {
			return r, nil
		}
	}
	return process.Result{}, nil
}

// newMachine makes a tree of files: path → content.
func newMachine(t testing.TB, files map[string]string) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir(), says: map[string]process.Result{}}
	for path, content := range files {
		m.write(path, content)
	}
	f, err := fsys.Open(m.root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	f.KeepFolders(notes{})
	m.Provider = New(Options{FS: f, Now: func() time.Time { return now }, run: m})
	return m
}

func (m *machine) write(path, content string) {
	m.t.Helper()
	at := filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		m.t.Fatal(err)
	}
	mode := os.FileMode(0o644)
	if strings.Contains(path, "/bin/") {
		mode = 0o755
	}
	if err := os.WriteFile(at, []byte(content), mode); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(path string) string {
	text, err := os.ReadFile(filepath.Join(m.root, path))
	if err != nil {
		return "(missing)"
	}
	return string(text)
}

// notes records, like the ledger, which folders were made.
type notes map[string]string

func (n notes) ReadFolder(dir string) string { return n[dir] }

func (n notes) NoteFolder(dir, note string) error {
	n[dir] = note
	return nil
}

// dump lists all files and folders of the tree; with stat, the files with their times.
func (m *machine) dump(stat bool) string {
	var b strings.Builder
	err := filepath.WalkDir(m.root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			fmt.Fprintf(&b, "%s/ %s\n", strings.TrimPrefix(path, m.root), info.Mode())
			return nil
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %s %q", strings.TrimPrefix(path, m.root), info.Mode(), text)
		if stat {
			fmt.Fprint(&b, info.ModTime())
		}
		b.WriteByte('\n')
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return b.String()
}

func (m *machine) world() *resourcetest.World {
	return &resourcetest.World{
		Provider: m.Provider, Root: m.root,
		Fingerprint: func(testing.TB) string { return m.dump(true) },
		Dump:        func(testing.TB) string { return m.dump(false) },
	}
}

// resource builds a resource of the kind as a manifest does.
func (m *machine) resource(attrs ...any) (*resource.Resource, error) {
	return resourcetest.Build(resources.Repository(m.Provider), m.world(), "acme", resourcetest.Attrs(append([]any{"name", "acme"}, attrs...)...))
}
