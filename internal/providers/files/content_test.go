package files_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/resources"
)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestFetchedContent(t *testing.T) {
	requests := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/right", func(w http.ResponseWriter, _ *http.Request) { requests++; fmt.Fprint(w, "fetched\n") })
	mux.HandleFunc("/wrong", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "something else") })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "fetched\n")
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/right", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	secretURL := strings.Replace(srv.URL, "http://", "http://user:hunter2@", 1)

	for _, c := range []struct{ url, err string }{
		{srv.URL + "/right", ""},
		{srv.URL + "/moved", ""},
		{srv.URL + "/wrong", "what is there has SHA-256 " + digest("something else") + ", not " + digest("fetched\n")},
		{srv.URL + "/cut", "unexpected EOF"},
		{srv.URL + "/none", "the server answered 404 Not Found"},
		{srv.URL + "/round", "too many redirects"},
		{secretURL + "/none", "the server answered 404 Not Found"},
	} {
		t.Run(c.url[strings.LastIndex(c.url, "/")+1:], func(t *testing.T) {
			m := newMachine(t, files.Options{})
			os.WriteFile(m.root+"/etc/f", []byte("old"), 0o644)
			r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs("path", "/etc/f", "source", c.url, "sha256", digest("fetched\n")))
			if err != nil {
				t.Fatal(err)
			}
			before := requests
			ch := resourcetest.Plan(t, r)
			if requests != before {
				t.Error("planning fetched")
			}
			err = m.p.Apply(t.Context(), ch)
			if (err != nil) != (c.err != "") || err != nil && !strings.HasSuffix(err.Error(), c.err) {
				t.Fatalf("%v\nwant: %s", err, c.err)
			}
			want := "fetched\n"
			if c.err != "" {
				want = "old"
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("the password is shown: %v", err)
				}
			} else if !resourcetest.Plan(t, r).Empty() {
				t.Error("fetched, and yet there is something to do")
			}
			if b, _ := os.ReadFile(m.root + "/etc/f"); string(b) != want {
				t.Errorf("the file holds %q", b)
			}
			if n := len(dirNames(t, m.root+"/etc")); n != 3 {
				t.Errorf("%d names in /etc", n)
			}
		})
	}
}

func dirNames(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestLargeSource: a large source is compared and copied without being held.
func TestLargeSource(t *testing.T) {
	m := newMachine(t, files.Options{})
	src := t.TempDir() + "/big"
	data := []byte(strings.Repeat("0123456789abcdef", 200_000))
	os.WriteFile(src, data, 0o644)
	r, err := resourcetest.Build(resources.File(m.p), &resourcetest.World{}, "x", attrs("path", "/etc/big", "source", src))
	if err != nil {
		t.Fatal(err)
	}
	// The suite's ReadFile would hold it; the manifest's Source does not.
	blob, err := resource.FileBlob(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Want = resource.With(r.Want, "content", resource.BlobVal(blob))
	resourcetest.Converge(t, r)
	if got, _ := os.ReadFile(m.root + "/etc/big"); string(got) != string(data) {
		t.Error("the copy differs")
	}
	for _, at := range []int64{0, 1 << 20, int64(len(data)) - 1} {
		f, _ := os.OpenFile(m.root+"/etc/big", os.O_WRONLY, 0)
		f.WriteAt([]byte("X"), at)
		f.Close()
		if resourcetest.Converge(t, r).Empty() {
			t.Errorf("a difference at %d is not seen", at)
		}
	}
	os.Truncate(m.root+"/etc/big", int64(len(data))-1)
	if resourcetest.Converge(t, r).Empty() {
		t.Error("a missing byte is not seen")
	}
}

// TestAttributesPassOn: what a replaced file had besides content and mode is
// not lost, and what vouches for the old content is.
func TestAttributesPassOn(t *testing.T) {
	m := newMachine(t, files.Options{})
	path := m.root + "/etc/f"
	os.WriteFile(path, []byte("old"), 0o644)
	if err := unix.Setxattr(path, "user.note", []byte("keep me"), 0); err != nil {
		if errors.Is(err, syscall.ENOTSUP) {
			testhost.Cannot(t, "needs a file system with user attributes")
		}
		t.Fatal(err)
	}
	capability := []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	hasCap := unix.Setxattr(path, "security.capability", capability, 0) == nil
	r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs("path", "/etc/f", "content", "new"))
	if err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, r)
	buf := make([]byte, 64)
	if n, err := unix.Getxattr(path, "user.note", buf); err != nil || string(buf[:n]) != "keep me" {
		t.Errorf("user.note is %q: %v", buf[:max(n, 0)], err)
	}
	if _, err := unix.Getxattr(path, "security.capability", buf); hasCap && err == nil {
		t.Error("the new content has the old one's capabilities")
	}
}

