package repository

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"converge/internal/fetch"
)

// fetchTime bounds one fetch: a plan and a run wait for it, and the run holds its lock.
const fetchTime = time.Minute

// maxIndex limits the bytes of a signed index that is fetched.
const maxIndex = 32 << 20

// get returns the content at a URL of a repository: of http and https, or of a file of the tree. The error wraps
// [fs.ErrNotExist] if nothing exists there.
func (r *verifier) get(ctx context.Context, at string) ([]byte, error) {
	scheme, rest, _ := strings.Cut(at, ":")
	switch {
	case strings.Contains(at, "$"):
		return nil, errors.New("its URL has variables that only the package manager knows")
	case scheme == "http" || scheme == "https":
		return r.download(ctx, at)
	case scheme == "file" || scheme == "copy":
		path, err := url.PathUnescape("/" + strings.TrimLeft(rest, "/"))
		if err != nil {
			return nil, err
		}
		if path, err = r.fs.Resolve(path); err != nil {
			return nil, err
		}
		return r.fs.ReadFile(path, maxIndex)
	}
	return nil, fmt.Errorf("converge cannot fetch by %q", scheme)
}

func (r *verifier) download(ctx context.Context, at string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, errors.New("its URL is none")
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot fetch %s: %w", fetch.HideSecrets(at), fetch.WithoutURL(err))
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, &absentError{at, resp.Status}
	default:
		return nil, fmt.Errorf("cannot fetch %s: the server answered %s", fetch.HideSecrets(at), resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxIndex+1))
	if err == nil && len(data) > maxIndex {
		err = fmt.Errorf("it is larger than %d bytes", maxIndex)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot fetch %s: %w", fetch.HideSecrets(at), err)
	}
	return data, nil
}
