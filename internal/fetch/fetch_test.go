package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// judged is a body with one period of the watch per read.
type judged struct {
	io.Reader
	watch  *stall
	cancel context.CancelCauseFunc
}

func (j judged) Read(p []byte) (int, error) {
	n, err := j.Reader.Read(p[:min(len(p), 2*stallBytes)])
	if n > 0 && j.watch.bytes > 0 {
		j.watch.checkProgress(j.cancel)
	}
	return n, err
}

func (judged) Close() error { return nil }

// A server without ranges sends a large content again from the beginning. Skipping that is progress, however long it
// takes.
func TestPassingOverIsProgress(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	d := &download{ctx: ctx, read: 64 * stallBytes, cancel: cancel, watch: watchStall(cancel)}
	defer d.watch.stop()
	resp := &http.Response{StatusCode: http.StatusOK, Body: judged{bytes.NewReader(make([]byte, d.read)), d.watch, cancel}}
	if err := d.skipRead(resp); err != nil || d.watch.isStalled() || ctx.Err() != nil {
		t.Errorf("%v, stalled: %v", err, d.watch.isStalled())
	}
	d.watch.checkProgress(cancel)
	d.watch.checkProgress(cancel)
	if !d.watch.isStalled() {
		t.Error("silence is no stall")
	}
}

// A connection that breaks more often than the number of attempts, but makes progress each time, is resumed each time.
func TestDownloadThatGetsOn(t *testing.T) {
	body := []byte(strings.Repeat("0123456789abcdef", (attempts+2)*stallBytes/16))
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		asked++
		w.Write(body[from:min(len(body), from+stallBytes)])
	}))
	defer server.Close()
	sum := sha256.Sum256(body)
	r, err := Open(t.Context(), server.Client(), Source{URL: server.URL, SHA256: hex.EncodeToString(sum[:])})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) || asked != (attempts+2) {
		t.Errorf("%d bytes after %d requests: %v", len(got), asked, err)
	}
}

func TestSecretsOfURLsAreHidden(t *testing.T) {
	for raw, want := range map[string]string{
		"https://me:pass@x.example.com/a/b?token=t#f": "https://x.example.com/a/b",
		"https://token@x.example.com/":                "https://x.example.com/",
		"file:///srv/x":                               "file:///srv/x",
		"http://x/%zz":                                "…",
	} {
		if got := HideSecrets(raw); got != want {
			t.Errorf("%s is shown as %s, want %s", raw, got, want)
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	at := strings.Replace(server.URL, "http://", "http://me:pass@", 1) + "/x?token=secret"
	if _, err := Open(t.Context(), server.Client(), Source{URL: at}); err == nil || strings.Contains(err.Error(), "pass") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
