// Package fetch reads contents by URL and digest, over HTTP and HTTPS, within bounds, and resumes broken downloads.
// Start with [Open].
//
// It stores nothing and unpacks nothing: that is left to its callers.
package fetch

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
	"strconv"
	"time"
)

// The bounds of a fetched content. A present content is only compared by digest, so nothing else stops a server from
// sending for ever.
const (
	maxUnstated = 64 << 20 // bytes, if the server does not state the size
	maxStated   = 16 << 30 // bytes, if it does
	attempts    = 3        // after temporary errors, without progress in between: a server error, a broken connection
	stallTime   = 8 * time.Second
	stallBytes  = 1 << 10 // at least that much must arrive in that time
)

// NewClient returns a client that accepts contents only as they are: a content that the server compresses would have
// another digest, and unpacking it has no bound.
func NewClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = time.Minute
	t.DisableCompression = true
	return &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 10:
			return errors.New("too many redirects")
		case r.URL.Scheme != "http" && r.URL.Scheme != "https":
			return errors.New("it redirects to " + r.URL.Scheme)
		case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
			return errors.New("it redirects from https to " + r.URL.Scheme)
		}
		return nil
	}}
}

// Source is a content as the caller declares it.
type Source struct {
	URL    string
	SHA256 string // in lower-case hexadecimal
	Limit  int64  // bytes; 0: the usual bound
	Advice string // how a user can raise the usual bound; "": not at all
}

// download is the content of a URL, while it is read.
type download struct {
	ctx    context.Context
	cancel context.CancelCauseFunc // of the request
	client *http.Client
	Source
	shown string // the URL without possible secrets

	body  io.ReadCloser
	h     hash.Hash
	read  int64
	asked int64 // the offset at the latest request for the rest
	size  int64 // as stated by the server; -1: not stated
	tries int   // without progress
	watch *stall
}

// Open opens a content. Reading it to its end fails if it does not match the digest, or exceeds its limit. Until then
// the content is not trustworthy.
func Open(ctx context.Context, client *http.Client, src Source) (io.ReadCloser, error) {
	if _, err := url.Parse(src.URL); err != nil {
		return nil, fmt.Errorf("cannot fetch: %w", WithoutURL(err))
	}
	d := &download{ctx: ctx, client: client, Source: src, shown: HideSecrets(src.URL), h: sha256.New()}
	for {
		err := d.sendRequest()
		if err == nil {
			return d, nil
		}
		if !d.waitToRetry(err) {
			return nil, fmt.Errorf("cannot fetch %s: %w", d.shown, err)
		}
	}
}

// passing is an error that may be temporary.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

// sendRequest requests the rest of the content.
func (d *download) sendRequest() error {
	ctx, cancel := context.WithCancelCause(d.ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL, nil)
	if err != nil {
		cancel(nil)
		return WithoutURL(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if d.read > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(d.read, 10)+"-")
	}
	resp, err := d.client.Do(req)
	if err != nil {
		cancel(nil)
		return markPassing(WithoutURL(err))
	}
	if err := d.checkResponse(resp); err != nil {
		resp.Body.Close()
		cancel(nil)
		return err
	}
	d.body, d.cancel, d.asked = resp.Body, cancel, d.read
	d.watch = watchStall(cancel)
	return d.skipRead(resp)
}

// markPassing marks an error as temporary, except a decision of ours, such as a refused redirect.
func markPassing(err error) error {
	var ue interface{ Timeout() bool }
	if errors.As(err, &ue) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return passing{err}
	}
	return err
}

// checkResponse checks a response.
func (d *download) checkResponse(resp *http.Response) error {
	switch s := resp.StatusCode; {
	case s == http.StatusOK, s == http.StatusPartialContent && d.read > 0:
	case s >= 500, s == http.StatusTooManyRequests, s == http.StatusRequestTimeout:
		return passing{errors.New("the server answered " + resp.Status)}
	default:
		return errors.New("the server answered " + resp.Status)
	}
	d.size = resp.ContentLength
	if d.size >= 0 && resp.StatusCode == http.StatusPartialContent {
		d.size += d.read
	}
	if limit := d.maxSize(); d.size > limit {
		return fmt.Errorf("it has %d bytes, more than the %d that are allowed", d.size, limit)
	}
	return nil
}

// maxSize returns the maximal size in bytes.
func (d *download) maxSize() int64 {
	switch {
	case d.Limit > 0:
		return d.Limit
	case d.size >= 0:
		return maxStated
	}
	return maxUnstated
}

// skipRead skips what was read before, if the server starts from the beginning.
func (d *download) skipRead(resp *http.Response) error {
	if d.read == 0 || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	if _, err := io.CopyN(d.watch, resp.Body, d.read); err != nil {
		d.closeRequest()
		return passing{err}
	}
	return nil
}

// waitToRetry waits, and reports whether to send another request.
func (d *download) waitToRetry(err error) bool {
	var p passing
	if d.tries++; d.tries >= attempts || !errors.As(err, &p) || d.ctx.Err() != nil {
		return false
	}
	select {
	case <-d.ctx.Done():
		return false
	case <-time.After(time.Duration(d.tries) * 500 * time.Millisecond):
		return true
	}
}

// Read implements [io.Reader]. It resumes after a broken connection.
func (d *download) Read(p []byte) (int, error) {
	for {
		n, err := d.body.Read(p)
		d.watch.addBytes(int64(n))
		d.h.Write(p[:n])
		d.read += int64(n)
		switch {
		case d.read > d.maxSize():
			return 0, fmt.Errorf("cannot fetch %s: it has more than the %d bytes that are allowed%s", d.shown, d.maxSize(), d.adviseLimit())
		case errors.Is(err, io.EOF):
			if got := hex.EncodeToString(d.h.Sum(nil)); got != d.SHA256 {
				return n, fmt.Errorf("cannot fetch %s: what is there has SHA-256 %s, not %s", d.shown, got, d.SHA256)
			}
			return n, err
		case err == nil || n > 0 && !d.watch.isStalled():
			return n, nil // the next read returns the end again
		}
		if err = d.resumeAfter(err); err != nil {
			return 0, fmt.Errorf("cannot fetch %s: %w", d.shown, err)
		}
	}
}

func (d *download) adviseLimit() string {
	if d.size >= 0 || d.Limit > 0 || d.Advice == "" {
		return ""
	}
	return " where the server does not say how many there are; " + d.Advice
}

// resumeAfter requests the rest after err; its own error is final.
func (d *download) resumeAfter(err error) error {
	stalled := d.watch.isStalled()
	d.closeRequest()
	switch {
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case stalled:
		return fmt.Errorf("fewer than %d bytes came in %v", stallBytes, stallTime)
	case d.read-d.asked >= stallBytes:
		d.tries = 0 // a long download may break many times while it makes progress
	}
	for err = (passing{err}); d.waitToRetry(err); {
		if err = d.sendRequest(); err == nil {
			return nil
		}
	}
	var p passing
	if errors.As(err, &p) {
		return p.error
	}
	return err
}

func (d *download) closeRequest() {
	d.watch.stop()
	d.body.Close()
	d.cancel(nil)
}

// Close implements [io.Closer].
func (d *download) Close() error {
	d.watch.stop()
	err := d.body.Close()
	d.cancel(nil)
	return err
}

// WithoutURL removes the URL, which may contain a password, from an error.
func WithoutURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// HideSecrets returns a URL without possible secrets: a user with a password, and a query, which may contain a token.
func HideSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "…"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
