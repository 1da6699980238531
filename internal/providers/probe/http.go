package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"converge/internal/fetch"
	"converge/internal/resource"
	"converge/resources"
)

// The bounds of an answer that is read for a check, and of its shown part.
const (
	maxBody  = 1 << 20
	maxCA    = 1 << 20
	maxShown = 200
)

// request is one HTTP request.
type request struct {
	url      string
	headers  map[string]string
	statuses []int64
	body     *regexp.Regexp // nil: any
}

// prepareRequest returns the function that sends the request of a check once. It reads the file of authorities for
// each attempt, because the file may be made while the check waits.
func (p *Provider) prepareRequest(want *resources.CheckWant) (func(context.Context) error, error) {
	r := request{url: want.HTTP.Value, headers: want.Headers.Value, statuses: want.Status.Or([]int64{http.StatusOK})}
	if want.Body.Set {
		var err error
		if r.body, err = regexp.Compile(resource.DecodeBytes(want.Body.Value)); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		pool, err := p.readAuthorities(want.CA)
		if err != nil {
			return err
		}
		return r.send(ctx, pool)
	}, nil
}

// readAuthorities reads the trusted certificates; nil: the system's.
func (p *Provider) readAuthorities(at resource.Opt[resource.Text]) (*x509.CertPool, error) {
	if !at.Set {
		return nil, nil
	}
	text, err := p.FS.ReadFile(at.Value.Bytes(), maxCA)
	if err != nil {
		return nil, fmt.Errorf("cannot read ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("cannot read ca: %s has no certificate in PEM form", at.Value)
	}
	return pool, nil
}

// send sends the request over a new connection: an answer over a connection that an old process still holds proves
// nothing about the new one.
func (r *request) send(ctx context.Context, pool *x509.CertPool) error {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}
	defer t.CloseIdleConnections()
	c := http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return fetch.WithoutURL(err)
	}
	req.Header.Set("User-Agent", "converge")
	for name, text := range r.headers {
		if strings.EqualFold(name, "Host") {
			req.Host = text
		}
		req.Header.Set(name, text)
	}
	resp, err := c.Do(req)
	if err != nil {
		return describeRefusal(err)
	}
	defer resp.Body.Close()
	return r.judge(resp)
}

// judge compares an answer with the expected one.
func (r *request) judge(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return fmt.Errorf("its answer breaks off: %w", fetch.WithoutURL(err))
	}
	if !slices.Contains(r.statuses, int64(resp.StatusCode)) {
		return fmt.Errorf("it answers with status %d, not %s%s", resp.StatusCode, listStatuses(r.statuses), quoteBody(text))
	}
	if r.body != nil && !r.body.Match(text) {
		return fmt.Errorf("its answer does not match %q%s%s", r.body, r.explainSpace(text), quoteBody(text))
	}
	return nil
}

// explainSpace explains an answer that matches except for the surrounding space, which is not shown.
func (r *request) explainSpace(text []byte) string {
	if !r.body.Match(bytes.TrimSpace(text)) {
		return ""
	}
	return `, for the space or the line end around it (\s*$ allows one at the end)`
}

// describeRefusal describes why there was no answer.
func describeRefusal(err error) error {
	err = fetch.WithoutURL(err)
	var unknown *tls.CertificateVerificationError
	if errors.As(err, &unknown) {
		return fmt.Errorf("its certificate is not trusted: %w", unknown.Err)
	}
	return err
}

func listStatuses(want []int64) string {
	words := make([]string, len(want))
	for i, s := range want {
		words[i] = fmt.Sprint(s)
	}
	return strings.Join(words, " or ")
}

// quoteBody returns the first line of a text answer, to be appended to an error.
func quoteBody(text []byte) string {
	if !utf8.Valid(text) {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if first == "" {
		return ""
	}
	if len(first) > maxShown {
		first = strings.ToValidUTF8(first[:maxShown], "") + "…"
	}
	return ":\n" + first
}