// TestInheritedAccessList: a directory's default access list is for what is
// new in it, not for a file that was there without one.
func TestInheritedAccessList(t *testing.T) {
	m := newMachine(t, files.Options{})
	path := m.root + "/etc/f"
	os.WriteFile(path, []byte("old"), 0o640)
	acl := []byte{2, 0, 0, 0} // version; then tag, permissions, id of each entry
	for _, e := range [][3]uint32{{1, 7, 1<<32 - 1}, {2, 6, 1001}, {4, 5, 1<<32 - 1}, {16, 7, 1<<32 - 1}, {32, 0, 1<<32 - 1}} {
		acl = binary.LittleEndian.AppendUint16(acl, uint16(e[0]))
		acl = binary.LittleEndian.AppendUint16(acl, uint16(e[1]))
		acl = binary.LittleEndian.AppendUint32(acl, e[2])
	}
	if err := unix.Setxattr(m.root+"/etc", "system.posix_acl_default", acl, 0); err != nil {
		if errors.Is(err, syscall.ENOTSUP) {
			testhost.Cannot(t, "needs a file system with access lists")
		}
		t.Fatal(err)
	}
	for _, name := range []string{"f", "g"} {
		r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs("path", "/etc/"+name, "content", "new"))
		if err != nil {
			t.Fatal(err)
		}
		resourcetest.Converge(t, r)
	}
	if _, err := unix.Getxattr(path, "system.posix_acl_access", nil); !errors.Is(err, unix.ENODATA) {
		t.Errorf("the replaced file has an access list it did not have: %v", err)
	}
	if _, err := unix.Getxattr(m.root+"/etc/g", "system.posix_acl_access", nil); err != nil {
		t.Errorf("the new file did not inherit: %v", err)
	}
	if got := perms(t, m.root); !slices.Contains(got, `/etc/f 0640 "new"`) {
		t.Errorf("the machine: %q", got)
	}
}

// TestManyDirectories: one batch may write to more directories than a process
// may hold open.
func TestManyDirectories(t *testing.T) {
	m := newMachine(t, files.Options{})
	var cs []resource.Change
	for i := range 1500 {
		dir := fmt.Sprintf("/d%04d", i)
		os.Mkdir(m.root+dir, 0o755)
		r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs("path", dir+"/f", "content", "x"))
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, resourcetest.Plan(t, r))
	}
	if err := errors.Join(m.p.ApplyAll(t.Context(), cs, resource.Forecast{}).Errs...); err != nil {
		t.Fatal(err)
	}
	for i := range 1500 {
		if _, err := os.Stat(fmt.Sprintf("%s/d%04d/f", m.root, i)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPurgeSparesOurs: what converge puts beside a declared file is not taken
// for undeclared, so that the next plan is empty.
func TestPurgeSparesOurs(t *testing.T) {
	m := newMachine(t, files.Options{Ledger: ledger{"path:/d/b": "ours"}})
	os.Mkdir(m.root+"/d", 0o755)
	os.WriteFile(m.root+"/d/a", []byte("old"), 0o644)
	os.WriteFile(m.root+"/d/b", []byte("edited"), 0o644)
	var rs []*resource.Resource
	var declared []string
	for _, a := range [][]any{
		{"path", "/d/a", "content", "new", "backup", true},
		{"path", "/d/b", "content", "new", "on_edit", "keep"},
	} {
		r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs(a...))
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
		for _, key := range r.Kind.Links(r.Want).Provides {
			declared = append(declared, strings.TrimPrefix(key, "path:"))
		}
	}
	m.p.Declare(files.Site{Paths: declared})
	dir, err := resourcetest.Build(resources.Directory(m.p), m.world(), "d", attrs("path", "/d", "purge", true))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(rs, dir) {
		resourcetest.Converge(t, r)
	}
	if got := strings.Join(dirNames(t, m.root+"/d"), " "); got != "a a.bak b b.converge-new" {
		t.Errorf("left are %s", got)
	}
}

func TestVerifyIsKilledWithItsChildren(t *testing.T) {
	m := newMachine(t, files.Options{})
	r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", attrs(
		"path", "/etc/f", "content", "x", "verify", []string{"sh", "-c", "echo up > \"$0\".started; sleep 1000 & wait", "{path}"}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			if started, _ := filepath.Glob(m.root + "/etc/.converge-*.started"); len(started) > 0 {
				return
			}
		}
	}()
	if err := m.p.Apply(ctx, resourcetest.Plan(t, r)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while it is verified: %v", err)
	}
	for _, n := range dirNames(t, m.root+"/etc") {
		if strings.HasPrefix(n, ".converge-") && !strings.HasSuffix(n, ".started") {
			t.Errorf("left over: %s", n)
		}
	}
}
