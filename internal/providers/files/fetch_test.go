package files_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"converge/internal/providers/files"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// What servers do, and what comes of it. Each counts its requests, so that one
// that fails at first can be seen to be asked again.
func TestFetch(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 10_000)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, strings.Repeat("x", 1<<20))
	z.Close()
	half := len(body) / 2
	broken := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		fmt.Fprint(w, body[:half])
	}
	for _, tt := range []struct {
		name     string
		serve    func(w http.ResponseWriter, r *http.Request, n int)
		content  string
		size     string
		requests int
		err      string
	}{
		{"at once", func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, body) }, body, "", 1, ""},
		{"compressed, as it is", func(w http.ResponseWriter, r *http.Request, _ int) {
			if got := r.Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("Accept-Encoding: %q", got)
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes())
		}, packed.String(), "", 1, ""},
		{"compressed, and not meant so", func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes())
		}, body, "", 1, "what is there has SHA-256"},
		{"in trouble, twice", func(w http.ResponseWriter, _ *http.Request, n int) {
			if n < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, body)
		}, body, "", 3, ""},
		{"in trouble for good", func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusBadGateway) }, body, "", 3, "502 Bad Gateway"},
		{"forbidden", func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusForbidden) }, body, "", 1, "403 Forbidden"},
		{"a line that breaks, and goes on", func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 1 {
				broken(w)
				return
			}
			http.ServeContent(w, r, "f", time.Time{}, strings.NewReader(body))
		}, body, "", 2, ""},
		{"a line that breaks, and begins anew", func(w http.ResponseWriter, _ *http.Request, n int) {
			if n == 1 {
				broken(w)
				return
			}
			fmt.Fprint(w, body)
		}, body, "", 2, ""},
		{"other content after the break", func(w http.ResponseWriter, _ *http.Request, n int) {
			if n == 1 {
				broken(w)
				return
			}
			fmt.Fprint(w, strings.Repeat("evil", len(body)/4))
		}, body, "", 2, "what is there has SHA-256"},
		{"a line that always breaks", func(w http.ResponseWriter, _ *http.Request, _ int) { broken(w) }, body, "", 3, "unexpected EOF"},
		{"more than is allowed, as it says", func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			fmt.Fprint(w, body)
		}, body, "100KiB", 1, "it has 160000 bytes, more than the 102400 that are allowed"},
		{"more than is allowed, and silent", func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.(http.Flusher).Flush()
			fmt.Fprint(w, body)
		}, body, "100KiB", 1, "it has more than the 102400 bytes that are allowed"},
		{"without end", func(w http.ResponseWriter, _ *http.Request, _ int) {
			block := make([]byte, 1<<20)
			for range 80 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, body, "", 1, "max_size allows more"},
		{"to a file", func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, "file:///etc/shadow", http.StatusFound)
		}, body, "", 1, "it redirects to file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n++; tt.serve(w, r, n) }))
			defer srv.Close()
			m := newMachine(t, files.Options{})
			declared := attrs("path", "/etc/f", "source", srv.URL+"/f", "sha256", digest(tt.content))
			if tt.size != "" {
				declared = resourcetest.With(declared, "max_size", tt.size)
			}
			r, err := resourcetest.Build(resources.File(m.p), m.world(), "x", declared)
			if err != nil {
				t.Fatal(err)
			}
			err = m.p.Apply(t.Context(), resourcetest.Plan(t, r))
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) || n != tt.requests {
				t.Fatalf("%d requests, %v", n, err)
			}
			b, err := os.ReadFile(m.root + "/etc/f")
			if tt.err == "" && string(b) != tt.content || tt.err != "" && !os.IsNotExist(err) {
				t.Errorf("the file holds %d bytes, %v", len(b), err)
			}
			if names := dirNames(t, m.root+"/etc"); len(names) > 3 {
				t.Errorf("left: %v", names)
			}
		})
	}
}
