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
	"strconv"
	"time"
)

// The bounds of a fetched content. The present content is known by its digest
// alone, so nothing else keeps a server from sending for ever.
const (
	maxUnstated = 64 << 20 // bytes, where the server does not say how many there are
	maxStated   = 16 << 30 // bytes, where it does
	attempts    = 3        // for what may be over in a moment: a server in trouble, a line that breaks
	stallTime   = 8 * time.Second
	stallBytes  = 1 << 10 // at least so many arrive in that time
)

// newClient takes contents as they are: what a server compresses on its own
// would have another digest, and unpacking it has no bound.
func newClient() *http.Client {
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

// download is the content of a URL, while it is read.
type download struct {
	ctx    context.Context
	cancel context.CancelCauseFunc // of the request
	client *http.Client
	url    string
	shown  string // without a password
	want   string // SHA-256
	limit  int64  // bytes; 0: as is usual

	body  io.ReadCloser
	h     hash.Hash
	read  int64
	size  int64 // as stated; -1: not
	tries int
	watch *stall
}

// fetch opens the content of the URL. Reading it to its end fails if it does not
// match the digest, or is more than limit bytes (0: the usual bound).
func fetch(ctx context.Context, client *http.Client, rawURL, digest string, limit int64) (io.ReadCloser, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch: %w", withoutURL(err))
	}
	d := &download{ctx: ctx, client: client, url: rawURL, shown: u.Redacted(), want: digest, limit: limit, h: sha256.New()}
	for {
		err := d.open()
		if err == nil {
			return d, nil
		}
		if !d.again(err) {
			return nil, fmt.Errorf("cannot fetch %s: %w", d.shown, err)
		}
	}
}

// passing is an error that may be over in a moment.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

// open asks for what has not been read yet.
func (d *download) open() error {
	ctx, cancel := context.WithCancelCause(d.ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		cancel(nil)
		return withoutURL(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if d.read > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(d.read, 10)+"-")
	}
	resp, err := d.client.Do(req)
	if err != nil {
		cancel(nil)
		return classed(withoutURL(err))
	}
	if err := d.take(resp); err != nil {
		resp.Body.Close()
		cancel(nil)
		return err
	}
	d.body, d.cancel = resp.Body, cancel
	d.watch = watchStall(cancel)
	return d.skip(resp)
}

// classed tells what may pass from what was decided: a refused redirect.
func classed(err error) error {
	var ue interface{ Timeout() bool }
	if errors.As(err, &ue) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return passing{err}
	}
	return err
}

// take checks a response.
func (d *download) take(resp *http.Response) error {
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
	if limit := d.most(); d.size > limit {
		return fmt.Errorf("it has %d bytes, more than the %d that are allowed", d.size, limit)
	}
	return nil
}

// most is how many bytes are taken.
func (d *download) most() int64 {
	switch {
	case d.limit > 0:
		return d.limit
	case d.size >= 0:
		return maxStated
	}
	return maxUnstated
}

// skip passes over what was read before, from a server that begins anew.
func (d *download) skip(resp *http.Response) error {
	if d.read == 0 || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	n, err := io.CopyN(io.Discard, resp.Body, d.read)
	d.watch.got(n)
	if err != nil {
		d.drop()
		return passing{err}
	}
	return nil
}

// again reports whether to ask once more, after a moment.
func (d *download) again(err error) bool {
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

// Read implements [io.Reader]. A line that breaks is taken up again.
func (d *download) Read(p []byte) (int, error) {
	for {
		n, err := d.body.Read(p)
		d.watch.got(int64(n))
		d.h.Write(p[:n])
		d.read += int64(n)
		switch {
		case d.read > d.most():
			return 0, fmt.Errorf("cannot fetch %s: it has more than the %d bytes that are allowed%s", d.shown, d.most(), d.advice())
		case errors.Is(err, io.EOF):
			if got := hex.EncodeToString(d.h.Sum(nil)); got != d.want {
				return n, fmt.Errorf("cannot fetch %s: what is there has SHA-256 %s, not %s", d.shown, got, d.want)
			}
			return n, err
		case err == nil || n > 0 && !d.watch.over():
			return n, nil // if it is the end, it comes again
		}
		if err = d.resume(err); err != nil {
			return 0, fmt.Errorf("cannot fetch %s: %w", d.shown, err)
		}
	}
}

func (d *download) advice() string {
	if d.size >= 0 || d.limit > 0 {
		return ""
	}
	return " where the server does not say how many there are; max_size allows more"
}

// resume asks for the rest after err; its own error is final.
func (d *download) resume(err error) error {
	stalled := d.watch.over()
	d.drop()
	switch {
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case stalled:
		return fmt.Errorf("fewer than %d bytes came in %v", stallBytes, stallTime)
	}
	for err = (passing{err}); d.again(err); {
		if err = d.open(); err == nil {
			return nil
		}
	}
	var p passing
	if errors.As(err, &p) {
		return p.error
	}
	return err
}

func (d *download) drop() {
	d.watch.end()
	d.body.Close()
	d.cancel(nil)
}

// Close implements [io.Closer].
func (d *download) Close() error {
	d.watch.end()
	err := d.body.Close()
	d.cancel(nil)
	return err
}

// withoutURL takes the URL out of an error, which may hold a password.
func withoutURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
