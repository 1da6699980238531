package files

import "io"

// stoppable is content whose reading ends when the run is to: a file may be
// larger than anybody wants to wait for.
type stoppable struct {
	io.ReadCloser
	stop func() error
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.stop(); err != nil {
		return 0, err
	}
	return s.ReadCloser.Read(p)
}

// untilStopped makes r end when the run is to.
func (p *Provider) untilStopped(r io.ReadCloser, err error) (io.ReadCloser, error) {
	if err != nil || p.o.Stop == nil {
		return r, err
	}
	return stoppable{r, p.o.Stop}, nil
}
