package resource

import "io"

// Until makes reading the content end with the error of stop, which is asked
// now and then: a file may be larger than anybody wants to wait for.
func (b *Blob) Until(stop func() error) *Blob {
	open := b.Open
	b.Open = func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return Stoppable(r, stop), nil
	}
	return b
}

// Stoppable is r until stop returns an error; nil: for ever.
func Stoppable(r io.ReadCloser, stop func() error) io.ReadCloser {
	if stop == nil {
		return r
	}
	return stoppable{r, stop}
}

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

// stopPiece is how many bytes are copied between two questions.
const stopPiece = 32 << 20

// WriteTo copies in pieces that the kernel can copy alone, from file to file.
func (s stoppable) WriteTo(w io.Writer) (int64, error) {
	var done int64
	for {
		if err := s.stop(); err != nil {
			return done, err
		}
		n, err := io.CopyN(w, s.ReadCloser, stopPiece)
		switch done += n; {
		case err == io.EOF: //nolint:errorlint // CopyN returns it bare
			return done, nil
		case err != nil:
			return done, err
		}
	}
}
