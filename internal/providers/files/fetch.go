package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"time"
)

// newClient gives up on a server that does not answer; how long a body takes
// is the context's business.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = time.Minute
	return &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 10:
			return errors.New("too many redirects")
		case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
			return errors.New("it redirects from https to " + r.URL.Scheme)
		}
		return nil
	}}
}

// fetch gets what is at the URL. Reading it to its end fails if it is not what
// the digest says.
func fetch(ctx context.Context, client *http.Client, rawURL, digest string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch: %w", withoutURL(err))
	}
	shown := req.URL.Redacted()
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch %s: %w", shown, withoutURL(err))
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("cannot fetch %s: the server answered %s", shown, resp.Status)
	}
	return &verified{body: resp.Body, url: shown, want: digest, h: sha256.New()}, nil
}

// withoutURL takes the URL out of an error, which may hold a password.
func withoutURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

type verified struct {
	body      io.ReadCloser
	url, want string
	h         hash.Hash
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.body.Read(p)
	v.h.Write(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		if got := hex.EncodeToString(v.h.Sum(nil)); got != v.want {
			return n, fmt.Errorf("cannot fetch %s: what is there has SHA-256 %s, not %s", v.url, got, v.want)
		}
	case err != nil:
		return n, fmt.Errorf("cannot fetch %s: %w", v.url, err)
	}
	return n, err
}

func (v *verified) Close() error { return v.body.Close() }
